"""Let accounts be removed, proofs be kept with a session, opt-outs be undone, and mail say why it is doubted.

Nobody knows who recorded an earlier opt-out, so that it counts as the patient's own.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import inbox.models.column_types

revision = "0018"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("staff_members", sa.Column("removed_at", inbox.models.column_types.Timestamp(), nullable=True))
    op.add_column("staff_sessions", sa.Column("proved_at", inbox.models.column_types.Timestamp(), nullable=True))
    op.add_column("opt_outs", sa.Column("recorded_by", sa.Integer(), nullable=True))
    op.add_column("messages", sa.Column("doubt", sa.String(length=16), nullable=True))


def downgrade() -> None:
    for table, column in (
        ("messages", "doubt"),
        ("opt_outs", "recorded_by"),
        ("staff_sessions", "proved_at"),
        ("staff_members", "removed_at"),
    ):
        op.drop_column(table, column)
