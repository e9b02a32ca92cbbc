"""Keep drafts of internal notes, too."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None

DRAFTS = sa.table("reply_drafts", sa.column("kind", sa.String))
UNIQUE = "uq_reply_drafts_conversation_id_staff_id"


def upgrade() -> None:
    with op.batch_alter_table("reply_drafts", schema=None) as batch_op:
        batch_op.add_column(sa.Column("kind", sa.String(length=8), server_default="reply", nullable=False))
        batch_op.drop_constraint(batch_op.f(UNIQUE), type_="unique")
        batch_op.create_unique_constraint(batch_op.f(f"{UNIQUE}_kind"), ["conversation_id", "staff_id", "kind"])
    with op.batch_alter_table("reply_drafts", schema=None) as batch_op:
        batch_op.alter_column("kind", existing_type=sa.String(length=8), server_default=None)


def downgrade() -> None:
    op.get_bind().execute(sa.delete(DRAFTS).where(DRAFTS.c.kind != "reply"))
    with op.batch_alter_table("reply_drafts", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f(f"{UNIQUE}_kind"), type_="unique")
        batch_op.create_unique_constraint(batch_op.f(UNIQUE), ["conversation_id", "staff_id"])
        batch_op.drop_column("kind")
