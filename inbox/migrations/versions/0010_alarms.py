"""One alarm per conversation: its conversation, its code, how it ended, and which notices belong to it.

A message may raise a second alarm after the first has ended, so its id is not unique among alarms any more. Older
alarms get codes like new ones. Two alarms of one conversation that are open already both stay open. Closing a
conversation ends its alarm from now on, so those of conversations that staff have closed end here.
"""

from __future__ import annotations

import secrets
from collections import defaultdict
from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

from inbox.models.column_types import Timestamp

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

ESCALATIONS = sa.table(
    "escalations",
    sa.column("id", sa.Integer),
    sa.column("message_id", sa.Integer),
    sa.column("conversation_id", sa.Integer),
    sa.column("practice", sa.String),
    sa.column("code", sa.String),
    sa.column("acknowledged_at", Timestamp),
    sa.column("acknowledged_by", sa.String),
    sa.column("acknowledged_how", sa.String),
)
CONVERSATIONS = sa.table("conversations", sa.column("id", sa.Integer), sa.column("state", sa.String))
MESSAGES = sa.table("messages", sa.column("id", sa.Integer), sa.column("conversation_id", sa.Integer))
NOTIFICATIONS = sa.table(
    "notifications",
    sa.column("message_id", sa.Integer),
    sa.column("priority", sa.String),
    sa.column("escalation_id", sa.Integer),
)
ALPHABET = "34679CFHJKMNPRTWXY"
OPEN = sa.text("acknowledged_at IS NULL")


def upgrade() -> None:
    with op.batch_alter_table("escalations", schema=None) as batch_op:
        batch_op.drop_constraint("uq_escalations_message_id", type_="unique")
        batch_op.add_column(sa.Column("conversation_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("code", sa.String(length=8), nullable=True))
        batch_op.add_column(sa.Column("acknowledged_how", sa.String(length=16), nullable=True))
    _fill_escalations()
    with op.batch_alter_table("escalations", schema=None) as batch_op:
        batch_op.alter_column("conversation_id", existing_type=sa.Integer(), nullable=False)
        batch_op.alter_column("code", existing_type=sa.String(length=8), nullable=False)
        batch_op.create_foreign_key(
            batch_op.f("fk_escalations_conversation_id_conversations"), "conversations", ["conversation_id"], ["id"]
        )
        batch_op.create_index(batch_op.f("ix_escalations_message_id"), ["message_id"])
        batch_op.create_index(batch_op.f("ix_escalations_conversation_id"), ["conversation_id"])
        batch_op.create_index(
            "ix_escalations_open_code", ["practice", "code"], unique=True, sqlite_where=OPEN, postgresql_where=OPEN
        )
    with op.batch_alter_table("notifications", schema=None) as batch_op:
        batch_op.add_column(sa.Column("escalation_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("collected", sa.Boolean(), server_default=sa.false(), nullable=False))
        batch_op.create_foreign_key(
            batch_op.f("fk_notifications_escalation_id_escalations"),
            "escalations",
            ["escalation_id"],
            ["id"],
            ondelete="SET NULL",
        )
        batch_op.create_index(batch_op.f("ix_notifications_escalation_id"), ["escalation_id"])
    alarm = sa.select(ESCALATIONS.c.id).where(ESCALATIONS.c.message_id == NOTIFICATIONS.c.message_id).scalar_subquery()
    urgent = sa.update(NOTIFICATIONS).where(NOTIFICATIONS.c.priority == "urgent")
    op.get_bind().execute(urgent.values(escalation_id=alarm))


def downgrade() -> None:
    with op.batch_alter_table("notifications", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_notifications_escalation_id"))
        batch_op.drop_constraint(batch_op.f("fk_notifications_escalation_id_escalations"), type_="foreignkey")
        batch_op.drop_column("collected")
        batch_op.drop_column("escalation_id")
    latest = sa.select(sa.func.max(ESCALATIONS.c.id)).group_by(ESCALATIONS.c.message_id)
    op.get_bind().execute(sa.delete(ESCALATIONS).where(ESCALATIONS.c.id.not_in(latest)))
    with op.batch_alter_table("escalations", schema=None) as batch_op:
        batch_op.drop_index("ix_escalations_open_code")
        batch_op.drop_index(batch_op.f("ix_escalations_conversation_id"))
        batch_op.drop_index(batch_op.f("ix_escalations_message_id"))
        batch_op.drop_constraint(batch_op.f("fk_escalations_conversation_id_conversations"), type_="foreignkey")
        for name in ("conversation_id", "code", "acknowledged_how"):
            batch_op.drop_column(name)
        batch_op.create_unique_constraint("uq_escalations_message_id", ["message_id"])


def _fill_escalations() -> None:
    connection = op.get_bind()
    of_message = sa.select(MESSAGES.c.conversation_id).where(MESSAGES.c.id == ESCALATIONS.c.message_id)
    connection.execute(sa.update(ESCALATIONS).values(conversation_id=of_message.scalar_subquery()))
    closed = sa.select(CONVERSATIONS.c.id).where(CONVERSATIONS.c.state == "closed")
    connection.execute(
        sa.update(ESCALATIONS)
        .where(ESCALATIONS.c.acknowledged_at.is_(None), ESCALATIONS.c.conversation_id.in_(closed))
        .values(acknowledged_at=datetime.now(UTC), acknowledged_by="Staff", acknowledged_how="close")
    )
    taken: defaultdict[str, set[str]] = defaultdict(set)
    for row_id, practice in connection.execute(sa.select(ESCALATIONS.c.id, ESCALATIONS.c.practice)).all():
        code = _new_code(taken[practice])
        taken[practice].add(code)
        connection.execute(sa.update(ESCALATIONS).where(ESCALATIONS.c.id == row_id).values(code=code))


def _new_code(taken: set[str]) -> str:
    length = 3 if len(taken) < 1000 else 5
    while True:
        code = "".join(secrets.choice(ALPHABET) for _ in range(length))
        if code not in taken:
            return code
