"""Let replies, and drafts of them, have pictures and files, too."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("attachments", schema=None) as batch_op:
        batch_op.alter_column("message_id", existing_type=sa.Integer(), nullable=True)
        batch_op.add_column(sa.Column("conversation_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("delivery_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("staff_id", sa.Integer(), nullable=True))
        batch_op.create_foreign_key(
            op.f("fk_attachments_conversation_id_conversations"), "conversations", ["conversation_id"], ["id"]
        )
        batch_op.create_foreign_key(
            op.f("fk_attachments_delivery_id_deliveries"), "deliveries", ["delivery_id"], ["id"]
        )
        batch_op.create_index("ix_attachments_of_draft", ["conversation_id", "staff_id"])
        batch_op.create_index(op.f("ix_attachments_delivery_id"), ["delivery_id"])


def downgrade() -> None:
    op.execute("DELETE FROM attachments WHERE message_id IS NULL")
    with op.batch_alter_table("attachments", schema=None) as batch_op:
        batch_op.drop_index(op.f("ix_attachments_delivery_id"))
        batch_op.drop_index("ix_attachments_of_draft")
        batch_op.drop_constraint(op.f("fk_attachments_delivery_id_deliveries"), type_="foreignkey")
        batch_op.drop_constraint(op.f("fk_attachments_conversation_id_conversations"), type_="foreignkey")
        batch_op.drop_column("staff_id")
        batch_op.drop_column("delivery_id")
        batch_op.drop_column("conversation_id")
        batch_op.alter_column("message_id", existing_type=sa.Integer(), nullable=False)
