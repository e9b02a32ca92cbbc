"""Keep what an email holds beside its sender's words: quoted messages, and a signature."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import inbox.models.column_types

revision = "0053"
down_revision = "0052"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("messages", sa.Column("trimmed", inbox.models.column_types.EncryptedText(), nullable=True))


def downgrade() -> None:
    op.drop_column("messages", "trimmed")
