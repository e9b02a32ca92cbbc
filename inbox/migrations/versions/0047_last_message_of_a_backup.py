"""Keep the newest message of a restored backup, as the time of the backup is a little earlier than its contents."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0047"
down_revision = "0046"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("restored_backups", sa.Column("last_message_id", sa.Integer(), nullable=True))


def downgrade() -> None:
    op.drop_column("restored_backups", "last_message_id")
