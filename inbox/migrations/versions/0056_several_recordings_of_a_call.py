"""Let a call have several recordings, each a voicemail of its own; the second was merged into the first."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0056"
down_revision = "0055"
branch_labels = None
depends_on = None

_WITHOUT_RECORDING = sa.text("recording_sid IS NULL AND recording <> 'erased'")


def upgrade() -> None:
    last = _last_given()
    with op.batch_alter_table("voicemails", schema=None, table_kwargs={"sqlite_autoincrement": True}) as batch_op:
        batch_op.drop_constraint("uq_voicemails_call_sid", type_="unique")
    _give_on_from(last)
    op.create_index("ix_voicemails_call_sid", "voicemails", ["call_sid"])
    op.create_index(
        "uq_voicemails_without_recording",
        "voicemails",
        ["call_sid"],
        unique=True,
        sqlite_where=_WITHOUT_RECORDING,
        postgresql_where=_WITHOUT_RECORDING,
    )


def downgrade() -> None:
    """Name each further recording of a call as a call of its own, so that its message keeps it."""
    op.drop_index("uq_voicemails_without_recording", table_name="voicemails")
    op.drop_index("ix_voicemails_call_sid", table_name="voicemails")
    op.execute(
        "UPDATE voicemails SET call_sid = coalesce(recording_sid, 'VM' || id)"
        " WHERE id NOT IN (SELECT min(id) FROM voicemails GROUP BY call_sid)"
    )
    last = _last_given()
    with op.batch_alter_table("voicemails", schema=None, table_kwargs={"sqlite_autoincrement": True}) as batch_op:
        batch_op.create_unique_constraint("uq_voicemails_call_sid", ["call_sid"])
    _give_on_from(last)


def _last_given() -> int | None:
    """Return the last ID that SQLite gave; it builds the table anew, which must not give an ID a second time."""
    if op.get_bind().dialect.name != "sqlite":
        return None
    last: int | None = op.get_bind().scalar(sa.text("SELECT seq FROM sqlite_sequence WHERE name = 'voicemails'"))
    return last


def _give_on_from(last: int | None) -> None:
    if last is not None:
        op.execute("DELETE FROM sqlite_sequence WHERE name = 'voicemails'")
        op.get_bind().execute(
            sa.text("INSERT INTO sqlite_sequence (name, seq) VALUES ('voicemails', :last)"), {"last": last}
        )
