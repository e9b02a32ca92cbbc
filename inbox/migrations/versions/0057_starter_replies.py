"""What a practice made of the saved replies that it starts with."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0057"
down_revision = "0056"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("saved_replies", sa.Column("starter", sa.String(length=32), nullable=True))
    op.add_column("saved_replies", sa.Column("is_hidden", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.create_index("ix_saved_replies_starter", "saved_replies", ["practice", "starter"], unique=True)


def downgrade() -> None:
    op.drop_index("ix_saved_replies_starter", "saved_replies")
    op.execute("DELETE FROM saved_replies WHERE is_hidden")
    op.drop_column("saved_replies", "is_hidden")
    op.drop_column("saved_replies", "starter")
