"""SQLite as the tests use it: each statement is compiled once for all databases of a test process.

SQLAlchemy keeps compiled statements for each engine, and nearly every test opens a database of its own.
"""

from __future__ import annotations

from typing import Any, ClassVar

from sqlalchemy import Engine
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite


class SharingDialect(SQLiteDialect_pysqlite):
    """The usual dialect, of which any two are the same: they compile a statement alike."""

    supports_statement_cache = True
    _compiled: ClassVar[dict[Any, Any]] = {}

    @classmethod
    def engine_created(cls, engine: Engine) -> None:
        """Have the engine share what was compiled."""
        engine.update_execution_options(compiled_cache=cls._compiled)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SharingDialect)

    def __hash__(self) -> int:
        return hash(SharingDialect)


def share_compiled_statements() -> None:
    """Use this dialect for every SQLite database from now on."""
    registry.register("sqlite", __name__, SharingDialect.__name__)
