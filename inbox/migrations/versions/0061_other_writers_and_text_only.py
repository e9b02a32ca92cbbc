"""Who else writes from a patient's phone, and who can't be called."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import inbox.models.column_types

revision = "0061"
down_revision = "0060"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name in ("other_writer_at", "text_only_since"):
        op.add_column(
            "conversations", sa.Column(name, inbox.models.column_types.Timestamp(timezone=True), nullable=True)
        )


def downgrade() -> None:
    op.drop_column("conversations", "text_only_since")
    op.drop_column("conversations", "other_writer_at")
