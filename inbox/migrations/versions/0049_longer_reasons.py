"""Let the reason of a decision be of any length, as it names teams; PostgreSQL refused the longest."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0049"
down_revision = "0048"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("decisions", schema=None) as batch_op:
        batch_op.alter_column("why", existing_type=sa.String(length=200), type_=sa.Text(), existing_nullable=False)


def downgrade() -> None:
    op.execute("UPDATE decisions SET why = substr(why, 1, 200)")
    with op.batch_alter_table("decisions", schema=None) as batch_op:
        batch_op.alter_column("why", existing_type=sa.Text(), type_=sa.String(length=200), existing_nullable=False)
