"""Patient records, and replies that staff schedule."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import inbox.models.column_types

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    encrypted, moment = inbox.models.column_types.EncryptedText, inbox.models.column_types.Timestamp
    op.create_table(
        "patients",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("practice", sa.String(length=63), nullable=False),
        sa.Column("name", encrypted(), nullable=False),
        sa.Column("name_index", sa.String(length=32), nullable=False),
        sa.Column("last_name_index", sa.String(length=32), nullable=False),
        sa.Column("pronouns", encrypted(), nullable=True),
        sa.Column("birth_date", encrypted(), nullable=True),
        sa.Column("language", encrypted(), nullable=True),
        sa.Column("notes", encrypted(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("merged_into", sa.Integer(), nullable=True),
        sa.Column("created_at", moment(timezone=True), nullable=False),
        sa.Column("updated_at", moment(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_patients")),
    )
    op.create_index("ix_patients_listed", "patients", ["practice", "merged_into", "updated_at"])
    op.create_index("ix_patients_name_index", "patients", ["name_index"])
    op.create_index("ix_patients_last_name_index", "patients", ["last_name_index"])
    op.create_table(
        "patient_addresses",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("patient_id", sa.Integer(), nullable=False),
        sa.Column("practice", sa.String(length=63), nullable=False),
        sa.Column("patient_address", encrypted(), nullable=False),
        sa.Column("patient_index", sa.String(length=32), nullable=False),
        sa.Column("consent_how", sa.String(length=16), nullable=True),
        sa.Column("consent_by", sa.Integer(), nullable=True),
        sa.Column("consent_at", moment(timezone=True), nullable=True),
        sa.Column("created_at", moment(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["patient_id"], ["patients.id"], name=op.f("fk_patient_addresses_patient_id_patients")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_patient_addresses")),
        sa.UniqueConstraint("patient_id", "patient_index", name=op.f("uq_patient_addresses_patient_id_patient_index")),
    )
    op.create_index("ix_patient_addresses_found", "patient_addresses", ["practice", "patient_index"])
    op.create_table(
        "patient_conversations",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("patient_id", sa.Integer(), nullable=False),
        sa.Column("conversation_id", sa.Integer(), nullable=False),
        sa.Column("created_at", moment(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patients.id"], name=op.f("fk_patient_conversations_patient_id_patients")
        ),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversations.id"],
            name=op.f("fk_patient_conversations_conversation_id_conversations"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_patient_conversations")),
        sa.UniqueConstraint(
            "patient_id", "conversation_id", name=op.f("uq_patient_conversations_patient_id_conversation_id")
        ),
    )
    op.create_index(op.f("ix_patient_conversations_conversation_id"), "patient_conversations", ["conversation_id"])
    op.create_table(
        "patient_merges",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("practice", sa.String(length=63), nullable=False),
        sa.Column("kept_id", sa.Integer(), nullable=False),
        sa.Column("dropped_id", sa.Integer(), nullable=False),
        sa.Column("staff_id", sa.Integer(), nullable=True),
        sa.Column("moved", inbox.models.column_types.EncryptedJson(), nullable=False),
        sa.Column("created_at", moment(timezone=True), nullable=False),
        sa.Column("undone_at", moment(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["kept_id"], ["patients.id"], name=op.f("fk_patient_merges_kept_id_patients")),
        sa.ForeignKeyConstraint(["dropped_id"], ["patients.id"], name=op.f("fk_patient_merges_dropped_id_patients")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_patient_merges")),
    )
    op.create_index(op.f("ix_patient_merges_kept_id"), "patient_merges", ["kept_id"])
    op.create_index(op.f("ix_patient_merges_dropped_id"), "patient_merges", ["dropped_id"])
    op.add_column("deliveries", sa.Column("scheduled_for", moment(), nullable=True))


def downgrade() -> None:
    op.drop_column("deliveries", "scheduled_for")
    for table in ("patient_merges", "patient_conversations", "patient_addresses", "patients"):
        op.drop_table(table)
