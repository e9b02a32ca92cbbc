"""Let a file have a content type as long as those of office documents."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0055"
down_revision = "0054"
branch_labels = None
depends_on = None

_SHORT, _LONG = sa.String(length=32), sa.String(length=100)


def upgrade() -> None:
    _change(_SHORT, _LONG)


def downgrade() -> None:
    op.execute("UPDATE attachments SET content_type = NULL WHERE length(content_type) > 32")
    _change(_LONG, _SHORT)


def _change(before: sa.String, after: sa.String) -> None:
    """Change the column; SQLite builds the table anew for it, which must not give an ID a second time."""
    connection = op.get_bind()
    is_sqlite = connection.dialect.name == "sqlite"
    given = "SELECT seq FROM sqlite_sequence WHERE name = 'attachments'"
    last = connection.scalar(sa.text(given)) if is_sqlite else None
    with op.batch_alter_table("attachments", schema=None, table_kwargs={"sqlite_autoincrement": True}) as batch_op:
        batch_op.alter_column("content_type", existing_type=before, type_=after, existing_nullable=True)
    if last is not None:
        op.execute("DELETE FROM sqlite_sequence WHERE name = 'attachments'")
        connection.execute(
            sa.text("INSERT INTO sqlite_sequence (name, seq) VALUES ('attachments', :last)"), {"last": last}
        )
