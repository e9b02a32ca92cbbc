"""Where a conversation stands in the inbox, until when it is snoozed, and since when its patient waits."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from alembic import op

import inbox.models.column_types

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def _timestamp(name: str) -> sa.Column[datetime]:
    return sa.Column(name, inbox.models.column_types.Timestamp(timezone=True), nullable=True)


def upgrade() -> None:
    # not in a batch, which would rebuild tables that others refer to
    for name in ("listed_at", "snoozed_until", "waiting_since"):
        op.add_column("conversations", _timestamp(name))
    op.execute("UPDATE conversations SET listed_at = last_activity_at")
    # those that someone must look at wait at least since their last activity
    op.execute(
        "UPDATE conversations SET waiting_since = last_activity_at WHERE state = 'open' AND priority IS NOT NULL"
    )
    op.create_index("ix_conversations_listed", "conversations", ["practice", "state", "listed_at", "id"])
    op.create_index("ix_conversations_listed_at", "conversations", ["listed_at", "id"])
    counted = ["practice", "state", "assigned_to", "team", "priority", "snoozed_until", "last_message_id", "id"]
    op.create_index("ix_conversations_counted", "conversations", counted)


def downgrade() -> None:
    op.drop_index("ix_conversations_counted", "conversations")
    op.drop_index("ix_conversations_listed_at", "conversations")
    op.drop_index("ix_conversations_listed", "conversations")
    for name in ("waiting_since", "snoozed_until", "listed_at"):
        op.drop_column("conversations", name)
