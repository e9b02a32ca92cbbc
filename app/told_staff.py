"""What became of the notices about a message, in words for whoever tries the service out."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import or_, select

from inbox.models import Message, Notification, NotificationState, now
from inbox.storage.database import Database
from intake.practices import Practice
from intake.settings import Settings
from intake.vocabulary import Priority
from tasks.notification.targets import CONSOLE, has_carrier, settings_of_notice, targets_for, team_settings

_POLL_SECONDS = 0.05
_FINAL = {
    NotificationState.SENT: "sent",
    NotificationState.OPTED_OUT: "not sent (the phone texted STOP)",
    NotificationState.DROPPED: "not sent (the alarm had been acknowledged)",
}


@dataclass(frozen=True, slots=True)
class Telling:
    """What became of telling one team.

    Attributes:
        team: the team.
        priority: how soon it must look.
        words: what became of it; of an address only its kind is named.
        is_lost: whether it is an emergency of which nobody is told.
    """

    team: str
    priority: Priority
    words: str
    is_lost: bool


def read_tellings(
    database: Database, message: Message, practice: Practice, settings: Settings, seconds: float
) -> list[Telling]:
    """Return what became of telling each team of a message, once the notices that are due have had their first try.

    Args:
        database: the service's database.
        message: the message.
        practice: its practice, with managers' settings applied.
        settings: which carriers there are.
        seconds: how long to wait for those notices.
    """
    deadline = time.monotonic() + seconds
    rows = _read_rows(database, message)
    while any(_is_under_way(row) for row in rows) and time.monotonic() < deadline:
        time.sleep(_POLL_SECONDS)
        rows = _read_rows(database, message)
    teams = dict.fromkeys((row.team, row.priority) for row in rows if row.message_id == message.id)
    moment = now()
    return [
        _tell_of(
            team, Priority(priority), [row for row in rows if row.team == team], message, practice, settings, moment
        )
        for team, priority in teams
    ]


def _read_rows(database: Database, message: Message) -> Sequence[Notification]:
    """Return the notices about a message, and those about the alarm that it joined."""
    own = select(Notification.escalation_id).where(
        Notification.message_id == message.id, Notification.escalation_id.is_not(None)
    )
    query = select(Notification).where(or_(Notification.message_id == message.id, Notification.escalation_id.in_(own)))
    with database.read() as session:
        return session.scalars(query.order_by(Notification.id)).all()


def _is_under_way(row: Notification) -> bool:
    is_due = row.state == NotificationState.PENDING and row.attempts == 0 and row.next_attempt_at <= now()
    return row.state == NotificationState.SENDING or is_due


def _tell_of(
    team: str,
    priority: Priority,
    rows: Sequence[Notification],
    message: Message,
    practice: Practice,
    settings: Settings,
    moment: datetime,
) -> Telling:
    who, notices = f"{team} ({priority})", [row for row in rows if row.target != CONSOLE]
    is_urgent = priority == Priority.URGENT
    if not notices and not team_settings(practice, team, 0).notify:
        words = f"nobody: {who} has no address" if is_urgent else f"{who}, on the console alone: it has no address"
        return Telling(team, priority, words, is_lost=is_urgent)
    own = [row for row in notices if row.message_id == message.id]
    if not own:
        who += ", as part of the open alarm"
    fates = [_word_fate(row, practice, settings, moment) for row in own or notices]
    is_lost = is_urgent and not any(_reaches(row, practice, settings, moment) for row in notices)
    return Telling(team, priority, f"{who}: {', '.join(fates) or 'on the console alone'}", is_lost)


def _word_fate(row: Notification, practice: Practice, settings: Settings, moment: datetime) -> str:
    """Return what became of a notice, without its address."""
    address = _address_of(row, practice)
    if address is None:
        return "not sent (its address is no longer in the settings)"
    return (
        f"{address.partition(':')[0]} {_FINAL.get(row.state) or _word_open(row, address, practice, settings, moment)}"
    )


def _word_open(row: Notification, address: str, practice: Practice, settings: Settings, moment: datetime) -> str:
    if not has_carrier(practice, address, settings):
        return "not sent (no carrier is set up)"
    if row.state == NotificationState.FAILED:
        return "not sent (refused or given up)"
    if row.attempts and row.state == NotificationState.PENDING:
        return "not sent yet (the carrier is busy or out of reach; it is tried again)"
    if row.next_attempt_at > moment:
        return f"waits until {row.next_attempt_at.astimezone(ZoneInfo(practice.time_zone)):%Y-%m-%d %H:%M}"
    return "not sent yet (does a worker take such jobs?)"


def _reaches(row: Notification, practice: Practice, settings: Settings, moment: datetime) -> bool:
    """Return whether a notice went out, or waits for its time and can go out then."""
    address = _address_of(row, practice)
    if row.state == NotificationState.SENT or address is None:
        return row.state == NotificationState.SENT
    is_ahead = row.state == NotificationState.PENDING and row.attempts == 0 and row.next_attempt_at > moment
    return is_ahead and has_carrier(practice, address, settings)


def _address_of(row: Notification, practice: Practice) -> str | None:
    return targets_for(settings_of_notice(practice, row.team, row.escalation_step, row.target)).get(row.target)
