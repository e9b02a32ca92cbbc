"""Opening the database: engine, sessions, migrations, and the check for missing encryption keys."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, inspect, make_url, select, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session, sessionmaker

from inbox.models import EncryptionKey
from inbox.models.column_types import use_keyring
from inbox.storage.key_registry import lock_out_writers, note_missing, read_keys, register_key
from inbox.storage.private_files import create_private
from inbox.storage.sqlite_transactions import wait_without_blocking
from intake.encryption import Keyring
from intake.errors import IntakeError

BUSY_SECONDS = 5
PAUSE_SECONDS = 2
"""How long others may write before another attempt is made to lock them out."""
UNFINISHED = "unfinished_restore"
"""The table that a PostgreSQL database has until its restoration is complete; see `inbox.backup.database_dump`."""
HALF_RESTORED = (
    "a restore into this database did not finish: drop the database, create it anew, and run `intake restore` again"
)
MISSING_KEY = (
    "ENCRYPTION_KEYS is missing a key that this database was written with: add it after the new one, restart every"
    " process, and run `intake keys status`"
)


KEYS_BUSY = (
    "a backup, or something else that takes long, is reading the database: when that has ended, run"
    " `intake keys rotate` again, which goes on where this stopped"
)
NEWER = (
    "the database is of a newer version of Intake: start that version, or restore a backup of this one with"
    " `intake restore`"
)
MIGRATION_LOCK = 0x696E74616B65
"""The number of PostgreSQL's advisory lock that a migration holds: "intake" in ASCII."""
_FIRST_DIGITS = 4
_POSTGRES_PORT = 5432
# What PostgreSQL's library says of a server that does not answer, and servers of a user that they don't let in.
_NO_ANSWER = (
    *("connection refused", "timeout expired", "failed to resolve", "could not translate host", "no route to host"),
    *("network is unreachable", "no such file or directory", "the database system is"),
)
_NO_ENTRY = ("password authentication failed", "no password supplied", "no pg_hba.conf entry", 'fatal:  role "')
_APPLIED = text("SELECT max(version_num) FROM alembic_version")


class Database:
    """One database and the keys of its encrypted columns."""

    def __init__(self, url: str, keyring: Keyring) -> None:
        """Create the engine without connecting yet.

        Args:
            url: the database's SQLAlchemy URL.
            keyring: the encryption keys; a process has only one keyring.
        """
        self.url = url
        self.keyring = keyring
        use_keyring(keyring)
        self.engine = _engine(url)
        self._sessions = sessionmaker(self.engine, expire_on_commit=False)
        reading = self.engine.execution_options(read_only=True)
        self._reading_sessions = sessionmaker(reading, expire_on_commit=False)

    @contextmanager
    def write(self) -> Iterator[Session]:
        """Yield a transaction that commits at the end, or rolls back on an exception.

        It writes with the key that the database names; see `inbox.storage.key_registry`.
        """
        with self._sessions.begin() as session:
            keys = read_keys(session)
            own = self.keyring.fingerprints
            self.keyring.write_with(keys.choose(own))
            note_missing(session, keys.missing_from(own))
            before = self.keyring.writes
            yield session
            session.flush()
            if self.keyring.writing != keys.writing and self.keyring.writes != before:
                register_key(session, self.keyring.writing, writes=keys.writing is None)

    @contextmanager
    def change_keys(self, attempts: int = 15) -> Iterator[Session]:
        """Yield a transaction that may change which keys are used, while no other transaction writes.

        Others write between two attempts to lock them out.

        Args:
            attempts: how often to try.

        Raises:
            IntakeError: a backup, or another transaction that takes long, kept reading the keys.
        """
        with self._sessions() as session:
            for attempt in range(attempts):
                if attempt:
                    time.sleep(PAUSE_SECONDS)
                if lock_out_writers(session):
                    yield session
                    session.commit()
                    return
                session.rollback()
        raise IntakeError(KEYS_BUSY)

    @contextmanager
    def read(self) -> Iterator[Session]:
        """Yield a read-only transaction, whose rows stay usable after it."""
        with self._reading_sessions() as session:
            yield session

    def is_ready(self) -> bool:
        """Return whether the database answers and has its tables."""
        return self.find_missing_keys() is not None

    def find_missing_keys(self) -> frozenset[str] | None:
        """Return the keys in use that this process lacks; None if the database does not answer or has no tables."""
        try:
            return self.missing_keys()
        except IntakeError:
            return None

    def migrate(self) -> None:
        """Bring the tables up to date, and register the first key if there is none yet.

        Raises:
            IntakeError: the database cannot be opened or changed.
        """
        from alembic import command  # slow to import, and used only here
        from alembic.config import Config
        from alembic.util import CommandError

        config = Config()
        config.set_main_option("script_location", str(Path(__file__).parents[1] / "migrations"))
        try:
            with self.engine.begin() as connection:
                _wait_for_other_migrations(connection)
                self._write_with_known_key(connection)
                config.attributes["connection"] = connection
                command.upgrade(config, "head")
            with self.write() as session:
                if read_keys(session).writing is None:
                    register_key(session, self.keyring.writing, writes=True)
        except CommandError:
            raise IntakeError(NEWER) from None
        except SQLAlchemyError as error:
            raise unusable(error, self.url) from None

    def check_keys_of_any_version(self) -> None:
        """Check that no encryption key is missing, of a database that may have no table of them yet.

        Raises:
            IntakeError: a key that rows were written with is missing, or the database cannot be used.
        """
        try:
            with self.engine.connect() as connection:
                known = _known_keys(connection)
        except SQLAlchemyError as error:
            raise unusable(error, self.url) from None
        if not known.issubset(self.keyring.fingerprints):
            raise IntakeError(MISSING_KEY)

    def check_keys(self) -> None:
        """Check that no encryption key is missing.

        Raises:
            IntakeError: a key that rows were written with is missing, or the tables are.
        """
        if self.missing_keys():
            raise IntakeError(MISSING_KEY)

    def missing_keys(self) -> frozenset[str]:
        """Return the keys in use that this process lacks.

        Raises:
            IntakeError: the database cannot be used.
        """
        try:
            with self.read() as session:
                if inspect(session.connection()).has_table(UNFINISHED):
                    raise IntakeError(HALF_RESTORED)
                if session.scalar(_APPLIED) < newest_migration():
                    raise IntakeError("the database is of an older version of Intake: run `intake migrate`")
                return read_keys(session).missing_from(self.keyring.fingerprints)
        except SQLAlchemyError as error:
            raise unusable(error, self.url) from None

    def _write_with_known_key(self, connection: Connection) -> None:
        """Have migrations write with a key that the database knows, if this process has one."""
        known, own = _known_keys(connection), self.keyring.fingerprints
        self.keyring.write_with(next((key for key in own if key in known), own[0]))

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()


@cache
def newest_migration() -> str:
    """Return the number of this version's newest migration, such as "0038"."""
    files = (Path(__file__).parents[1] / "migrations" / "versions").glob("[0-9]*.py")
    return max(file.name[:_FIRST_DIGITS] for file in files)


def _known_keys(connection: Connection) -> set[str]:
    """Return the keys that rows may be written with; none of a database that is older than the table of them."""
    if not inspect(connection).has_table("encryption_keys"):
        return set()
    return set(connection.scalars(select(EncryptionKey.fingerprint)))


def _wait_for_other_migrations(connection: Connection) -> None:
    """Let one process migrate at a time; SQLite lets one write at a time anyway."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": MIGRATION_LOCK})


class DatabaseAwayError(IntakeError):
    """The database does not answer, which may pass by itself."""


def unusable(error: SQLAlchemyError, url: str) -> IntakeError:
    """Return what to tell a person whom the database fails: what is wrong, and what to do, without the password."""
    reason, said = type(error).__name__, str(getattr(error, "orig", "")).lower()
    if "is locked" in said or "lock timeout" in said:
        return DatabaseAwayError(
            "the database is busy, as another process is changing it: try again when that has ended"
        )
    if "disk is full" in said or "no space left" in said:
        return IntakeError("the database's disk is full: make room there")
    address = make_url(url)
    if address.get_backend_name() == "sqlite":
        if "unable to open" in said:
            return _unopened(Path(address.database or "").absolute())
    elif any(words in said for words in _NO_ANSWER):
        return DatabaseAwayError(f"no database answers at {_place(address)}: start it, or correct DATABASE_URL")
    elif any(words in said for words in _NO_ENTRY):
        return IntakeError(f"the database at {_place(address)} refuses the user or the password of DATABASE_URL")
    elif "database" in said and "does not exist" in said:
        name = f"the server at {_place(address)} has no database {address.database}"
        return IntakeError(f"{name}: create it, or correct DATABASE_URL")
    return IntakeError(f"the database cannot be used ({reason}): check DATABASE_URL and run `intake migrate`")


def _unopened(file: Path) -> IntakeError:
    if not file.parent.is_dir():
        return IntakeError(f"there is no folder {file.parent} for the database: make it, or correct DATABASE_URL")
    return IntakeError(
        f"the database {file} cannot be opened: check that it is a file that this user may write, in a folder that"
        " this user may write, or correct DATABASE_URL"
    )


def _place(address: URL) -> str:
    """Return where a server is: its host and port, or the folder of its socket."""
    host = address.host or address.query.get("host") or "localhost"
    host = host if isinstance(host, str) else ",".join(host)
    return host if host.startswith("/") else f"{host}:{address.port or _POSTGRES_PORT}"


def _engine(url: str) -> Engine:
    # hide_parameters: a statement's parameters contain patient data, which errors would carry into logs
    options: dict[str, Any] = {"hide_parameters": True}
    if not url.startswith("sqlite"):
        return create_engine(url, connect_args={"connect_timeout": BUSY_SECONDS}, pool_pre_ping=True, **options)
    engine = create_engine(url, connect_args={"timeout": BUSY_SECONDS}, **options)
    wait_without_blocking(engine, BUSY_SECONDS)
    file = engine.url.database
    if file and file != ":memory:" and not file.startswith("file:"):
        # SQLite gives the -wal and -shm files the mode of this one.
        event.listen(engine, "do_connect", lambda *_: create_private(Path(file)))
    return engine
