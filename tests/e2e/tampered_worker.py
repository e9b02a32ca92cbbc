"""A real worker to which something happens at an exact place: `tampered_worker.py MODULE:FUNCTION EVENT ACTION`.

EVENT is `call` or `return`, the moment in the function's life. ACTION is `die`, a SIGKILL as of the kernel's
out-of-memory killer, `interrupt`, a Ctrl-C, `stop`, a SIGTERM while the interpreter runs a finalizer, whose errors it
ignores, or `fail`, an exception that repeats everything the function was given. Nothing of the product is replaced: the
interpreter's own profiling hook watches for the place, from when the worker has started, as all that is watched takes
several times as long.
"""

from __future__ import annotations

import importlib
import inspect
import os
import signal
import sys
from operator import attrgetter
from types import FrameType
from typing import Any

import tasks.worker
from app.cli import main


class StoppedInFinalizer:
    """An object during whose end this process is asked to stop."""

    def __del__(self) -> None:
        """Sends the signal."""
        os.kill(os.getpid(), signal.SIGTERM)


def tamper(place: str, event: str, action: str) -> None:
    """Lets the action happen when this thread, at work, comes to the place for the first time."""
    module, _, name = place.partition(":")
    code = inspect.unwrap(attrgetter(name)(importlib.import_module(module))).__code__

    def watch(frame: FrameType, happened: str, _argument: object) -> None:
        if frame.f_code is code and happened == event:
            if action == "die":
                os.kill(os.getpid(), signal.SIGKILL)
            if action == "interrupt":
                sys.setprofile(None)
                os.kill(os.getpid(), signal.SIGINT)
                return
            if action == "stop":
                sys.setprofile(None)
                StoppedInFinalizer()
                return
            raise ValueError(f"cannot cope with {frame.f_locals}")

    run_worker = tasks.worker.run_worker

    def run_watched(*arguments: Any, **options: Any) -> None:
        sys.setprofile(watch)
        run_worker(*arguments, **options)

    tasks.worker.run_worker = run_watched


if __name__ == "__main__":
    tamper(*sys.argv[1:])
    sys.argv[1:] = ["worker"]
    main()
