"""Keep whether a link or word of an emergency access was mailed, so that neither is lost with its worker.

With it, indexes for what was slow after a year: the last notices of an address, and those that texts are capped.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import inbox.models.column_types

revision = "0051"
down_revision = "0050"
branch_labels = None
depends_on = None

_CAPPED = sa.text("reason = 'texts_capped'")
_MOMENT = inbox.models.column_types.Timestamp(timezone=True)


def upgrade() -> None:
    op.add_column("staff_links", sa.Column("mail_again_at", _MOMENT, nullable=True))
    op.add_column("emergency_accesses", sa.Column("announced_at", _MOMENT, nullable=True))
    op.add_column("emergency_accesses", sa.Column("announce_again_at", _MOMENT, nullable=True))
    op.add_column(
        "emergency_accesses", sa.Column("announced_to", sa.JSON(), server_default=sa.text("'[]'"), nullable=False)
    )
    op.create_index("ix_notifications_of_target", "notifications", ["target", "next_attempt_at"])
    op.create_index(
        "ix_notifications_capped", "notifications", ["created_at"], sqlite_where=_CAPPED, postgresql_where=_CAPPED
    )
    op.execute("UPDATE emergency_accesses SET announced_at = created_at")


def downgrade() -> None:
    op.drop_index("ix_notifications_capped", table_name="notifications")
    op.drop_index("ix_notifications_of_target", table_name="notifications")
    op.drop_column("emergency_accesses", "announced_to")
    op.drop_column("emergency_accesses", "announce_again_at")
    op.drop_column("emergency_accesses", "announced_at")
    op.drop_column("staff_links", "mail_again_at")
