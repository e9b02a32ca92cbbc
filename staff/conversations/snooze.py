"""When a snoozed conversation comes back: the choices, in the practice's time zone."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from staff import display

MORNING = time(8)
LATER = timedelta(hours=3)
QUARTER = timedelta(minutes=15)
FURTHEST = timedelta(days=366)
_MONDAY = 0


class Snooze(StrEnum):
    """A choice of the snooze menu; any other value is a date and time, as a browser's field writes it."""

    LATER = "later"
    TOMORROW = "tomorrow"
    MONDAY = "monday"


_NAMES = {Snooze.LATER: "In 3 hours", Snooze.TOMORROW: "Tomorrow morning", Snooze.MONDAY: "Monday morning"}


@dataclass(frozen=True, slots=True)
class SnoozeChoice:
    """A choice of the menu: what the form calls it, its name, and when it ends, such as "Thu, Jul 2, 8:00 AM"."""

    value: str
    name: str
    ends: str


def snooze_choices(moment: datetime, zones: Iterable[str]) -> list[SnoozeChoice]:
    """Return the choices; where several time zones would end them at different times, without these.

    Args:
        moment: the current time, aware.
        zones: the time zones of the practices that the conversations may be of.
    """
    choices = []
    for wanted, name in _NAMES.items():
        ends = {display.day_and_clock(end, zone) for zone in set(zones) if (end := snooze_end(wanted, moment, zone))}
        choices.append(SnoozeChoice(wanted, name, ends.pop() if len(ends) == 1 else ""))
    return choices


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
            return _rounded_up(local + LATER)
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


def _rounded_up(local: datetime) -> datetime:
    """Return the next quarter of an hour, so that a menu that stays open need not change every minute."""
    return local + (datetime.min - local.replace(tzinfo=None)) % QUARTER


def _morning(local: datetime, days: int) -> datetime:
    return datetime.combine(local.date() + timedelta(days=days), MORNING, tzinfo=local.tzinfo)
