"""Saved replies of practices and members, and tags of conversations."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import inbox.models.column_types

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    encrypted, moment = inbox.models.column_types.EncryptedText, inbox.models.column_types.Timestamp
    op.create_table(
        "saved_replies",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("practice", sa.String(length=63), nullable=True),
        sa.Column("staff_id", sa.Integer(), nullable=True),
        sa.Column("name", encrypted(), nullable=False),
        sa.Column("text", encrypted(), nullable=False),
        sa.Column("text_es", encrypted(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", moment(timezone=True), nullable=False),
        sa.Column("updated_at", moment(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["staff_id"], ["staff_members.id"], name=op.f("fk_saved_replies_staff_id_staff_members")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_replies")),
    )
    op.create_index(op.f("ix_saved_replies_practice"), "saved_replies", ["practice"])
    op.create_index(op.f("ix_saved_replies_staff_id"), "saved_replies", ["staff_id"])
    op.create_table(
        "conversation_tags",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("conversation_id", sa.Integer(), nullable=False),
        sa.Column("practice", sa.String(length=63), nullable=False),
        sa.Column("tag", encrypted(), nullable=False),
        sa.Column("tag_index", sa.String(length=32), nullable=False),
        sa.Column("created_at", moment(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversations.id"], name=op.f("fk_conversation_tags_conversation_id_conversations")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_conversation_tags")),
    )
    op.create_index("ix_conversation_tags_found", "conversation_tags", ["practice", "tag_index", "conversation_id"])
    op.create_index(op.f("ix_conversation_tags_conversation_id"), "conversation_tags", ["conversation_id"])


def downgrade() -> None:
    op.drop_table("conversation_tags")
    op.drop_table("saved_replies")
