"""What a message was understood as: its triage level, kind of danger, language, disposition, and other intents.

The level and the disposition say what `urgent` and `acknowledgement` said. The language of older messages is known
from the reason of their routing decision. A conversation keeps its highest level until staff answer, like its priority.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

CLASSIFICATIONS = sa.table(
    "classifications",
    sa.column("message_id", sa.Integer),
    sa.column("urgent", sa.Boolean),
    sa.column("acknowledgement", sa.Boolean),
    sa.column("triage", sa.String),
    sa.column("danger", sa.String),
    sa.column("language", sa.String),
    sa.column("disposition", sa.String),
)
CONVERSATIONS = sa.table(
    "conversations", sa.column("priority", sa.String), sa.column("triage", sa.String), sa.column("danger", sa.String)
)
DECISIONS = sa.table(
    "decisions",
    sa.column("message_id", sa.Integer),
    sa.column("route", sa.String),
    sa.column("reply", sa.String),
    sa.column("why", sa.String),
)


def upgrade() -> None:
    with op.batch_alter_table("classifications", schema=None) as batch_op:
        batch_op.add_column(sa.Column("triage", sa.String(length=16), server_default="routine", nullable=False))
        batch_op.add_column(sa.Column("danger", sa.String(length=16), nullable=True))
        batch_op.add_column(sa.Column("language", sa.String(length=8), server_default="en", nullable=False))
        batch_op.add_column(sa.Column("disposition", sa.String(length=16), server_default="route", nullable=False))
        batch_op.add_column(sa.Column("praise", sa.Boolean(), server_default=sa.false(), nullable=False))
        batch_op.add_column(sa.Column("also", sa.JSON(), server_default="[]", nullable=False))
    table = CLASSIFICATIONS
    _fill(table.c.urgent.is_(sa.true()), triage="emergency", danger="other")
    _fill(_decided(DECISIONS.c.route == "review"), disposition="review")
    _fill(table.c.acknowledgement.is_(sa.true()), disposition="acknowledgement")
    _fill(_decided(DECISIONS.c.why.startswith("not written in English")), language="other")
    spanish = DECISIONS.c.why.startswith("written in Spanish") | DECISIONS.c.reply.in_(("review_es", "urgent_es"))
    _fill(_decided(spanish), language="es")
    with op.batch_alter_table("classifications", schema=None) as batch_op:
        for name in ("triage", "language", "disposition", "praise", "also"):
            batch_op.alter_column(name, server_default=None)
        batch_op.drop_column("urgent")
        batch_op.drop_column("acknowledgement")
    with op.batch_alter_table("conversations", schema=None) as batch_op:
        batch_op.add_column(sa.Column("triage", sa.String(length=16), nullable=True))
        batch_op.add_column(sa.Column("danger", sa.String(length=16), nullable=True))
    urgent = sa.update(CONVERSATIONS).where(CONVERSATIONS.c.priority == "urgent")
    op.get_bind().execute(urgent.values(triage="emergency", danger="other"))


def downgrade() -> None:
    # not in a batch, which would rebuild a table that others refer to
    op.drop_column("conversations", "danger")
    op.drop_column("conversations", "triage")
    with op.batch_alter_table("classifications", schema=None) as batch_op:
        batch_op.add_column(sa.Column("urgent", sa.Boolean(), server_default=sa.false(), nullable=False))
        batch_op.add_column(sa.Column("acknowledgement", sa.Boolean(), server_default=sa.false(), nullable=False))
    _fill(CLASSIFICATIONS.c.triage == "emergency", urgent=True)
    _fill(CLASSIFICATIONS.c.disposition == "acknowledgement", acknowledgement=True)
    with op.batch_alter_table("classifications", schema=None) as batch_op:
        batch_op.alter_column("urgent", server_default=None)
        batch_op.alter_column("acknowledgement", server_default=None)
        for name in ("triage", "danger", "language", "disposition", "praise", "also"):
            batch_op.drop_column(name)


def _fill(condition: sa.ColumnElement[bool], **values: str | bool) -> None:
    op.get_bind().execute(sa.update(CLASSIFICATIONS).where(condition).values(**values))


def _decided(condition: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
    return CLASSIFICATIONS.c.message_id.in_(sa.select(DECISIONS.c.message_id).where(condition))
