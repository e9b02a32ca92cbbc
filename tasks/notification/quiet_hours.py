"""When a notification is sent: at once if it is pressing, otherwise after the team's quiet hours or in its digest."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from intake.practices import TeamSettings
from intake.vocabulary import Priority

PRESSING = (Priority.HIGH, Priority.URGENT)


def due_at(team: TeamSettings, time_zone: str, priority: str, moment: datetime) -> datetime:
    """Return when to send a notification.

    Args:
        team: the settings of the team.
        time_zone: the practice's time zone.
        priority: `low`, `normal`, `high`, or `urgent`.
        moment: the current time, aware.
    """
    if priority in PRESSING:
        return moment
    local = moment.astimezone(ZoneInfo(time_zone))
    due = _next_digest(team, local) if is_gathered(team, priority) else local
    return max(moment, after_quiet_hours(team.quiet_hours, due).astimezone(moment.tzinfo))


def is_gathered(team: TeamSettings, priority: str) -> bool:
    """Return whether a notification waits for the team's digest."""
    return priority == Priority.LOW and bool(team.digest_at)


def _next_digest(team: TeamSettings, local: datetime) -> datetime:
    times = [
        datetime.combine(local.date() + timedelta(days=days), time.fromisoformat(clock), tzinfo=local.tzinfo)
        for days in (0, 1)
        for clock in team.digest_at
    ]
    return min(at for at in times if at > local)


def after_quiet_hours(span: str | None, local: datetime) -> datetime:
    """Return a local time, or the end of the quiet hours that it is in, such as those of `21:00-08:00`."""
    if span is None:
        return local
    begins, ends = (time.fromisoformat(clock) for clock in span.split("-"))
    clock = local.time()
    is_quiet = begins <= clock < ends if begins < ends else clock >= begins or clock < ends
    if not is_quiet:
        return local
    end = datetime.combine(local.date(), ends, tzinfo=local.tzinfo)
    return end if end > local else datetime.combine(local.date() + timedelta(days=1), ends, tzinfo=local.tzinfo)
