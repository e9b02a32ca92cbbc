"""Keep why no reply went out, how far an unsafe contact reaches, and which opt-outs nothing proves.

A chat that was marked as unsafe got no reply on its page either, so it gets none from now on.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0043"
down_revision = "0038"
branch_labels = None
depends_on = None

_FLAGS = (("conversations", "unsafe_page"), ("conversations", "unsafe_alone"), ("opt_outs", "claimed"))


def upgrade() -> None:
    op.add_column("decisions", sa.Column("silence", sa.String(length=16), nullable=True))
    for table, name in _FLAGS:
        op.add_column(table, sa.Column(name, sa.Boolean(), server_default=sa.false(), nullable=False))
    chats = sa.table(
        "conversations",
        sa.column("channel", sa.String),
        sa.column("unsafe_since"),
        sa.column("unsafe_page", sa.Boolean),
    )
    marked = (chats.c.channel == "chat", chats.c.unsafe_since.is_not(None))
    op.execute(chats.update().where(*marked).values(unsafe_page=sa.true()))


def downgrade() -> None:
    for table, name in reversed(_FLAGS):
        op.drop_column(table, name)
    op.drop_column("decisions", "silence")
