"""What staff are told about a message: who, when and where to look."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import Session

from inbox.models import Escalation, Message, Notification, now
from intake.practices import TEXT_PREFIX, Practice, TeamSettings
from intake.vocabulary import Priority, Route, words_of
from tasks.notification.escalation_policy import next_step_at
from tasks.notification.quiet_hours import due_at

CONSOLE = "console"
_ROUTES: dict[str, str] = {
    Route.REVIEW: "Message to review",
    Route.URGENT: "Message that sounds urgent",
    Route.OPT_OUT: "Opt-out that may be about an appointment",
}


@dataclass(frozen=True, slots=True)
class Notice:
    """What staff are told.

    Attributes:
        conversation_id: where to look.
        message_id: which message it is about.
        practice: the practice's name.
        reason: an intent, a `Route` or a `NotificationReason`.
        priority: how soon staff have to look.
        team: who is told; None for a single telephone of the escalation.
        escalation_id: what can be acknowledged, None when nothing has to be.
        text: what the patient wrote, None unless the practice declares the team's addresses safe for it.
    """

    conversation_id: int
    message_id: int
    practice: str
    reason: str
    priority: Priority
    team: str | None
    escalation_id: int | None = None
    text: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Digest:
    """Several messages that do not press, told together.

    Attributes:
        practice: the practice's name.
        team: who is told.
        reasons: how many there are of each reason.
    """

    practice: str
    team: str
    reasons: Counter[str]


def telephone_of(practice: Practice, escalation_step: int) -> str | None:
    """Return the number that a step of the escalation tells; None for a team, and outside an escalation.

    Args:
        practice: whose escalation it is.
        escalation_step: counted from 1; 0 outside one. The practices file may have lost a step since.
    """
    steps = practice.escalation
    return steps[escalation_step - 1].number if 0 < escalation_step <= len(steps) else None


def team_settings(practice: Practice, team: str, escalation_step: int) -> TeamSettings:
    """Return how a team is notified; a step that names a number is a team of that one telephone.

    Args:
        practice: whose team it is.
        team: its name; one that the practice does not list is told on the console alone.
        escalation_step: the step of the practice's escalation, counted from 1; 0 outside one.
    """
    number = telephone_of(practice, escalation_step)
    if number is not None:
        return TeamSettings(notify=[TEXT_PREFIX + number])
    return practice.teams.get(team, TeamSettings())


def targets_for(settings: TeamSettings) -> dict[str, str]:
    """Return the addresses of a team by stable short keys, and the console."""
    return {CONSOLE: CONSOLE} | {key_of(address): address for address in settings.notify}


def add_notifications(
    session: Session,
    message: Message,
    practice: Practice,
    *,
    team: str | None,
    priority: Priority | None,
    reason: str,
    escalation_step: int = 0,
) -> tuple[int, ...]:
    """Add one outbox row for each address of a team.

    An urgent notice also begins the message's escalation, unless one is open.

    Args:
        session: an open transaction.
        message: what staff are told about.
        practice: whose staff.
        team: who is told; None for nobody.
        priority: how soon they have to look; None for nobody.
        reason: an intent, a `Route` or a `NotificationReason`.
        escalation_step: the step of the escalation that tells them, counted from 1; 0 for the first notice.

    Returns:
        The ids of the rows that are due now.
    """
    if team is None or priority is None:
        return ()
    moment = now()
    settings = team_settings(practice, team, escalation_step)
    due = due_at(settings, practice.time_zone, priority, moment)
    rows = [
        Notification(
            message_id=message.id,
            reason=reason,
            escalation_step=escalation_step,
            team=team,
            target=target,
            priority=priority,
            next_attempt_at=moment if target == CONSOLE else due,
        )
        for target in targets_for(settings)
    ]
    session.add_all(rows)
    if priority == Priority.URGENT:
        _begin_escalation(session, message, practice)
    session.flush()
    return tuple(row.id for row in rows if row.next_attempt_at <= moment)


def _begin_escalation(session: Session, message: Message, practice: Practice) -> None:
    if session.scalar(select(Escalation.id).where(Escalation.message_id == message.id)) is None:
        due = next_step_at(practice.escalation, 0, now())
        session.add(Escalation(message_id=message.id, practice=practice.slug, next_step_at=due))


def describe(reason: str) -> str:
    """Return a notice's reason in words."""
    return _ROUTES.get(reason) or words_of(reason)


def key_of(address: str) -> str:
    """Return an address' stable short key, which gives none of it away."""
    return hashlib.blake2s(address.encode(), digest_size=8).hexdigest()
