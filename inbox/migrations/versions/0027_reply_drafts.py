"""Drafts of replies, one for each member and conversation."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import inbox.models.column_types

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "reply_drafts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("conversation_id", sa.Integer(), nullable=False),
        sa.Column("staff_id", sa.Integer(), nullable=False),
        sa.Column("text", inbox.models.column_types.EncryptedText(), nullable=False),
        sa.Column("mark", sa.String(length=16), nullable=False),
        sa.Column("updated_at", inbox.models.column_types.Timestamp(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversations.id"], name=op.f("fk_reply_drafts_conversation_id_conversations")
        ),
        sa.ForeignKeyConstraint(
            ["staff_id"], ["staff_members.id"], name=op.f("fk_reply_drafts_staff_id_staff_members")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reply_drafts")),
        sa.UniqueConstraint("conversation_id", "staff_id", name=op.f("uq_reply_drafts_conversation_id_staff_id")),
    )
    op.create_index(op.f("ix_reply_drafts_staff_id"), "reply_drafts", ["staff_id"])


def downgrade() -> None:
    op.drop_table("reply_drafts")
