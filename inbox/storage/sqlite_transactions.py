"""How SQLite transactions begin: readers never wait, and writers wait without blocking their process."""

from __future__ import annotations

import sqlite3
import threading
import time
from typing import Any

from sqlalchemy import Connection, Engine, event

_BEGIN = "BEGIN IMMEDIATE"
_PAUSE_SECONDS = 0.002  # between two tries of whoever is first in line


def wait_without_blocking(engine: Engine, busy_seconds: int) -> None:
    """Prepare an engine's connections, and have each writer wait this long for the ones before it."""
    first_in_line = threading.Lock()

    def begin(connection: Connection) -> None:
        if connection.get_execution_options().get("read_only", False):
            connection.exec_driver_sql("BEGIN")
        else:
            _begin_writing(connection, busy_seconds, first_in_line)

    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", begin)


def _prepare(connection: Any, _record: object) -> None:
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "foreign_keys=ON", "synchronous=FULL"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_writing(connection: Connection, busy_seconds: int, first_in_line: threading.Lock) -> None:
    """Take the write lock at once, because upgrading a read lock fails when two transactions try it.

    While SQLite itself waits for a lock, it blocks the whole process. This waits in `time.sleep`, which lets a web
    process answer other requests meanwhile. Only the first in the process's line tries, as SQLite keeps no line of its
    own: the one who has waited for longest would have no better chance than the others.
    """
    driver: Any = connection.connection.driver_connection
    deadline = time.monotonic() + busy_seconds
    is_first = first_in_line.acquire(timeout=busy_seconds)
    try:
        driver.execute("PRAGMA busy_timeout = 0")
        while True:
            try:
                driver.execute(_BEGIN)
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                    break
            else:
                return
            time.sleep(_PAUSE_SECONDS)
        connection.exec_driver_sql(_BEGIN)  # once more, for an error of SQLAlchemy's
    finally:
        if is_first:
            first_in_line.release()
        driver.execute(f"PRAGMA busy_timeout = {1000 * busy_seconds}")
