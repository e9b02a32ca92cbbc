"""Keep when staff last assigned or transferred a conversation; the audit trail that told it is deleted in time."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import inbox.models.column_types

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("conversations", schema=None) as batch_op:
        batch_op.add_column(sa.Column("placed_at", inbox.models.column_types.Timestamp(timezone=True), nullable=True))
    op.execute(
        "UPDATE conversations SET placed_at = (SELECT MAX(at) FROM audit_entries"
        " WHERE subject = 'conversation:' || conversations.id AND action IN ('assigned', 'transferred'))"
        " WHERE state <> 'closed'"
    )


def downgrade() -> None:
    op.drop_column("conversations", "placed_at")
