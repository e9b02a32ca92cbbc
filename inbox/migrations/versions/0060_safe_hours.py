"""At which hours of the day automatic replies go to a patient who says that the phone is not safe at others."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0060"
down_revision = "0059"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("conversations", sa.Column("safe_hours", sa.String(64), nullable=True))


def downgrade() -> None:
    op.drop_column("conversations", "safe_hours")
