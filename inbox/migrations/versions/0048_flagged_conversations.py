"""Find the conversations that staff flagged as unsafe without reading the others.

Each text from a new number looks for them.
"""

from __future__ import annotations

from alembic import op
from sqlalchemy import text

revision = "0048"
down_revision = "0047"
branch_labels = None
depends_on = None

_FLAGGED = text("unsafe_by IS NOT NULL")


def upgrade() -> None:
    op.create_index(
        "ix_conversations_flagged",
        "conversations",
        ["practice", "patient_index"],
        sqlite_where=_FLAGGED,
        postgresql_where=_FLAGGED,
    )


def downgrade() -> None:
    op.drop_index("ix_conversations_flagged", table_name="conversations")
