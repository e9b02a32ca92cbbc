"""Keep which member said that contact is not safe, and when an address was first told of an alarm."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import inbox.models.column_types

revision = "0045"
down_revision = "0044"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("conversations", sa.Column("unsafe_by", sa.Integer(), nullable=True))
    with op.batch_alter_table("notifications", schema=None) as batch_op:
        batch_op.add_column(sa.Column("told_at", inbox.models.column_types.Timestamp(timezone=True), nullable=True))
    op.execute("UPDATE notifications SET told_at = updated_at WHERE attempts > 0")


def downgrade() -> None:
    op.drop_column("notifications", "told_at")
    op.drop_column("conversations", "unsafe_by")
