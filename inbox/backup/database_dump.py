"""Copying a database to a file while it is in use, and back into an empty one."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from sqlalchemy import Connection, create_engine, inspect, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from inbox.storage.database import HALF_RESTORED, UNFINISHED, unusable
from inbox.storage.private_files import create_private
from intake.errors import IntakeError

SQLITE, POSTGRESQL = "sqlite", "postgresql"


def kind_of(url: str) -> str:
    """Return what kind of database a URL is of."""
    return SQLITE if url.startswith("sqlite") else POSTGRESQL


def dump_database(url: str, target: Path) -> None:
    """Copy a database, as it is at one moment, to a file; writers do not wait.

    Raises:
        IntakeError: it can't be copied.
    """
    create_private(target)
    if kind_of(url) == POSTGRESQL:
        _run("pg_dump", url, "--format=custom", "--no-owner", "--no-privileges", f"--file={target}")
        return
    try:
        with closing(sqlite3.connect(sqlite_file(url))) as source, closing(sqlite3.connect(target)) as copy:
            source.backup(copy)
    except sqlite3.Error as error:
        raise IntakeError(f"the database {sqlite_file(url)} cannot be copied to {target.parent}: {error}") from None


def load_dump(url: str, dump: Path) -> None:
    """Fill an empty PostgreSQL database from a dump, wholly or not at all.

    No process uses it before `end_loading`, as what the world did since the backup is not noted in it until then.

    Raises:
        IntakeError: it can't be filled.
    """
    options = ("--no-owner", "--no-privileges", "--exit-on-error", "--single-transaction")
    _execute(url, f"CREATE TABLE IF NOT EXISTS {UNFINISHED} (id integer)")
    try:
        _run("pg_restore", url, *options, str(dump))
    except BaseException:
        _execute(url, f"DROP TABLE {UNFINISHED}")
        raise


def end_loading(session: Session) -> None:
    """Let the service use a database that was filled from a dump, once this transaction is committed."""
    session.execute(text(f"DROP TABLE {UNFINISHED}"))


def is_empty(url: str) -> bool:
    """Return whether there is no database yet, or one without any table.

    Raises:
        IntakeError: the server can't be reached, or a restore into the database did not finish.
    """
    if kind_of(url) == SQLITE:
        return not sqlite_file(url).exists()
    with _connection(url) as connection:
        tables = set(inspect(connection).get_table_names())
    if UNFINISHED in tables and len(tables) > 1:
        raise IntakeError(HALF_RESTORED)
    return tables <= {UNFINISHED}


def left_beside(url: str) -> list[Path]:
    """Return the journals of a lost SQLite database; SQLite would replay them over the one that takes its place."""
    if kind_of(url) != SQLITE:
        return []
    file = sqlite_file(url)
    beside = [file.with_name(file.name + suffix) for suffix in ("-wal", "-shm", "-journal")]
    return [path for path in beside if path.exists()]


def sqlite_file(url: str) -> Path:
    """Return the file of a SQLite database."""
    return Path(make_url(url).database or "")


def _execute(url: str, statement: str) -> None:
    with _connection(url) as connection:
        connection.execute(text(statement))


@contextmanager
def _connection(url: str) -> Iterator[Connection]:
    """Yield a transaction of a PostgreSQL database that is committed at the end."""
    engine = create_engine(url, connect_args={"connect_timeout": 5})
    try:
        with engine.begin() as connection:
            yield connection
    except SQLAlchemyError as error:
        raise unusable(error, url) from None
    finally:
        engine.dispose()


def _run(program: str, url: str, *arguments: str) -> None:
    """Run one of PostgreSQL's programs; the password goes through its environment, which other users can't see."""
    found = shutil.which(program)
    if found is None:
        raise IntakeError(
            f"{program} is not on PATH: install PostgreSQL's client programs, of the server's version or newer"
        )
    place, secret = connection_of(url)
    done = subprocess.run(  # noqa: S603 (no shell, and the arguments are this module's own)
        [found, "--no-password", f"--dbname={place}", *arguments],
        env=dict(os.environ) | secret,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        reason = " ".join(done.stderr.split()) or f"status {done.returncode}"
        raise IntakeError(f"{program} failed: {reason.rstrip('.')}")


def connection_of(url: str) -> tuple[str, dict[str, str]]:
    """Return what PostgreSQL's programs connect with: a string, as the service connects, and the secrets beside it.

    Raises:
        IntakeError: the client key has a password, which other users of the machine would see.
    """
    from psycopg.conninfo import make_conninfo

    parts = make_url(url)
    _, given = parts.get_dialect()().create_connect_args(parts)
    if "sslpassword" in given:
        raise IntakeError(
            "DATABASE_URL has an sslpassword, which other users of this machine would see while a backup runs: keep the"
            " client's key in a file without a password that only the service may read"
        )
    password = given.pop("password", None)
    return make_conninfo(**given), {} if password is None else {"PGPASSWORD": str(password)}
