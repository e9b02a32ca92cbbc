"""`intake up`: Redis, migrations, web and workers on one machine, started in order, kept running, stopped in order."""

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
from functools import partial
from pathlib import Path
from types import FrameType
from urllib.error import URLError
from urllib.request import urlopen

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import configure_mappers

from app.cli import main
from app.embedded_redis import EmbeddedRedis, die_with_parent
from app.forks import Fork
from app.garbage import without_collection
from app.local_setup import environment_of, prepare
from app.supervision import Child, Supervised
from inbox.accounts.first_admin import address_of_link, has_members, offer_link
from inbox.models import now
from inbox.storage.database import MISSING_KEY, Database
from inbox.storage.presence import MAIL, forget_process, name_process, running_processes
from intake.encryption import Keyring
from intake.errors import IntakeError
from intake.logs import configure_logging
from intake.practices import Practices, load_practices
from intake.settings import Settings
from tasks.queues.names import CARRIERS, LOOKUPS, MESSAGES, NOTICES, URGENT

START_SECONDS = 120.0
STOP_SECONDS = 30.0
WEB = "web server"
MAIL_RECEIVER = "mail receiver"


def _serving(*queues: str) -> list[str]:
    """Return the options of a worker that takes jobs from some queues."""
    return [option for queue in queues for option in ("--queue", queue)]


# One that no other server can hold up, one for people in danger, and one that waits for carriers: see ADR 0012.
WORKERS = {
    "message worker": _serving(MESSAGES),
    "urgent worker": _serving(URGENT, MESSAGES),
    "carrier worker": _serving(URGENT, NOTICES, CARRIERS, LOOKUPS, MESSAGES),
}


class _Process:
    """A process of the product, out of reach of the terminal's Ctrl-C, which stops the children in order."""

    def __init__(
        self, name: str, arguments: list[str], environment: Mapping[str, str], *, is_fork: bool = True
    ) -> None:
        """Start it.

        Args:
            name: what to call it.
            arguments: of the `intake` command.
            environment: the whole environment.
            is_fork: whether it is a fork of this process, instead of a new interpreter.
        """
        self.name = name
        self._arguments = arguments
        self._environment = environment
        self._start: Callable[[], Fork | subprocess.Popen[bytes]] = self._fork if is_fork else self._open
        self.launch()

    def launch(self) -> None:
        """Start it, for the first time or again."""
        self._process = self._start()

    @property
    def presence_name(self) -> str:
        """The name under which a worker or the mail receiver says that it runs."""
        return name_process(MAIL if self.name == MAIL_RECEIVER else "worker", self._process.pid)

    @property
    def is_running(self) -> bool:
        """Whether it runs."""
        return self._process.poll() is None

    def stop(self) -> None:
        """Ask it to finish, and end it when it does not."""
        if self.is_running:
            self._process.terminate()
            try:
                self._process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()

    def _fork(self) -> Fork:
        return Fork(main, self._arguments, self._environment)

    def _open(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(  # noqa: S603
            [sys.executable, "-m", "app", *self._arguments],
            env=dict(self._environment),
            start_new_session=True,
            preexec_fn=die_with_parent,
        )


def run_all(data_dir: Path, port: int, say: Callable[[str], None]) -> None:
    """Run the whole service until Ctrl-C or SIGTERM.

    Args:
        data_dir: where its data lives.
        port: where the web server listens, on this machine only.
        say: prints a line for the person who started it.

    Raises:
        IntakeError: something it needs is missing or taken; everything started is stopped again.
    """
    configure_logging()
    os.environ["OPENBLAS_NUM_THREADS"] = "1"  # NumPy's library would start a thread, which a fork would lack
    with _only_one(data_dir), _stop_on_signals() as stop:
        _require_free(port)
        redis_server = EmbeddedRedis(data_dir / "redis")
        settings = prepare(data_dir, port, redis_server.url)
        environment = os.environ | environment_of(settings)
        embedded = settings.redis_url == redis_server.url
        practices = load_practices(settings.practices_file)
        processes: list[_Process] = []
        try:
            if embedded:
                redis_server.start()
            database = _open_database(settings)
            _add_samples(settings, practices, database)
            database.close()  # a connection must not be in use on both sides of a fork
            # gevent replaces parts of the standard library before the web server imports it, so that can't be a fork
            processes.append(_Process(WEB, ["web", "--port", str(port)], environment, is_fork=False))
            _get_ready_to_fork()
            if settings.mail_door or any(practice.mailbox for practice in practices.all):
                processes.append(_Process(MAIL_RECEIVER, ["mail", "serve"], environment))
            for name, arguments in WORKERS.items():
                processes.append(_Process(name, ["worker", *arguments, "--warned"], environment))
            _wait_until_started(port, processes, database, stop)
            if not stop:
                _greet(say, settings, port, data_dir, database)
            database.close()
            children: list[Child] = [*([redis_server] if embedded else []), *processes]
            kept = [Supervised(child, _warn, partial(_forget_presence, database)) for child in children]
            while not stop:
                for supervised in kept:
                    supervised.keep_alive()
                time.sleep(0.2)
        finally:
            for process in processes:
                process.stop()
            redis_server.stop()
    say("Stopped.")


def _open_database(settings: Settings) -> Database:
    """Migrate the database; without one of its keys, the service stores what comes in and sends nothing."""
    database = Database(settings.database_url, Keyring(settings.encryption_keys))
    database.migrate()
    if database.missing_keys():
        _warn(f"{MISSING_KEY}. Until then, messages are stored and nothing is sent.")
    return database


def _add_samples(settings: Settings, practices: Practices, database: Database) -> None:
    """Give a demo that nobody has signed in to its sample conversations."""
    from tasks.samples import add_samples, may_have_samples

    if not may_have_samples(settings):
        return
    with database.write() as session:
        if not has_members(session):
            add_samples(session, practices.all[0], now())


def _get_ready_to_fork() -> None:
    """Import and compile what every worker needs, but open nothing."""
    with without_collection():
        import tasks.context
        import tasks.worker  # noqa: F401
        from classifier.patterns import compile_patterns

        configure_mappers()
        compile_patterns()


def _warn(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _greet(say: Callable[[str], None], settings: Settings, port: int, data_dir: Path, database: Database) -> None:
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
    _show_console(say, settings, database)  # near the end, where it is not scrolled away
    say("Ctrl-C stops everything; messages stay.")


def _show_console(say: Callable[[str], None], settings: Settings, database: Database) -> None:
    """Say where to sign in or, while nobody can, how to make the first account; the link goes to the terminal alone."""
    with database.write() as session:
        token = offer_link(session, now())
    if token is None:
        say(f"Staff sign in at {settings.public_url}/staff/")
        return
    say("Nobody can sign in yet. Open this link within an hour to make the first admin; it works once:")
    say(f"  {address_of_link(settings.public_url, token)}")


def _command() -> str:
    script = Path(sys.executable).parent / "intake"
    return str(script.relative_to(Path.cwd())) if script.is_relative_to(Path.cwd()) else "intake"


def _wait_until_started(port: int, processes: list[_Process], database: Database, stop: list[int]) -> None:
    """Wait until the web server answers and every worker has said that it runs.

    Raises:
        IntakeError: one of them ended or took too long: the set-up is wrong.
    """
    deadline = time.monotonic() + START_SECONDS
    waiting = processes
    while waiting and not stop:
        for process in processes:
            if not process.is_running:
                raise IntakeError(f"the {process.name} did not start; its reason is above")
        if time.monotonic() > deadline:
            raise IntakeError(f"the {waiting[0].name} did not start within {START_SECONDS:g} seconds")
        time.sleep(0.05)
        with database.read() as session:
            present = {process.name for process in running_processes(session, now())}
        waiting = [process for process in processes if not _has_started(process, port, present)]


def _has_started(process: _Process, port: int, present: set[str]) -> bool:
    if process.name == WEB:
        return _answers(port)
    return process.presence_name in present


def _forget_presence(database: Database, child: Child) -> None:
    """Say at once that a process is away; without the database, that shows when its row gets too old."""
    if isinstance(child, _Process) and child.name != WEB:
        try:
            with database.write() as session:
                forget_process(session, child.presence_name)
        except SQLAlchemyError as error:
            _warn(f"The end of the {child.name} could not be noted ({type(error).__name__}).")
        database.close()  # a connection must not be in use on both sides of a fork


def _answers(port: int) -> bool:
    try:
        with urlopen(f"http://127.0.0.1:{port}/healthz", timeout=1):  # nosec B310
            return True
    except (URLError, OSError):
        return False


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
