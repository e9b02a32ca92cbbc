"""Chats, contact forms and email: contacts, what a patient has seen, and how a reply goes out."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import inbox.models.column_types

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:

    with op.batch_alter_table("conversations", schema=None) as batch_op:
        batch_op.add_column(sa.Column("public_id", sa.String(length=32), nullable=True))
        batch_op.add_column(sa.Column("patient_name", inbox.models.column_types.EncryptedText(), nullable=True))
        batch_op.add_column(sa.Column("contact_phone", inbox.models.column_types.EncryptedText(), nullable=True))
        batch_op.add_column(sa.Column("contact_email", inbox.models.column_types.EncryptedText(), nullable=True))
        batch_op.add_column(sa.Column("entries", sa.Integer(), server_default="0", nullable=False))
        batch_op.create_index(batch_op.f("ix_conversations_public_id"), ["public_id"], unique=True)

    with op.batch_alter_table("messages", schema=None) as batch_op:
        batch_op.add_column(sa.Column("subject", inbox.models.column_types.EncryptedText(), nullable=True))
        batch_op.add_column(sa.Column("sender_message_id", inbox.models.column_types.EncryptedText(), nullable=True))
        batch_op.add_column(sa.Column("entry", sa.Integer(), nullable=True))
        batch_op.create_index("ix_messages_entry", ["conversation_id", "entry"], unique=True)

    with op.batch_alter_table("deliveries", schema=None) as batch_op:
        batch_op.add_column(sa.Column("medium", sa.String(length=8), server_default="sms", nullable=False))
        batch_op.add_column(sa.Column("entry", sa.Integer(), nullable=True))
        batch_op.create_index("ix_deliveries_entry", ["conversation_id", "entry"], unique=True)


def downgrade() -> None:

    with op.batch_alter_table("deliveries", schema=None) as batch_op:
        batch_op.drop_index("ix_deliveries_entry")
        batch_op.drop_column("entry")
        batch_op.drop_column("medium")

    with op.batch_alter_table("messages", schema=None) as batch_op:
        batch_op.drop_index("ix_messages_entry")
        batch_op.drop_column("entry")
        batch_op.drop_column("sender_message_id")
        batch_op.drop_column("subject")

    with op.batch_alter_table("conversations", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_conversations_public_id"))
        batch_op.drop_column("entries")
        batch_op.drop_column("contact_email")
        batch_op.drop_column("contact_phone")
        batch_op.drop_column("patient_name")
        batch_op.drop_column("public_id")
