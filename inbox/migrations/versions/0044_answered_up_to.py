"""Keep up to which message a conversation is answered, so that one which nobody had seen opens it again."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0044"
down_revision = "0043"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("conversations", sa.Column("answered_up_to", sa.Integer(), nullable=True))


def downgrade() -> None:
    op.drop_column("conversations", "answered_up_to")
