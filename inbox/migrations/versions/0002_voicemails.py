"""Voicemails, and what a number is known to be."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import inbox.models.column_types

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:

    with op.batch_alter_table("conversations", schema=None) as batch_op:
        batch_op.add_column(sa.Column("line_type", sa.String(length=8), server_default="unknown", nullable=False))

    op.create_table(
        "voicemails",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("call_sid", sa.String(length=34), nullable=False),
        sa.Column("practice", sa.String(length=63), nullable=False),
        sa.Column("caller", inbox.models.column_types.EncryptedText(), nullable=True),
        sa.Column("received_on", sa.String(length=64), nullable=False),
        sa.Column("recording", sa.String(length=12), nullable=False),
        sa.Column("recording_sid", sa.String(length=34), nullable=True),
        sa.Column("recording_url", inbox.models.column_types.EncryptedText(), nullable=True),
        sa.Column("duration_seconds", sa.Integer(), nullable=True),
        sa.Column("transcription", sa.String(length=12), nullable=False),
        sa.Column("text", inbox.models.column_types.EncryptedText(), nullable=False),
        sa.Column("created_at", inbox.models.column_types.Timestamp(timezone=True), nullable=False),
        sa.Column("recorded_at", inbox.models.column_types.Timestamp(timezone=True), nullable=True),
        sa.Column("next_look_at", inbox.models.column_types.Timestamp(timezone=True), nullable=False),
        sa.Column("message_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["message_id"], ["messages.id"], name=op.f("fk_voicemails_message_id_messages")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_voicemails")),
        sa.UniqueConstraint("call_sid", name=op.f("uq_voicemails_call_sid")),
        sa.UniqueConstraint("message_id", name=op.f("uq_voicemails_message_id")),
        sa.UniqueConstraint("recording_sid", name=op.f("uq_voicemails_recording_sid")),
    )
    with op.batch_alter_table("voicemails", schema=None) as batch_op:
        batch_op.create_index("ix_voicemails_waiting", ["recording", "message_id", "next_look_at"], unique=False)


def downgrade() -> None:

    with op.batch_alter_table("voicemails", schema=None) as batch_op:
        batch_op.drop_index("ix_voicemails_waiting")

    op.drop_table("voicemails")
    with op.batch_alter_table("conversations", schema=None) as batch_op:
        batch_op.drop_column("line_type")
