"""Encrypt the audit trail's details, and who acknowledged an alarm: a name or a phone number.

The hash of an audit entry covers its detail as it reads, so the chain stays as it is.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from alembic import op

import inbox.models.column_types

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

BATCH = 1000
ENTRIES, ALARMS = "audit_entries", "escalations"


def upgrade() -> None:
    keyring = inbox.models.column_types.keyring()
    _replace(ENTRIES, "detail", sa.LargeBinary(), lambda detail: keyring.encrypt(_as_json(detail)))
    _replace(ALARMS, "acknowledged_by", sa.LargeBinary(), keyring.encrypt)
    with op.batch_alter_table(ENTRIES, schema=None) as batch_op:  # no other table refers to it
        batch_op.alter_column("detail", existing_type=sa.LargeBinary(), nullable=False)


def downgrade() -> None:
    keyring = inbox.models.column_types.keyring()
    _replace(ENTRIES, "detail", sa.JSON(), keyring.decrypt)
    _replace(ALARMS, "acknowledged_by", sa.String(length=80), keyring.decrypt)
    with op.batch_alter_table(ENTRIES, schema=None) as batch_op:
        batch_op.alter_column("detail", existing_type=sa.JSON(), nullable=False)


def _replace(table: str, column: str, kind: sa.types.TypeEngine[Any], convert: Callable[[Any], Any]) -> None:
    """Replace a column by one of another type, row by row; not in a batch, which would rebuild the table."""
    connection = op.get_bind()
    op.add_column(table, sa.Column(f"new_{column}", kind, nullable=True))
    # read and written as text where it is not encrypted, so that JSON stays to the letter
    is_json, is_plain = isinstance(kind, sa.JSON), isinstance(kind, sa.LargeBinary)
    old = f"CAST({column} AS TEXT)" if is_plain else column
    new = "CAST(:value AS JSON)" if is_json and connection.dialect.name == "postgresql" else ":value"
    read = sa.text(f"SELECT id, {old} FROM {table} WHERE id > :last ORDER BY id LIMIT {BATCH}")  # noqa: S608  # nosec B608 (names of this file)
    write = sa.text(f"UPDATE {table} SET new_{column} = {new} WHERE id = :id")  # noqa: S608  # nosec B608 (names of this file)
    last_id = 0
    while rows := connection.execute(read, {"last": last_id}).all():
        for row_id, value in rows:
            if value is not None:
                connection.execute(write, {"id": row_id, "value": convert(value)})
        last_id = rows[-1][0]
    op.execute(f"ALTER TABLE {table} DROP COLUMN {column}")
    op.execute(f"ALTER TABLE {table} RENAME COLUMN new_{column} TO {column}")


def _as_json(detail: str) -> str:
    """Return a detail as today's program writes it."""
    return json.dumps(json.loads(detail))
