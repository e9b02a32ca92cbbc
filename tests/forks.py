"""Starts processes of a program as copies of one that has imported it; see `fork_server.py`."""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Literal

Program = Literal["product", "s3"]
ROOT = Path(__file__).parents[1]


class Fork:
    """A started copy, with the methods of `subprocess.Popen` that tests use.

    Attributes:
        pid: its process id.
        returncode: its exit status once it is known to have ended; negative if a signal ended it.
    """

    def __init__(self, pid: int, report: int) -> None:
        """Take its process id, and the descriptor that its exit status can be read from when it has ended."""
        self.pid = pid
        self.returncode: int | None = None
        self._report = report

    def poll(self) -> int | None:
        """Return its exit status, or None while it runs."""
        return self._read_status(0.0)

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end and return its exit status.

        Raises:
            subprocess.TimeoutExpired: it still runs after this many seconds.
        """
        status = self._read_status(timeout)
        if status is None:
            assert timeout is not None
            raise subprocess.TimeoutExpired(str(self.pid), timeout)
        return status

    def send_signal(self, number: int) -> None:
        """Send it a signal, unless it has ended."""
        if self.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def kill(self) -> None:
        """End it without a chance to tidy up."""
        self.send_signal(signal.SIGKILL)

    def _read_status(self, timeout: float | None) -> int | None:
        if self.returncode is None and select.select([self._report], [], [], timeout)[0]:
            self.returncode = int(os.read(self._report, 16))
            os.close(self._report)
        return self.returncode


class ForkServer:
    """The process that the copies are made of."""

    def __init__(self, program: Program) -> None:
        """Start it."""
        self._requests, its_end = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with its_end:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.fork_server", str(its_end.fileno()), program],
                cwd=ROOT,
                # the thread of ONNX Runtime's telemetry would be missing in a copy, which waits for it at its end
                env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "ORT_DISABLE_TELEMETRY": "1"},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                pass_fds=[its_end.fileno()],
            )

    def start(
        self, arguments: Sequence[str], folder: Path, environment: Mapping[str, str], streams: tuple[int, int, int]
    ) -> Fork:
        """Start a copy.

        Args:
            arguments: what would follow `python`: `-m` and a module, or a script, and the arguments of either.
            folder: the folder to run in.
            environment: the whole environment.
            streams: descriptors of its stdin, stdout, and stderr.
        """
        request = {"arguments": [*arguments], "folder": str(folder), "environment": {**environment}}
        report, its_end = os.pipe()
        try:
            socket.send_fds(self._requests, [json.dumps(request).encode()], [*streams, its_end])
        finally:
            os.close(its_end)
        pid = self._requests.recv(16)
        assert pid, "the fork server has ended; its reason is above"
        return Fork(int(pid), report)

    def stop(self) -> None:
        """Stop it, not its copies."""
        self._requests.close()
        self._process.wait()


@cache
def fork_server(program: Program = "product") -> ForkServer:
    """Return the fork server of this test process for a program."""
    server = ForkServer(program)
    atexit.register(server.stop)
    return server
