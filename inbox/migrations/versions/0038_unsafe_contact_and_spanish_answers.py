"""Keep since when it is not safe to contact a patient where they are, and Spanish answers to common questions."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import inbox.models.column_types

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("conversations", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("unsafe_since", inbox.models.column_types.Timestamp(timezone=True), nullable=True)
        )
    with op.batch_alter_table("common_questions", schema=None) as batch_op:
        batch_op.add_column(sa.Column("answer_es", sa.Text(), server_default=sa.text("''"), nullable=False))


def downgrade() -> None:
    op.drop_column("common_questions", "answer_es")
    op.drop_column("conversations", "unsafe_since")
