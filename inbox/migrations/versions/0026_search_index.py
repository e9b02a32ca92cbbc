"""The search index, and which messages and replies are in it; a job fills it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

_COLUMNS = ("code", "said_at", "source", "conversation_id")
_UNINDEXED = {
    "messages": "indexed_with IS NULL AND emptied_at IS NULL",
    "deliveries": "indexed_with IS NULL AND message_id IS NULL AND emptied_at IS NULL",
}


def upgrade() -> None:
    op.create_table(
        "search_codes",
        *(sa.Column(name, sa.Integer(), autoincrement=False, nullable=False) for name in _COLUMNS),
        sa.PrimaryKeyConstraint(*_COLUMNS, name=op.f("pk_search_codes")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_search_codes_source", "search_codes", ["source"])
    for table, condition in _UNINDEXED.items():
        # not in a batch, which would rebuild tables that others refer to
        op.add_column(table, sa.Column("indexed_with", sa.String(length=16), nullable=True))
        where = sa.text(condition)
        op.create_index(f"ix_{table}_unindexed", table, ["id"], sqlite_where=where, postgresql_where=where)


def downgrade() -> None:
    for table in _UNINDEXED:
        op.drop_index(f"ix_{table}_unindexed", table)
        op.drop_column(table, "indexed_with")
    op.drop_table("search_codes")
