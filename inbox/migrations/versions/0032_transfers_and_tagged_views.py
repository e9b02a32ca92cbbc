"""What undoing takes away again, and the words of the tag by which a saved view filters."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import inbox.models.column_types

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("undos", sa.Column("added", sa.JSON(), nullable=True))
    op.add_column("saved_views", sa.Column("tag", inbox.models.column_types.EncryptedText(), nullable=True))


def downgrade() -> None:
    op.drop_column("saved_views", "tag")
    op.drop_column("undos", "added")
