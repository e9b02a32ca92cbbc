"""Have SQLite give no ID a second time, as PostgreSQL does: a new patient's row took the ID of an erased one.

The audit trail, links, and jobs name rows by their IDs, and would have named another patient.

SQLite can't change a table to this, so that each with an ID is built anew, and with it each that refers to one. While
foreign keys are enforced, as here, a table that another refers to can't be dropped. Hence the new ones refer to each
other from the start, and the old ones go from the end of the line.
"""

from __future__ import annotations

import re

import sqlalchemy as sa
from alembic import op

revision = "0050"
down_revision = "0049"
branch_labels = None
depends_on = None

_ID = re.compile(r"\bid INTEGER NOT NULL(?=,)")
_KEY = re.compile(r",\s*CONSTRAINT (\w+) PRIMARY KEY \(id\)")
_NAME = re.compile(r'^CREATE TABLE "?(\w+)"?')
_REFERENCE = re.compile(r'\bREFERENCES "?(\w+)"? ')
# what else names a row of a table that may be gone
_NAMED = {
    "conversations": (
        "SELECT CAST(substr(subject, 14) AS INTEGER) FROM audit_entries WHERE subject GLOB 'conversation:*'"
    ),
    "patients": "SELECT CAST(substr(subject, 9) AS INTEGER) FROM audit_entries WHERE subject GLOB 'patient:*'",
    "saved_views": "SELECT CAST(substr(subject, 6) AS INTEGER) FROM audit_entries WHERE subject GLOB 'view:*'",
    "messages": "SELECT last_message_id FROM restored_backups",
}


def upgrade() -> None:
    connection = op.get_bind()
    if connection.dialect.name != "sqlite":
        return
    found = connection.execute(sa.text("SELECT name, sql FROM sqlite_master WHERE type = 'table'"))
    written: dict[str, str] = {row.name: row.sql for row in found}
    moving = _in_order(written)
    names = "', '".join(moving)
    others = f"SELECT sql FROM sqlite_master WHERE type != 'table' AND sql IS NOT NULL AND tbl_name IN ('{names}')"  # noqa: S608  # nosec B608 (names of tables)
    beside = list(connection.scalars(sa.text(others)))
    for name in moving:
        op.execute(_rewrite(written[name], moving))
        op.execute(f"INSERT INTO new_{name} SELECT * FROM {name}")  # noqa: S608  # nosec B608 (names of tables)
    for name in reversed(moving):
        op.execute(f"DROP TABLE {name}")
    for name in moving:
        op.execute(f"ALTER TABLE new_{name} RENAME TO {name}")  # which changes what refers to it
    for statement in beside:
        connection.exec_driver_sql(statement)
    for name, named in _NAMED.items():
        _begin_above(name, named)


def downgrade() -> None:
    """Leave the tables as they are: the version before doesn't mind."""


def _in_order(written: dict[str, str]) -> list[str]:
    """Return the tables to build anew, each after those that it refers to."""
    with_id = {name for name, sql in written.items() if _ID.search(sql) and _KEY.search(sql)}
    parents = {name: set(_REFERENCE.findall(sql)) - {name} for name, sql in written.items()}
    waiting = {name for name in written if name in with_id or parents[name] & with_id}
    ordered: list[str] = []
    while waiting:
        ready = sorted(name for name in waiting if not parents[name] & waiting)
        ordered += ready
        waiting.difference_update(ready)
    return ordered


def _rewrite(sql: str, moving: list[str]) -> str:
    """Return a table's statement for its new form, under its passing name."""
    key = _KEY.search(sql)
    if key is not None:
        sql = _ID.sub(f"id INTEGER NOT NULL CONSTRAINT {key[1]} PRIMARY KEY AUTOINCREMENT", _KEY.sub("", sql), count=1)
    sql = _NAME.sub(r"CREATE TABLE new_\1", sql)
    return _REFERENCE.sub(lambda found: f"REFERENCES {'new_' * (found[1] in moving)}{found[1]} ", sql)


def _begin_above(table: str, named: str) -> None:
    """Have a table's next ID be above its own and those of a query."""
    highest = f"SELECT max(id) FROM (SELECT id FROM {table} UNION ALL {named})"  # noqa: S608  # nosec B608 (statements of this file)
    op.execute(f"DELETE FROM sqlite_sequence WHERE name = '{table}'")  # noqa: S608  # nosec B608 (names of this file)
    op.execute(f"INSERT INTO sqlite_sequence (name, seq) SELECT '{table}', coalesce(({highest}), 0)")  # nosec B608 (statements of this file)
