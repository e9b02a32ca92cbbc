"""`intake up`: Redis, migrations, web and worker on one machine, started in order and stopped in order."""

from __future__ import annotations

import fcntl
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from urllib.error import URLError
from urllib.request import urlopen

from app.embedded_redis import EmbeddedRedis, die_with_parent
from app.local_setup import environment_of, prepare
from app.paging_check import warn_if_nobody_is_paged
from inbox.database import Database
from intake.encryption import Keyring
from intake.errors import IntakeError
from intake.practices import load_practices
from intake.settings import Settings

START_SECONDS = 60.0
STOP_SECONDS = 30.0
QUICK_DEATH_SECONDS = 10.0
# One that no other server can hold up, one for people in danger, and one that waits for carriers: see ADR 0012.
WORKERS = {
    "message worker": ["--queue", "messages"],
    "urgent worker": ["--queue", "urgent", "--queue", "messages"],
    "carrier worker": [
        *("--queue", "urgent", "--queue", "notices", "--queue", "carriers", "--queue", "lookups"),
        *("--queue", "messages"),
    ],
}


class _Child:
    """A process that is started again when it ends by itself."""

    def __init__(self, name: str, arguments: list[str], environment: Mapping[str, str]) -> None:
        self.name = name
        self._arguments = arguments
        self._environment = environment
        self.start()

    def start(self) -> None:
        """Start it, out of reach of the terminal's Ctrl-C, which stops the children in order."""
        self.started_at = time.monotonic()
        self.process = subprocess.Popen(  # noqa: S603
            [sys.executable, "-m", "app", *self._arguments],
            env=dict(self._environment),
            start_new_session=True,
            preexec_fn=die_with_parent,
        )

    def keep_alive(self) -> None:
        """Start it again if it ended.

        Raises:
            IntakeError: it ended right after its start.
        """
        if self.process.poll() is None:
            return
        if time.monotonic() - self.started_at < QUICK_DEATH_SECONDS:
            raise IntakeError(f"the {self.name} ended right after its start; its reason is above")
        print(f"The {self.name} ended and is started again.", file=sys.stderr)
        self.start()

    def stop(self) -> None:
        """Ask it to finish, and end it when it does not."""
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


def run_all(data_dir: Path, port: int, say: Callable[[str], None]) -> None:
    """Run the whole service until Ctrl-C or SIGTERM.

    Args:
        data_dir: where its data lives.
        port: where the web server listens, on this machine only.
        say: prints a line for the person who started it.

    Raises:
        IntakeError: something it needs is missing or taken; everything started is stopped again.
    """
    with _only_one(data_dir), _stop_on_signals() as stop:
        _require_free(port)
        redis_server = EmbeddedRedis(data_dir / "redis")
        settings = prepare(data_dir, port, redis_server.url)
        environment = os.environ | environment_of(settings)
        embedded = settings.redis_url == redis_server.url
        practices = load_practices(settings.practices_file)
        children: list[_Child] = []
        try:
            if embedded:
                redis_server.start()
            database = Database(settings.database_url, Keyring(settings.encryption_keys))
            database.migrate()
            children.append(_Child("web server", ["web", "--port", str(port)], environment))
            for name, arguments in WORKERS.items():
                children.append(_Child(name, ["worker", *arguments], environment))
            _wait_until_answering(port, children, stop)
            if not stop:
                _greet(say, settings, port, data_dir)
                warn_if_nobody_is_paged(database, practices, say)
                database.close()
            while not stop:
                for child in children:
                    child.keep_alive()
                time.sleep(0.2)
        finally:
            for child in children:
                child.stop()
            redis_server.stop()
    say("Stopped.")


def _greet(say: Callable[[str], None], settings: Settings, port: int, data_dir: Path) -> None:
    practices = load_practices(settings.practices_file).all
    say(f"Intake answers for {practices[0].name} at {settings.public_url} (ready: http://127.0.0.1:{port}/readyz)")
    if not settings.sends_texts:
        say("No Twilio credentials: texts to patients are shown and marked as not sent.")
    if any(practice.widget_key for practice in practices):
        phone = ", and a phone to play a patient with" if settings.demo_mode else ""
        say(f"Open {settings.public_url}/ : a practice's site with the chat{phone}.")
    location = "" if data_dir == Path("var") else f" --data-dir {data_dir}"
    say("Play a patient from another terminal:")
    say(f'  {_command()} simulate sms{location} "Are you accepting new patients?"')
    say("Ctrl-C stops everything; messages stay.")


def _command() -> str:
    script = Path(sys.executable).parent / "intake"
    return str(script.relative_to(Path.cwd())) if script.is_relative_to(Path.cwd()) else "intake"


def _wait_until_answering(port: int, children: list[_Child], stop: list[int]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not stop:
        for child in children:
            if child.process.poll() is not None:
                raise IntakeError(f"the {child.name} did not start; its reason is above")
        try:
            with urlopen(f"http://127.0.0.1:{port}/healthz", timeout=1):
                return
        except (URLError, OSError):
            if time.monotonic() > deadline:
                raise IntakeError(f"the web server does not answer on port {port}") from None
            time.sleep(0.05)


def _require_free(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            raise IntakeError(f"port {port} is taken: choose another with --port") from None


@contextmanager
def _only_one(data_dir: Path) -> Iterator[None]:
    data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (data_dir / "lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise IntakeError(f"the service runs already with {data_dir}: stop that one first") from None
        yield


@contextmanager
def _stop_on_signals() -> Iterator[list[int]]:
    """Yield a list that becomes non-empty when the service is asked to stop."""
    received: list[int] = []

    def note(number: int, _frame: FrameType | None) -> None:
        received.append(number)

    before = {number: signal.signal(number, note) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    try:
        yield received
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
