"""The web server's worker, where real processes cannot be timed: see tests/e2e for the rest."""

from __future__ import annotations

import os
import subprocess
import sys

STOPPED_WHILE_LOADING = """
import os, signal, sys
from gunicorn.config import Config
from gunicorn.glogging import Logger
from app.gunicorn_worker import StreamingWorker

config = Config()
worker = StreamingWorker(1, os.getppid(), [], None, 30, config, Logger(config))
signal.signal(signal.SIGTERM, worker.handle_exit)
os.kill(os.getpid(), signal.SIGTERM)
print(worker.alive, "web.services" in sys.modules)
"""


def test_a_stop_that_comes_while_the_application_loads_is_a_stop_like_any_other() -> None:
    done = subprocess.run(
        [sys.executable, "-c", STOPPED_WHILE_LOADING],
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONPATH": "."},
    )

    assert (done.returncode, done.stdout.strip(), done.stderr) == (0, "False False", "")
