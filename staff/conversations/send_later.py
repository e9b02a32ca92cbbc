"""When a message of staff goes out that is not for now: the choices, the time that a form names, and quiet hours."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from intake.practices import Practice
from intake.vocabulary import Medium
from staff import display
from staff.conversations.snooze import FURTHEST, Snooze, snooze_end
from tasks.notification.quiet_hours import after_quiet_hours

AS_TYPED = "%Y-%m-%dT%H:%M"
_LEAST = timedelta(minutes=1)
_MORNINGS = {Snooze.TOMORROW: "Tomorrow morning", Snooze.MONDAY: "Monday morning"}


@dataclass(frozen=True, slots=True)
class LaterChoice:
    """A choice of the menu: what the form calls it, its name, and when it is, such as "Thu, Jul 2, 8:00 AM"."""

    value: str
    name: str
    at: str


def later_choices(practice: Practice, medium: Medium, moment: datetime) -> list[LaterChoice]:
    """Return the times to choose from, the soonest first; a text goes out after quiet hours.

    While the practice is open, its next opening, such as after lunch, is none of them.

    Args:
        practice: the practice.
        medium: how the message goes out.
        moment: the current time, aware.
    """
    zone = practice.time_zone

    def after_quiet(at: datetime) -> datetime:
        return (quiet_until(practice, at) if medium is Medium.SMS else None) or at

    names: dict[datetime, str] = {}
    for wanted, name in _MORNINGS.items():
        if at := snooze_end(wanted, moment, zone):
            names.setdefault(after_quiet(at), name)
    opening = None if practice.is_open(moment) else practice.next_opening(moment + _LEAST)
    if opening is not None and opening == after_quiet(opening) and opening <= moment + FURTHEST:
        names[opening] = f"{names[opening]}, when you open" if opening in names else "When you open"
    return [LaterChoice(as_typed(at), names[at], display.day_and_clock(at, zone)) for at in sorted(names)]


def read_time(typed: str, zone: str, moment: datetime) -> tuple[datetime | None, str]:
    """Return the time that a form names, by the practice's clock, and what is wrong with it."""
    try:
        at = datetime.strptime(typed[:16], AS_TYPED).replace(tzinfo=ZoneInfo(zone))
    except ValueError:
        return None, "Choose a date and a time, such as 2026-11-30T09:00."
    if at <= moment:
        return None, "This time has passed. Choose a later one."
    if at > moment + FURTHEST:
        return None, "Choose a time in the next 12 months."
    return at, ""


def as_typed(at: datetime) -> str:
    """Return a local time as a form has it."""
    return at.strftime(AS_TYPED)


def quiet_until(practice: Practice, at: datetime) -> datetime | None:
    """Return when the practice's quiet hours end if a time is in them, as local time."""
    local = at.astimezone(ZoneInfo(practice.time_zone))
    later = after_quiet_hours(practice.patient_quiet_hours, local)
    return later if later > local else None


def why_quiet(practice: Practice, later: datetime) -> str:
    """Return what to tell who wants to send a text in quiet hours; the form holds when these end."""
    span, shown = display.hours(practice.patient_quiet_hours), display.clock(later, practice.time_zone)
    return f"Not sent: no new texts go out between {span}. The next time is {shown}, filled in below."
