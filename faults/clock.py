"""Moving the times in a database into the past, so that nobody has to wait ten minutes for ten minutes to go by."""

from __future__ import annotations

from sqlalchemy import text, update

from inbox.column_types import Timestamp
from inbox.database import Database
from inbox.models import Base, Lease

# What is due at some time, or was said at one; whoever says that it is alive now, does so by the real time.
MOVED = ("conversations", "messages", "deliveries", "notifications", "escalations", "voicemails", "reviews")


def pass_time(database: Database, seconds: float) -> None:
    """Make everything on record so much older, in one transaction."""
    moved = "strftime('%Y-%m-%d %H:%M:%f000', {0}, '-{1} seconds')"
    if not database.url.startswith("sqlite"):
        moved = "{0} - interval '{1} seconds'"
    with database.write() as session:
        for table in map(Base.metadata.tables.__getitem__, MOVED):
            columns = [column.name for column in table.columns if isinstance(column.type, Timestamp)]
            changes = ", ".join(f"{name} = {moved.format(name, seconds)}" for name in columns)
            session.execute(text(f"UPDATE {table.name} SET {changes}"))
        # a killed worker's lease, in seconds by the database's own clock, would outlast all the time that is moved on
        session.execute(update(Lease).values(expires_at=Lease.expires_at - seconds))
