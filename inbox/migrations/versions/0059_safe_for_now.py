"""Until when automatic replies go to a patient who says that it is safe for now."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import inbox.models.column_types

revision = "0059"
down_revision = "0058"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "conversations", sa.Column("safe_until", inbox.models.column_types.Timestamp(timezone=True), nullable=True)
    )


def downgrade() -> None:
    op.drop_column("conversations", "safe_until")
