"""Which encryption key is written with, and which processes run with which keys.

Until now, every process wrote with the first of its own keys, and registered it when it was new: the newest key is the
one that they write with.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

KEYS = sa.table(
    "encryption_keys",
    sa.column("fingerprint", sa.String),
    sa.column("created_at", sa.DateTime),
    sa.column("writes", sa.Boolean),
)


def upgrade() -> None:
    op.add_column("encryption_keys", sa.Column("writes", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("encryption_keys", sa.Column("strays", sa.Integer(), server_default="0", nullable=False))
    newest = sa.select(KEYS.c.fingerprint).order_by(KEYS.c.created_at.desc(), KEYS.c.fingerprint).limit(1)
    fingerprint = op.get_bind().scalar(newest)
    op.get_bind().execute(sa.update(KEYS).where(KEYS.c.fingerprint == fingerprint).values(writes=True))
    op.create_table(
        "running_processes",
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("queues", sa.JSON(), nullable=False),
        sa.Column("fingerprints", sa.JSON(), nullable=False),
        sa.Column("troubles", sa.JSON(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_running_processes")),
    )


def downgrade() -> None:
    op.drop_table("running_processes")
    op.drop_column("encryption_keys", "strays")
    op.drop_column("encryption_keys", "writes")
