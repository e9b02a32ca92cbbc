"""PostgreSQL in the place of SQLite: what holds on the one has to hold on the other, races above all."""

from __future__ import annotations

import pytest

from inbox.database import Database
from tests.inbox.conftest import reopen
from tests.tasks.conftest import start_service

__all__ = ["database", "reopen", "start_service"]


@pytest.fixture
def database(postgres_database: Database) -> Database:
    """An empty database."""
    return postgres_database
