"""What a process imports when it starts: each library that it doesn't need costs every start and every restart."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.app.command import ROOT, complete, intake
from tests.world import PRACTICES_TOML

TRAINING = {"torch", "transformers", "sklearn", "scipy", "datasets", "faker", "anthropic", "openai", "matplotlib"}
MODEL = {"numpy", "onnxruntime", "tokenizers"}
# for what few requests or jobs do, or few services at all
SELDOM = {"apprise", "authlib", "botocore", "imapclient", "inscriptis", "mailparser_reply", "sentry_sdk", "twilio.rest"}
SETTINGS = {"cryptography", "pydantic", "pydantic_settings"}

HELP = "from app.cli import main; atexit.register(report); sys.argv[1:] = ['--help']; main()"
WEB = """
from gevent import monkey
monkey.patch_all()
from app.gunicorn_config import on_starting
on_starting(None)
report()
"""
WORKER = "from tasks.context import open_context; from intake.settings import load_settings; import tasks.worker; \
open_context(load_settings()); report()"
PROLOGUE = """
import atexit, gc, json, os, sys, threading

def report():
    files = [os.path.realpath(f"/proc/self/fd/{number}") for number in os.listdir("/proc/self/fd")]
    print("\\n" + json.dumps({
        "modules": sorted(sys.modules), "threads": threading.active_count(), "files": files, "collects": gc.isenabled()
    }))

"""


def started(program: str, folder: Path) -> dict[str, list[str]]:
    """What a process says of itself once it has started."""
    (folder / "practices.toml").write_text(PRACTICES_TOML)
    done = subprocess.run(
        [sys.executable, "-c", PROLOGUE + program],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **complete(folder)},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    answer: dict[str, list[str]] = json.loads(done.stdout.splitlines()[-1])
    return answer


def imported(program: str, folder: Path, unwanted: set[str]) -> set[str]:
    """Those of the libraries that a process imports when it starts."""
    return unwanted & set(started(program, folder)["modules"])


def test_help_needs_no_more_than_the_command_line(tmp_path: Path) -> None:
    unwanted = {*TRAINING, *MODEL, *SELDOM, *SETTINGS, "sqlalchemy", "redis", "flask", "gevent", "asyncio"}

    assert imported(HELP, tmp_path, unwanted) == set()


def test_the_web_server_needs_no_model_and_nothing_that_few_requests_do(tmp_path: Path) -> None:
    unwanted = {*TRAINING, *MODEL, *SELDOM, "requests"}

    assert imported(WEB, tmp_path, unwanted) == set()


def test_a_worker_needs_nothing_that_few_jobs_do(tmp_path: Path) -> None:
    intake("migrate", folder=tmp_path, environment=complete(tmp_path, PRACTICES_FILE="practices.toml"))

    assert imported(WORKER, tmp_path, {*TRAINING, *SELDOM, "flask", "requests"}) == set()


def test_web_processes_share_the_imported_application_and_no_thread_or_connection(tmp_path: Path) -> None:
    intake("migrate", folder=tmp_path, environment=complete(tmp_path, PRACTICES_FILE="practices.toml"))
    master = started(WEB, tmp_path)

    assert {"app.wsgi", "app.gunicorn_config"} <= set(master["modules"])
    assert master["threads"] == 1
    assert [file for file in master["files"] if "intake.db" in file] == []
    assert master["collects"]
