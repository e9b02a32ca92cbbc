"""Real processes of the product: started with an explicit environment, waited on by condition, ended cleanly."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.error import URLError
from urllib.request import urlopen

import redis

from intake.settings import Settings
from tests.fork_server import COMMANDS, GUNICORN
from tests.forks import Fork, fork_server

ROOT = Path(__file__).parents[2]
DEADLINE_SECONDS = 60.0
POLL_SECONDS = 0.05
_TAIL_LINES = 30


class Process:
    """One process, whose output goes to files.

    Attributes:
        name: what failures call it.
    """

    def __init__(
        self, name: str, arguments: list[str], environment: Mapping[str, str], folder: Path, *, is_fork: bool = False
    ) -> None:
        """Starts it.

        Args:
            name: what to call it; also the name of its output files.
            arguments: of the Python interpreter.
            environment: the whole environment, beside what Python itself needs.
            folder: where it runs and where its output is written; no `.env` should lie there.
            is_fork: whether it is a copy of a process that has imported the product, instead of a new interpreter.
        """
        self.name = name
        self._output = folder / f"{name}.out"
        self._errors = folder / f"{name}.err"
        start = _fork if is_fork else _open
        with self._output.open("wb") as output, self._errors.open("wb") as errors, Path(os.devnull).open() as nothing:
            streams = (nothing.fileno(), output.fileno(), errors.fileno())
            whole = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **environment}
            self._process = start(arguments, folder, whole, streams)

    @property
    def output(self) -> str:
        """What it printed so far."""
        return self._output.read_text()

    @property
    def errors(self) -> str:
        """What it wrote to stderr so far."""
        return self._errors.read_text()

    @property
    def is_running(self) -> bool:
        """Whether it has not ended yet."""
        return self._process.poll() is None

    @property
    def is_stopped(self) -> bool:
        """Whether SIGSTOP has taken effect."""
        return Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()[0] == "T"

    def signal(self, number: signal.Signals) -> None:
        """Sends it a signal."""
        self._process.send_signal(number)

    def wait(self) -> int:
        """Waits for its end and returns its exit status.

        Raises:
            AssertionError: it did not end before the deadline; the message shows what it wrote.
        """
        try:
            return self._process.wait(DEADLINE_SECONDS)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"the {self.name} did not end within {DEADLINE_SECONDS:g} s{self.tail()}") from None

    def stop(self) -> int:
        """Asks it to end, as a process manager does, and returns its exit status."""
        if self.is_running:
            self.signal(signal.SIGTERM)
        return self.wait()

    def kill(self) -> None:
        """Ends it without a chance to tidy up."""
        self._process.kill()
        self._process.wait()

    def tail(self) -> str:
        """The last lines that it wrote, for a failure's message."""
        lines = (self.output + self.errors).splitlines()[-_TAIL_LINES:]
        return "".join(f"\n[{self.name}] {line}" for line in lines)


class Processes:
    """The processes of one test; none is left when it ends."""

    def __init__(self, folder: Path) -> None:
        """Takes the folder that they run in."""
        self.folder = folder
        self._all: list[Process] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for process in reversed(self._all):
            if process.is_running:
                process.kill()

    def start(
        self, name: str, arguments: list[str], environment: Mapping[str, str], *, is_fork: bool = False
    ) -> Process:
        """Starts a Python process."""
        process = Process(f"{name} {len(self._all) + 1}", arguments, environment, self.folder, is_fork=is_fork)
        self._all.append(process)
        return process

    def start_worker(self, settings: Settings, *queues: str) -> Process:
        """Starts `intake worker`, for these queues or for all."""
        options = [part for queue in queues for part in ("--queue", queue)]
        return self.start("worker", ["-m", "app", "worker", *options], environment_of(settings), is_fork=True)

    def start_tampered_worker(self, settings: Settings, function: str, event: str, action: str) -> Process:
        """Starts a worker to which something happens at a function's call or return; see `tampered_worker.py`."""
        script = str(Path(__file__).with_name("tampered_worker.py"))
        return self.start("tampered worker", [script, function, event, action], environment_of(settings), is_fork=True)

    def start_web(self, settings: Settings, port: int) -> Process:
        """Starts `intake web` and waits until it answers."""
        arguments = ["-m", "app", "web", "--port", str(port), "--processes", "1"]
        web = self.start("web", arguments, environment_of(settings), is_fork=True)
        self.wait_until(lambda: answers(f"http://127.0.0.1:{port}/healthz"), "the web server to answer")
        return web

    def wait_until_listening(self, client: redis.Redis) -> None:
        """Waits until a worker that lives is ready for jobs, and for signals."""

        def is_listening() -> bool:
            return any(client.hget(key, "state") == b"idle" for key in client.smembers("rq:workers"))

        self.wait_until(is_listening, "a worker to listen")

    def wait_until(self, condition: Callable[[], bool], what: str) -> None:
        """Waits for a condition.

        Raises:
            AssertionError: it did not come true before the deadline; the message shows what the processes wrote.
        """
        deadline = time.monotonic() + DEADLINE_SECONDS
        while not condition():
            if time.monotonic() > deadline:
                tails = "".join(process.tail() for process in self._all)
                raise AssertionError(f"waited {DEADLINE_SECONDS:g} s in vain for {what}{tails}")
            time.sleep(POLL_SECONDS)


def _open(
    arguments: list[str], folder: Path, environment: dict[str, str], streams: tuple[int, int, int]
) -> subprocess.Popen[bytes]:
    given, output, errors = streams
    return subprocess.Popen(
        [sys.executable, *arguments], cwd=folder, env=environment, stdin=given, stdout=output, stderr=errors
    )


def _fork(arguments: list[str], folder: Path, environment: dict[str, str], streams: tuple[int, int, int]) -> Fork:
    kind = GUNICORN if "web" in arguments else COMMANDS
    return fork_server(kind).start(arguments, folder, environment, streams)


def environment_of(settings: Settings) -> dict[str, str]:
    """The environment variables that make these settings."""
    values = settings.model_dump(exclude_none=True)
    return {name.upper(): str(value) for name, value in values.items()}


def answers(url: str) -> bool:
    """Whether a GET of this address is answered with 200."""
    try:
        with urlopen(url, timeout=5) as response:
            return bool(response.status == 200)
    except (URLError, OSError):
        return False


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on, and that no client or other test process will take meanwhile."""
    for port in _PORTS:
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise RuntimeError("this test process has used up its ports")


def _ports() -> Iterator[int]:
    """Ports below those that Linux hands out to clients (32768), a range for each test process."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    start = 12_000 + 2_000 * worker
    yield from range(start + os.getpid() % 1_000, start + 2_000)


_PORTS = _ports()


def running_in(folder: Path) -> dict[int, str]:
    """Every process whose working directory is inside a folder: its id and its command line."""
    found = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdecimal():
            continue
        try:
            command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode().strip()
            if command and (entry / "cwd").readlink().is_relative_to(folder):
                found[int(entry.name)] = command
        except OSError:
            continue  # it has ended meanwhile
    return found
