"""Add indexes for who reads the audit trail: what one member did, one kind of action, and from when to when."""

from __future__ import annotations

from alembic import op

revision = "0054"
down_revision = "0053"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_audit_entries_of_member", "audit_entries", ["staff_id", "id"])
    op.create_index("ix_audit_entries_of_action", "audit_entries", ["action", "id"])
    op.create_index("ix_audit_entries_at", "audit_entries", ["at"])


def downgrade() -> None:
    op.drop_index("ix_audit_entries_at", table_name="audit_entries")
    op.drop_index("ix_audit_entries_of_action", table_name="audit_entries")
    op.drop_index("ix_audit_entries_of_member", table_name="audit_entries")
