"""The entities of messages (older ones have none until someone opens them), and who was asked for insurance details."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import inbox.models.column_types

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "found_entities",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("message_id", sa.Integer(), nullable=False),
        sa.Column("spans", inbox.models.column_types.EncryptedJson(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_attempt_at", inbox.models.column_types.Timestamp(timezone=True), nullable=False),
        sa.Column("created_at", inbox.models.column_types.Timestamp(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["message_id"], ["messages.id"], name=op.f("fk_found_entities_message_id_messages")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_found_entities")),
        sa.UniqueConstraint("message_id", name=op.f("uq_found_entities_message_id")),
    )
    waiting = sa.text("spans IS NULL")
    op.create_index(
        "ix_found_entities_waiting", "found_entities", ["id"], sqlite_where=waiting, postgresql_where=waiting
    )
    op.add_column(
        "conversations", sa.Column("insurance_asked_at", inbox.models.column_types.Timestamp(), nullable=True)
    )


def downgrade() -> None:
    op.drop_column("conversations", "insurance_asked_at")
    op.drop_table("found_entities")
