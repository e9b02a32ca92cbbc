"""Settings that managers change, and seals on the audit trail."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import inbox.models.column_types

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

ENTRIES = sa.table(
    "audit_entries", sa.column("id", sa.Integer), sa.column("hash", sa.String), sa.column("seal", sa.String)
)


def upgrade() -> None:
    op.create_table(
        "setting_versions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("practice", sa.String(length=63), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("staff_id", sa.Integer(), nullable=False),
        sa.Column("undoes", sa.Integer(), nullable=True),
        sa.Column("created_at", inbox.models.column_types.Timestamp(timezone=True), nullable=False),
        sa.Column("overrides", inbox.models.column_types.EncryptedText(), nullable=False),
        sa.Column("changes", inbox.models.column_types.EncryptedText(), nullable=False),
        sa.ForeignKeyConstraint(
            ["staff_id"], ["staff_members.id"], name=op.f("fk_setting_versions_staff_id_staff_members")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_setting_versions")),
        sa.UniqueConstraint("practice", "version", name=op.f("uq_setting_versions_practice_version")),
    )
    with op.batch_alter_table("audit_entries", schema=None) as batch_op:
        batch_op.add_column(sa.Column("seal", sa.String(length=64), nullable=True))
    _seal_what_is_there()
    with op.batch_alter_table("audit_entries", schema=None) as batch_op:
        batch_op.alter_column("seal", existing_type=sa.String(length=64), nullable=False)


def downgrade() -> None:
    with op.batch_alter_table("audit_entries", schema=None) as batch_op:
        batch_op.drop_column("seal")
    op.drop_table("setting_versions")


def _seal_what_is_there() -> None:
    """Entries of before are sealed as they are now: what was changed until then shows by their hashes alone."""
    connection, keyring = op.get_bind(), inbox.models.column_types.keyring()
    for entry_id, entry_hash in connection.execute(sa.select(ENTRIES.c.id, ENTRIES.c.hash)).all():
        connection.execute(sa.update(ENTRIES).where(ENTRIES.c.id == entry_id).values(seal=keyring.seal(entry_hash)))
