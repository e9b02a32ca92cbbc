"""PostgreSQL in the place of SQLite: what holds on the one has to hold on the other, races above all."""

from __future__ import annotations

import threading

import pytest

from inbox.storage.database import Database
from tests.inbox.conftest import reopen
from tests.tasks.conftest import start_service

__all__ = ["database", "reopen", "start_service"]


def wait_for_a_lock(database: Database, other: threading.Thread) -> None:
    """Wait until another thread's transaction waits for this one, or is over as it does not."""
    waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted"
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        while other.is_alive() and not connection.exec_driver_sql(waiting).scalar():
            pass


@pytest.fixture
def database(postgres_database: Database) -> Database:
    """An empty database."""
    return postgres_database
