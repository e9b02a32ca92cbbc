"""Let a notice be about a conversation in which the patient has not written yet."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None

NOTIFICATIONS = sa.table("notifications", sa.column("message_id", sa.Integer))


def upgrade() -> None:
    with op.batch_alter_table("notifications", schema=None) as batch_op:
        batch_op.alter_column("message_id", existing_type=sa.Integer(), nullable=True)
        batch_op.add_column(sa.Column("conversation_id", sa.Integer(), nullable=True))
        batch_op.create_foreign_key(
            batch_op.f("fk_notifications_conversation_id_conversations"), "conversations", ["conversation_id"], ["id"]
        )
        batch_op.create_index(batch_op.f("ix_notifications_conversation_id"), ["conversation_id"])


def downgrade() -> None:
    op.get_bind().execute(sa.delete(NOTIFICATIONS).where(NOTIFICATIONS.c.message_id.is_(None)))
    with op.batch_alter_table("notifications", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_notifications_conversation_id"))
        batch_op.drop_constraint(batch_op.f("fk_notifications_conversation_id_conversations"), type_="foreignkey")
        batch_op.drop_column("conversation_id")
        batch_op.alter_column("message_id", existing_type=sa.Integer(), nullable=False)
