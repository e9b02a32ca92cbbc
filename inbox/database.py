"""Opening the database: engine, sessions, migrations, and the check for missing encryption keys."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, select, text
from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from sqlalchemy.orm import Session, sessionmaker

from inbox.column_types import use_keyring
from inbox.models import EncryptionKey
from intake.encryption import Keyring
from intake.errors import IntakeError

BUSY_SECONDS = 5


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
        """Yield a transaction that commits at the end, or rolls back on an exception."""
        with self._sessions.begin() as session:
            yield session

    @contextmanager
    def read(self) -> Iterator[Session]:
        """Yield a read-only transaction, whose rows stay usable after it."""
        with self._reading_sessions() as session:
            yield session

    def is_ready(self) -> bool:
        """Return whether the database answers and has its tables."""
        try:
            with self.read() as session:
                session.execute(select(EncryptionKey).limit(1))
        except SQLAlchemyError:
            return False
        return True

    def migrate(self) -> None:
        """Bring the tables up to date and register the newest encryption key.

        Raises:
            IntakeError: the database cannot be opened or changed, or a key is missing.
        """
        from alembic import command  # slow to import, and used only here
        from alembic.config import Config

        config = Config()
        config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
        try:
            with self.engine.begin() as connection:
                config.attributes["connection"] = connection
                command.upgrade(config, "head")
        except SQLAlchemyError as error:
            raise _unusable(error) from None
        self.check_keys()

    def check_keys(self) -> None:
        """Check that no encryption key is missing, and register the newest one.

        Raises:
            IntakeError: a key that rows were written with is missing, or the tables are.
        """
        fingerprints = self.keyring.fingerprints
        try:
            with self.write() as session:
                known = set(session.scalars(select(EncryptionKey.fingerprint)))
                if known - set(fingerprints):
                    raise IntakeError(
                        "ENCRYPTION_KEYS is missing a key that this database was written with: add it after the new"
                        " one, run `intake keys rotate`, then remove it"
                    )
                if fingerprints[0] not in known:
                    session.add(EncryptionKey(fingerprint=fingerprints[0]))
        except IntegrityError:
            return  # another process registered the same key at the same moment
        except SQLAlchemyError as error:
            raise _unusable(error) from None

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()


def _unusable(error: SQLAlchemyError) -> IntakeError:
    reason = type(error).__name__
    return IntakeError(f"the database cannot be used ({reason}): check DATABASE_URL and run `intake migrate`")


def _engine(url: str) -> Engine:
    # hide_parameters: a statement's parameters contain patient data, which errors would carry into logs
    options: dict[str, Any] = {"hide_parameters": True, "pool_pre_ping": True}
    if not url.startswith("sqlite"):
        return create_engine(url, connect_args={"connect_timeout": BUSY_SECONDS}, **options)
    engine = create_engine(url, connect_args={"timeout": BUSY_SECONDS}, **options)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "foreign_keys=ON", "synchronous=FULL"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    # A write transaction takes its lock at once, because upgrading a read lock fails when two transactions try it.
    reading = connection.get_execution_options().get("read_only", False)
    connection.execute(text("BEGIN" if reading else "BEGIN IMMEDIATE"))
