"""Up to which message a scheduled reply takes into account, so that what the patient writes since holds it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0058"
down_revision = "0057"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("deliveries", sa.Column("seen_up_to", sa.Integer(), nullable=True))
    op.execute(
        "UPDATE deliveries SET seen_up_to ="
        " (SELECT coalesce(max(messages.id), 0) FROM messages WHERE messages.received_at <= deliveries.created_at)"
        " WHERE state = 'pending' AND scheduled_for IS NOT NULL"
    )


def downgrade() -> None:
    op.execute("UPDATE deliveries SET state = 'suppressed' WHERE state = 'held'")
    op.execute("DELETE FROM member_notices WHERE reason = 'held'")
    op.drop_column("deliveries", "seen_up_to")
