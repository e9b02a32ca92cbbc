"""The hours of each day at which a silenced patient may be texted, as they said, by the clock of their practice."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple, Self
from zoneinfo import ZoneInfo


class SafeHours(NamedTuple):
    """Hours of each day, in minutes since midnight; the end no longer counts.

    Attributes:
        start: when they begin.
        end: when they end.
        zone: the time zone.
    """

    start: int
    end: int
    zone: str

    @classmethod
    def read(cls, stored: str) -> Self:
        """Return the hours that a conversation's column holds."""
        hours, _, zone = stored.partition(" ")
        start, _, end = hours.partition("-")
        return cls(int(start), int(end), zone)

    @property
    def stored(self) -> str:
        """The hours as a conversation's column holds them."""
        return f"{self.start}-{self.end} {self.zone}"

    @property
    def words(self) -> str:
        """The hours as staff read them."""
        return f"from {clock_of(self.start)} to {clock_of(self.end)}"

    def include(self, moment: datetime) -> bool:
        """Return whether a moment is in these hours.

        Args:
            moment: aware.
        """
        local = moment.astimezone(ZoneInfo(self.zone))
        return self.start <= local.hour * 60 + local.minute < self.end


def clock_of(minute: int) -> str:
    """Return a minute of the day as people read it, such as "4:00 PM"."""
    hour = minute // 60 % 24
    return "midnight" if hour == 0 and minute % 60 == 0 else f"{hour % 12 or 12}:{minute % 60:02} {'AP'[hour // 12]}M"
