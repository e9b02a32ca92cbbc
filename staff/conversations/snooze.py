"""When a snoozed conversation comes back: the choices, in the practice's time zone."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

MORNING = time(8)
LATER = timedelta(hours=3)
FURTHEST = timedelta(days=366)
_MONDAY = 0


class Snooze(StrEnum):
    """A choice of the snooze menu; any other value is a date and time, as a browser's field writes it."""

    LATER = "later"
    TOMORROW = "tomorrow"
    MONDAY = "monday"


CHOICES = {Snooze.LATER: "In 3 hours", Snooze.TOMORROW: "Tomorrow morning", Snooze.MONDAY: "Monday morning"}


def snooze_end(wanted: str, moment: datetime, zone: str) -> datetime | None:
    """Return when a snooze ends, in the practice's zone; None if it is no choice and no moment within a year.

    Args:
        wanted: a `Snooze`, or a local date and time such as `2026-07-01T09:30`.
        moment: the current time, aware.
        zone: the practice's time zone.
    """
    local = moment.astimezone(ZoneInfo(zone))
    match wanted:
        case Snooze.LATER:
            return local + LATER
        case Snooze.TOMORROW:
            return _morning(local, 1)
        case Snooze.MONDAY:
            return _morning(local, (_MONDAY - local.weekday() - 1) % 7 + 1)
    try:
        picked = datetime.fromisoformat(wanted)
    except ValueError:
        return None
    if picked.tzinfo is not None:
        return None
    end = picked.replace(tzinfo=local.tzinfo)
    return end if moment < end <= moment + FURTHEST else None


def _morning(local: datetime, days: int) -> datetime:
    return datetime.combine(local.date() + timedelta(days=days), MORNING, tzinfo=local.tzinfo)
