"""Retention, legal holds, erasures that the carrier still owes, and restored backups."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import inbox.models.column_types

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # not in a batch, which would rebuild tables that others refer to
    op.add_column(
        "conversations", sa.Column("held_at", inbox.models.column_types.Timestamp(timezone=True), nullable=True)
    )
    op.add_column("conversations", sa.Column("held_by", sa.Integer(), nullable=True))
    op.add_column(
        "messages", sa.Column("emptied_at", inbox.models.column_types.Timestamp(timezone=True), nullable=True)
    )
    op.add_column(
        "deliveries", sa.Column("emptied_at", inbox.models.column_types.Timestamp(timezone=True), nullable=True)
    )
    op.create_index("ix_messages_kept", "messages", ["emptied_at", "received_at"])
    op.create_index("ix_deliveries_kept", "deliveries", ["emptied_at", "created_at"])
    with op.batch_alter_table("opt_outs", schema=None) as batch_op:
        batch_op.alter_column("patient_address", existing_type=inbox.models.column_types.EncryptedText(), nullable=True)
        batch_op.add_column(sa.Column("index_key", sa.String(length=16), nullable=True))
    op.create_table(
        "carrier_erasures",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("provider_id", sa.String(length=64), nullable=False),
        sa.Column("parent_id", sa.String(length=64), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_attempt_at", inbox.models.column_types.Timestamp(timezone=True), nullable=False),
        sa.Column("created_at", inbox.models.column_types.Timestamp(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_carrier_erasures")),
        sa.UniqueConstraint("kind", "provider_id", name=op.f("uq_carrier_erasures_kind_provider_id")),
    )
    op.create_index("ix_carrier_erasures_due", "carrier_erasures", ["next_attempt_at"])
    op.create_table(
        "retention_runs",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("practice", sa.String(length=63), nullable=False),
        sa.Column("next_run_at", inbox.models.column_types.Timestamp(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_retention_runs")),
        sa.UniqueConstraint("practice", name=op.f("uq_retention_runs_practice")),
    )
    op.create_table(
        "restored_backups",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("made_at", inbox.models.column_types.Timestamp(timezone=True), nullable=False),
        sa.Column("restored_at", inbox.models.column_types.Timestamp(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_restored_backups")),
    )


def downgrade() -> None:
    op.drop_table("restored_backups")
    op.drop_table("retention_runs")
    op.drop_index("ix_carrier_erasures_due", "carrier_erasures")
    op.drop_table("carrier_erasures")
    # an opt-out of an erased patient has no number, which the older version needs: it is lost
    op.execute("DELETE FROM opt_outs WHERE patient_address IS NULL")
    with op.batch_alter_table("opt_outs", schema=None) as batch_op:
        batch_op.drop_column("index_key")
        batch_op.alter_column(
            "patient_address", existing_type=inbox.models.column_types.EncryptedText(), nullable=False
        )
    op.drop_index("ix_deliveries_kept", "deliveries")
    op.drop_index("ix_messages_kept", "messages")
    op.drop_column("deliveries", "emptied_at")
    op.drop_column("messages", "emptied_at")
    op.drop_column("conversations", "held_by")
    op.drop_column("conversations", "held_at")
