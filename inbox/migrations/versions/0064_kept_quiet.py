"""Until when automatic replies stay out of a conversation, as somebody else may see them there."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa
from alembic import op

import inbox.models.column_types

revision = "0064"
down_revision = "0063"
branch_labels = None
depends_on = None

TIMESTAMP = inbox.models.column_types.Timestamp(timezone=True)


def upgrade() -> None:
    op.add_column("conversations", sa.Column("quiet_until", TIMESTAMP, nullable=True))
    conversations = sa.table("conversations", sa.column("id"), sa.column("quiet_until", TIMESTAMP))
    messages = sa.table("messages", sa.column("id"), sa.column("conversation_id"), sa.column("received_at", TIMESTAMP))
    decisions = sa.table("decisions", sa.column("message_id"), sa.column("silence"))
    kept = (
        sa.select(messages.c.conversation_id, sa.func.max(messages.c.received_at, type_=TIMESTAMP))
        .join(decisions, decisions.c.message_id == messages.c.id)
        .where(decisions.c.silence.in_(["quiet", "other_writer"]))
        .group_by(messages.c.conversation_id)
    )
    for conversation, at in op.get_bind().execute(kept).all():
        quiet = {"quiet_until": at + timedelta(hours=24)}
        op.execute(conversations.update().where(conversations.c.id == conversation).values(quiet))


def downgrade() -> None:
    op.drop_column("conversations", "quiet_until")
