"""Leases, interrupted notices, and attempts at messages that count before their work.

A message's failures used to be counted afterward, and counted outages too. Unhandled messages start again from zero.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    leases = op.create_table(
        "leases",
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("holder", sa.String(length=32), nullable=False),
        sa.Column("expires_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_leases")),
    )
    op.bulk_insert(leases, [{"name": "reconciler", "holder": "", "expires_at": 0.0}])
    op.add_column("notifications", sa.Column("interruptions", sa.Integer(), server_default="0", nullable=False))
    op.execute("UPDATE messages SET failures = 0 WHERE handled_at IS NULL")


def downgrade() -> None:
    op.drop_column("notifications", "interruptions")
    op.drop_table("leases")
