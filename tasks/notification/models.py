"""Staff notifications: what they contain, whom they go to, and when they are due."""

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
from tasks.queue import DueNotice

CONSOLE = "console"
_ROUTES: dict[str, str] = {
    Route.REVIEW: "Message to review",
    Route.URGENT: "Urgent message",  # the kind of danger is health information, which only the console shows
    Route.SAME_DAY: "Message for a nurse to see today",
    Route.PERSON: "Request to talk to a person",
    Route.OPT_OUT: "Opt-out that may have been an appointment cancellation",
}


@dataclass(frozen=True, slots=True)
class Notice:
    """A notification about one message.

    Attributes:
        conversation_id: the conversation to open.
        message_id: the message.
        practice: the practice's name.
        reason: an intent, a `Route`, or a `NotificationReason`.
        priority: how soon staff must look.
        team: the team, None for a single on-call phone.
        escalation_id: the escalation to acknowledge, if any.
        text: the patient's text, None unless the practice allows it at the team's addresses.
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
    """One notification about several low-priority messages.

    Attributes:
        practice: the practice's name.
        team: the team.
        reasons: the number of messages for each reason.
    """

    practice: str
    team: str
    reasons: Counter[str]


def telephone_of(practice: Practice, escalation_step: int) -> str | None:
    """Return the number that an escalation step notifies, None if it notifies a team or is not a step.

    Args:
        practice: the practice.
        escalation_step: the step, counted from 1; 0 outside an escalation. The step may since have been removed from
            the practices file.
    """
    steps = practice.escalation
    return steps[escalation_step - 1].number if 0 < escalation_step <= len(steps) else None


def team_settings(practice: Practice, team: str, escalation_step: int) -> TeamSettings:
    """Return how to notify a team; an escalation step with a number acts as a team with that one phone.

    Args:
        practice: the practice.
        team: the team's name; a team that the practice does not list is notified only on the console.
        escalation_step: the step of the practice's escalation, counted from 1; 0 outside an escalation.
    """
    number = telephone_of(practice, escalation_step)
    if number is not None:
        return TeamSettings(notify=[TEXT_PREFIX + number])
    return practice.teams.get(team, TeamSettings())


def targets_for(settings: TeamSettings) -> dict[str, str]:
    """Return a team's addresses and the console, by stable short keys."""
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
) -> tuple[DueNotice, ...]:
    """Add one outbox row for each address of a team.

    An urgent notification also starts the message's escalation, unless it has one.

    Args:
        session: an open write transaction.
        message: the message.
        practice: the practice whose staff are notified.
        team: the team to notify, None for no one.
        priority: how soon they must look, None for no one.
        reason: an intent, a `Route`, or a `NotificationReason`.
        escalation_step: the step of the escalation, counted from 1; 0 for the first notification.

    Returns:
        The notices that are due now.
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
    is_urgent = priority == Priority.URGENT
    return tuple(DueNotice(row.id, is_urgent) for row in rows if row.next_attempt_at <= moment)


def _begin_escalation(session: Session, message: Message, practice: Practice) -> None:
    if session.scalar(select(Escalation.id).where(Escalation.message_id == message.id)) is None:
        due = next_step_at(practice.escalation, 0, now())
        session.add(Escalation(message_id=message.id, practice=practice.slug, next_step_at=due))


def describe(reason: str) -> str:
    """Return the display words of a reason."""
    return _ROUTES.get(reason) or words_of(reason)


def key_of(address: str) -> str:
    """Return a stable short key for an address, which reveals nothing about it."""
    return hashlib.blake2s(address.encode(), digest_size=8).hexdigest()
