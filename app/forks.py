"""Forks of this process, which spare a command the seconds that a new interpreter needs to import it: see ADR 28."""

from __future__ import annotations

import atexit
import math
import os
import signal
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, NoReturn

from setproctitle import setproctitle

from app.embedded_redis import die_with_parent

_MOST_FILES = 65536
_POLL_SECONDS = 0.05
_HANDLERS: Mapping[signal.Signals, Any] = {
    signal.SIGINT: signal.default_int_handler,
    signal.SIGTERM: signal.SIG_DFL,
    signal.SIGHUP: signal.SIG_DFL,
}


class Fork:
    """A fork that runs a command, with the methods of `subprocess.Popen` that are needed.

    It has its own session, and neither files, signal handlers, nor variables of the process that it comes from, which
    must have no other thread and no open connection. It ends with that process.

    Attributes:
        pid: its process id.
        returncode: its exit status once it is known to have ended; negative if a signal ended it.
    """

    def __init__(self, run: Callable[[], None], arguments: Sequence[str], environment: Mapping[str, str]) -> None:
        """Fork.

        Args:
            run: runs the command, whose arguments are then in `sys.argv`.
            arguments: the command's arguments.
            environment: the whole environment.

        Raises:
            OSError: there is no memory or no process id left.
        """
        parent = os.getpid()
        self.returncode: int | None = None
        sys.stdout.flush()
        sys.stderr.flush()
        mask = signal.pthread_sigmask(signal.SIG_BLOCK, _HANDLERS)  # until it has forgotten the handlers
        try:
            self.pid = os.fork()
            if not self.pid:
                end(partial(_leave_and_run, parent, mask, run, arguments, environment))
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)

    def poll(self) -> int | None:
        """Return its exit status, or None while it runs."""
        if self.returncode is None:
            ended, status = os.waitpid(self.pid, os.WNOHANG)
            if ended:
                self.returncode = os.waitstatus_to_exitcode(status)
        return self.returncode

    def wait(self, timeout: float = math.inf) -> int:
        """Wait for its end and return its exit status.

        Raises:
            subprocess.TimeoutExpired: it still runs after this many seconds.
        """
        deadline = time.monotonic() + timeout
        while (status := self.poll()) is None:
            if time.monotonic() > deadline:
                raise subprocess.TimeoutExpired(str(self.pid), timeout)
            time.sleep(_POLL_SECONDS)
        return status

    def terminate(self) -> None:
        """Ask it to end."""
        self._send(signal.SIGTERM)

    def kill(self) -> None:
        """End it without a chance to tidy up."""
        self._send(signal.SIGKILL)

    def _send(self, number: signal.Signals) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)


def _leave_and_run(
    parent: int,
    mask: set[int | signal.Signals],
    run: Callable[[], None],
    arguments: Sequence[str],
    environment: Mapping[str, str],
) -> None:
    os.setsid()
    die_with_parent()
    if os.getppid() != parent:  # it ended before it could take this along
        return
    for number, handler in _HANDLERS.items():
        signal.signal(number, handler)
    signal.pthread_sigmask(signal.SIG_SETMASK, mask)
    leave_behind(" ".join(("python -m app", *arguments)), environment)
    sys.argv[1:] = arguments
    run()


def leave_behind(command_line: str, environment: Mapping[str, str]) -> None:
    """Close everything but the standard streams, and take on another command line and environment.

    Args:
        command_line: what `ps` shows.
        environment: the whole environment.
    """
    os.closerange(3, _MOST_FILES)
    setproctitle(command_line)  # which looks for where it stands beside the old environment
    os.environ.clear()
    os.environ.update(environment)
    time.tzset()


def end(run: Callable[[], None]) -> NoReturn:
    """Run something and end as an interpreter does, except for taking apart every module that was imported."""
    status = 1
    try:
        try:
            run()
            status = 0
        except SystemExit as error:
            status = error.code if isinstance(error.code, int) else int(error.code is not None)
        except BaseException:
            traceback.print_exc()
        threading._shutdown()  # type: ignore[attr-defined]
        atexit._run_exitfuncs()
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        os._exit(status)  # whatever happens: above this, a fork would go on as the process that it comes from
