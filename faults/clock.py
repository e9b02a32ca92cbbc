"""Moving the times in a database into the past, so that nobody has to wait ten minutes for ten minutes to go by."""

from __future__ import annotations

import time
from collections.abc import Callable

from sqlalchemy import text, update

from inbox.models import Base, Lease
from inbox.models.column_types import Timestamp
from inbox.storage.database import Database

# What is due at some time, or was said at one; whoever says that it is alive now, does so by the real time.
MOVED = ("conversations", "messages", "deliveries", "notifications", "escalations", "voicemails", "reviews")


class Elapsed:
    """How long it was between two moments, including the seconds by which time was moved on."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Begin with the real time, by a clock that nobody sets."""
        self._clock = clock
        self._moves: list[tuple[float, float]] = []

    def move_on(self, seconds: float) -> None:
        """Note that time is moved on by so much now."""
        self._moves.append((self._clock(), seconds))

    def between(self, first: float, last: float) -> float:
        """Return the seconds between two moments of the clock."""
        return last - first + sum(seconds for at, seconds in self._moves if first <= at < last)


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
