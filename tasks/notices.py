"""What staff are told about a message: who, how soon and where to look. Never any patient text."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from sqlalchemy.orm import Session

from inbox.models import Message, Notification
from intake.practices import Practice
from tasks.routing import Plan

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
        reason: the route, `undelivered`, `unprocessed`, `unheard_voicemail` or `broken_reply`.
        priority: `low`, `normal`, `high` or `urgent`.
        team: who is told.
    """

    conversation_id: int
    message_id: int
    practice: str
    reason: str
    priority: str
    team: str


def targets_for(practice: Practice, team: str) -> dict[str, str]:
    """Returns a team's addresses by their stable short keys, and the console."""
    known = practice.teams.get(team)
    addresses = known.notify if known else []
    return {CONSOLE: CONSOLE} | {_key(address): address for address in addresses}


def add_notifications(
    session: Session, message: Message, practice: Practice, plan: Plan, reason: str
) -> tuple[int, ...]:
    """Adds one outbox row for each address of the plan's team, and returns their ids."""
    if plan.team is None or plan.priority is None:
        return ()
    rows = [
        Notification(message_id=message.id, reason=reason, team=plan.team, target=target, priority=plan.priority)
        for target in targets_for(practice, plan.team)
    ]
    session.add_all(rows)
    session.flush()
    return tuple(row.id for row in rows)


def describe(reason: str) -> str:
    """Writes a notice's reason for people."""
    known = {
        "review": "Message to review",
        "urgent": "Message that sounds urgent",
        "opt_out": "Opt-out that may mean an appointment",
        UNDELIVERED: "Reply that could not be delivered",
        UNPROCESSED: "Message that could not be processed",
        BROKEN_REPLY: "Reply whose own words could not be used, so that the standard ones went out",
        UNHEARD_VOICEMAIL: "Voicemail to listen to, without a transcription",
    }
    return known.get(reason, reason.replace("_", " ").capitalize())


def _key(address: str) -> str:
    return hashlib.blake2s(address.encode(), digest_size=8).hexdigest()
