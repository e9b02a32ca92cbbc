"""What staff are told about a message: who, when and where to look."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import Session

from inbox.models import Escalation, Message, Notification, now
from intake.practices import TEXT_PREFIX, Practice, Team
from tasks.notification.escalation_policy import next_step_at, number_of
from tasks.notification.quiet_hours import due_at
from tasks.routing import URGENT, RoutingDecision

CONSOLE = "console"
UNDELIVERED = "undelivered"
UNPROCESSED = "unprocessed"
UNHEARD_VOICEMAIL = "unheard_voicemail"
BROKEN_REPLY = "broken_reply"


@dataclass(frozen=True, slots=True)
class Notice:
    """What staff are told.

    Attributes:
        conversation_id: where to look.
        message_id: which message it is about.
        practice: the practice's name.
        reason: the route, `undelivered`, `unprocessed`, `unheard_voicemail`, `broken_reply` or an escalation's step.
        priority: `low`, `normal`, `high` or `urgent`.
        team: who is told.
        escalation_id: what can be acknowledged, None when nothing has to be.
        text: what the patient wrote, None unless the practice declares the team's addresses safe for it.
    """

    conversation_id: int
    message_id: int
    practice: str
    reason: str
    priority: str
    team: str
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


def targets_for(practice: Practice, team: str) -> dict[str, str]:
    """Return the addresses of a team, or of a contact of the escalation, by stable short keys, and the console."""
    number = number_of(practice.escalation, team)
    known = practice.teams.get(team)
    addresses = known.notify if known else []
    if number is not None and known is None:
        addresses = [TEXT_PREFIX + number]
    return {CONSOLE: CONSOLE} | {key_of(address): address for address in addresses}


def add_notifications(
    session: Session, message: Message, practice: Practice, plan: RoutingDecision, reason: str
) -> tuple[int, ...]:
    """Add one outbox row for each address of the plan's team, and return the ids of those that are due at once.

    An urgent one begins the message's escalation as well, unless there is one.
    """
    if plan.team is None or plan.priority is None:
        return ()
    moment = now()
    due = due_at(practice.teams.get(plan.team, Team()), practice.time_zone, plan.priority, moment)
    rows = [
        Notification(
            message_id=message.id,
            reason=reason,
            team=plan.team,
            target=target,
            priority=plan.priority,
            next_attempt_at=moment if target == CONSOLE else due,
        )
        for target in targets_for(practice, plan.team)
    ]
    session.add_all(rows)
    if plan.priority == URGENT:
        _begin_escalation(session, message, practice)
    session.flush()
    return tuple(row.id for row in rows if row.next_attempt_at <= moment)


def _begin_escalation(session: Session, message: Message, practice: Practice) -> None:
    if session.scalar(select(Escalation.id).where(Escalation.message_id == message.id)) is None:
        due = next_step_at(practice.escalation, 0, now())
        session.add(Escalation(message_id=message.id, practice=practice.slug, next_step_at=due))


def describe(reason: str) -> str:
    """Write a notice's reason for people."""
    known = {
        "review": "Message to review",
        "urgent": "Message that sounds urgent",
        "opt_out": "Opt-out that may mean an appointment",
        UNDELIVERED: "Reply that could not be delivered",
        UNPROCESSED: "Message that could not be processed",
        BROKEN_REPLY: "Reply whose own words could not be used, so that the standard ones went out",
        UNHEARD_VOICEMAIL: "Voicemail to listen to, without a transcription",
    }
    if reason.startswith("escalation_"):
        return "Urgent message that nobody has acknowledged"
    return known.get(reason, reason.replace("_", " ").capitalize())


def key_of(address: str) -> str:
    """Return an address' stable short key, which gives none of it away."""
    return hashlib.blake2s(address.encode(), digest_size=8).hexdigest()
