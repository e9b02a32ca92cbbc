"""How often the carrier's list was searched for a text whose send was not answered, and when last."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from inbox.models.column_types import Timestamp

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("deliveries", sa.Column("searches", sa.Integer(), server_default="0", nullable=False))
    op.add_column("deliveries", sa.Column("searched_at", Timestamp(timezone=True), nullable=True))


def downgrade() -> None:
    # older versions do not know the state; a text that may not have arrived is one that staff follow up
    op.execute("UPDATE deliveries SET state = 'failed', error_code = 'unconfirmed' WHERE state = 'unconfirmed'")
    op.drop_column("deliveries", "searched_at")
    op.drop_column("deliveries", "searches")
