"""The wording that patients agree to when they give a number."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import inbox.models.column_types

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "text_consents",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("conversation_id", sa.Integer(), nullable=False),
        sa.Column("wording", sa.Text(), nullable=False),
        sa.Column("given_at", inbox.models.column_types.Timestamp(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversations.id"],
            name=op.f("fk_text_consents_conversation_id_conversations"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_text_consents")),
    )
    op.create_index(op.f("ix_text_consents_conversation_id"), "text_consents", ["conversation_id"])


def downgrade() -> None:
    op.drop_index(op.f("ix_text_consents_conversation_id"), "text_consents")
    op.drop_table("text_consents")
