"""Long texts of which only part was read, and the contact details that each message gave.

Details were kept with the conversation alone, where a later message replaced them. What is there stays there.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import inbox.models.column_types

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

CLAIMS = ("claimed_name", "claimed_phone", "claimed_email")


def upgrade() -> None:
    op.add_column("classifications", sa.Column("partly_read", sa.Boolean(), server_default=sa.false(), nullable=False))
    for name in CLAIMS:
        op.add_column("messages", sa.Column(name, inbox.models.column_types.EncryptedText(), nullable=True))


def downgrade() -> None:
    for name in reversed(CLAIMS):
        op.drop_column("messages", name)
    op.drop_column("classifications", "partly_read")
