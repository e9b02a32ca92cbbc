"""A process that has files, handlers, and settings of its own, and forks: `python -m tests.app.forking HOW`."""

from __future__ import annotations

import json
import os
import random
import signal
import socket
import sys
import threading
from collections.abc import Callable
from pathlib import Path

from app.forks import Fork


def tell() -> None:
    """Prints what a fork finds."""
    told = {
        "random": random.random(),
        "files": sorted(int(name) for name in os.listdir("/proc/self/fd") if Path(f"/proc/self/fd/{name}").exists()),
        "threads": threading.active_count(),
        "arguments": sys.argv[1:],
        "command_line": Path("/proc/self/cmdline").read_text().strip("\0 "),
        "environment": dict(os.environ),
        "leads_session": os.getsid(0) == os.getpid(),
        "handlers": [str(signal.getsignal(number)) for number in (signal.SIGTERM, signal.SIGHUP)],
        "blocked": len(signal.pthread_sigmask(signal.SIG_BLOCK, ())),
    }
    print(json.dumps(told))


def wait_for_signal() -> None:
    """Says which process this is, and waits for what ends it."""
    print(os.getpid(), flush=True)
    signal.pause()


def fail() -> None:
    """Ends with an error that nobody caught."""
    raise RuntimeError("a fork's own")


HOWS: dict[str, Callable[[], None]] = {
    "tell": tell,
    "wait": wait_for_signal,
    "return": lambda: None,
    "exit": lambda: sys.exit(3),
    "fail": fail,
    "killed": lambda: os.kill(os.getpid(), signal.SIGKILL),
}


def main(run: Callable[[], None]) -> None:
    """Forks two, one after the other."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda _number, _frame: None)
    with socket.create_server(("127.0.0.1", 0)), Path(__file__).open():
        for name in ("first", "second"):
            print(f"before the {name}")  # which waits in a buffer, and must not be printed by the fork as well
            fork = Fork(run, ["worker", "--queue", name], {"PATH": os.environ["PATH"], "OWN": name})
            print(f"ended with {fork.wait()}")


if __name__ == "__main__":
    main(HOWS[sys.argv[1]])
