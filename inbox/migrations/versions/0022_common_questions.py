"""Common questions with a practice's answers, which were asked, and when a chat was last looked at."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import inbox.models.column_types

revision = "0022"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "common_questions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("practice", sa.String(length=63), nullable=False),
        sa.Column("key", sa.String(length=63), nullable=False),
        sa.Column("title", sa.String(length=120), nullable=False),
        sa.Column("phrasings", sa.JSON(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("updated_at", inbox.models.column_types.Timestamp(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_common_questions")),
        sa.UniqueConstraint("practice", "key", name=op.f("uq_common_questions_practice_key")),
    )
    op.create_table(
        "asked_questions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("message_id", sa.Integer(), nullable=False),
        sa.Column("practice", sa.String(length=63), nullable=False),
        sa.Column("key", sa.String(length=63), nullable=False),
        sa.Column("similarity", sa.Double(), nullable=False),
        sa.Column("outcome", sa.String(length=16), nullable=False),
        sa.Column("asked_at", inbox.models.column_types.Timestamp(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["message_id"], ["messages.id"], name=op.f("fk_asked_questions_message_id_messages")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_asked_questions")),
        sa.UniqueConstraint("message_id", name=op.f("uq_asked_questions_message_id")),
    )
    op.create_index("ix_asked_questions_practice_asked_at", "asked_questions", ["practice", "asked_at"])
    op.add_column(
        "conversations", sa.Column("chat_seen_at", inbox.models.column_types.Timestamp(timezone=True), nullable=True)
    )


def downgrade() -> None:
    op.drop_column("conversations", "chat_seen_at")
    op.drop_index("ix_asked_questions_practice_asked_at", "asked_questions")
    op.drop_table("asked_questions")
    op.drop_table("common_questions")
