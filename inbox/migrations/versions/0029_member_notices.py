"""Mentions and assignments that call a member to a conversation, and how each member hears of them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import inbox.models.column_types

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("staff_members", sa.Column("notices", sa.String(length=8), server_default="console", nullable=False))
    op.create_table(
        "member_notices",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("staff_id", sa.Integer(), nullable=False),
        sa.Column("conversation_id", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(length=12), nullable=False),
        sa.Column("by_staff_id", sa.Integer(), nullable=False),
        sa.Column("created_at", inbox.models.column_types.Timestamp(timezone=True), nullable=False),
        sa.Column("seen_at", inbox.models.column_types.Timestamp(timezone=True), nullable=True),
        sa.Column("mail_state", sa.String(length=12), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("next_attempt_at", inbox.models.column_types.Timestamp(timezone=True), nullable=False),
        sa.Column("mailed_at", inbox.models.column_types.Timestamp(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["by_staff_id"], ["staff_members.id"], name=op.f("fk_member_notices_by_staff_id_staff_members")
        ),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversations.id"], name=op.f("fk_member_notices_conversation_id_conversations")
        ),
        sa.ForeignKeyConstraint(
            ["staff_id"], ["staff_members.id"], name=op.f("fk_member_notices_staff_id_staff_members")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_member_notices")),
    )
    op.create_index("ix_member_notices_of_member", "member_notices", ["staff_id", "seen_at", "conversation_id"])
    op.create_index(op.f("ix_member_notices_conversation_id"), "member_notices", ["conversation_id"])
    mailed = sa.text("mail_state IS NOT NULL")
    op.create_index(
        "ix_member_notices_due",
        "member_notices",
        ["mail_state", "next_attempt_at"],
        sqlite_where=mailed,
        postgresql_where=mailed,
    )


def downgrade() -> None:
    op.drop_table("member_notices")
    op.drop_column("staff_members", "notices")
