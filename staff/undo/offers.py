"""Offering to undo what the signed-in member just did: noting how, and what the bar on the page says."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from flask import current_app
from sqlalchemy import select
from sqlalchemy.orm import Session

from inbox.conversations.undo import last_offered, note_undo, put_back, standing_of
from inbox.models import Conversation, Review, Undo, UndoKind, now
from intake.vocabulary import TriageLevel
from staff import display
from staff.auth.access import member
from staff.patient_names import patient_names
from tasks.notification.alarms import open_alarms
from web.services import services_of

TOO_LATE = {
    UndoKind.REPLY: "It is too late to undo this reply: it is on its way. Write to the patient again instead.",
    UndoKind.CLOSE: "It is too late to undo this. Reopen the conversation instead.",
    UndoKind.LABEL: "It is too late to undo this label: a reply or notification was already sent, or a minute is over.",
    UndoKind.MESSAGE: "It is too late to undo this message: it is on its way. Write to the patient again instead.",
    UndoKind.TRANSFER: "It is too late to undo this transfer: the team is being told. Transfer it back instead.",
    UndoKind.SNOOZE: "It is too late to undo this. Open the conversation to end its snooze or to snooze it again.",
    UndoKind.LOWERING: "It is too late to undo this. Mark the conversation as an emergency instead.",
    UndoKind.ALARM: "It is too late to undo this. Press “Page on-call again” instead.",
    UndoKind.WAITING: "It is too late to undo this. Mark the conversation as open instead.",
    UndoKind.CALL: "It is too late to undo this. Add a note that says what is right instead.",
}

TOO_LATE_TO_UNSCHEDULE = "It is too late to undo this. Press “Cancel” at the message instead, until it goes out."
ENDED = "Snooze ended"
_DONE = {
    UndoKind.ALARM: "Emergency acknowledged",
    UndoKind.WAITING: "Waiting on patient",
    UndoKind.CALL: "Call noted",
}
_AT_ONCE = (UndoKind.CLOSE, UndoKind.SNOOZE, UndoKind.LOWERING, UndoKind.ALARM, UndoKind.WAITING, UndoKind.CALL)
"""What nothing is sent for, so that it counts at once and the seconds are only for undoing it."""
_MOST_NAMED = 3


@dataclass(frozen=True, slots=True)
class Beginning:
    """How a conversation stood before an action: its standing, and the ids of its open alarms."""

    standing: dict[str, Any]
    alarms: list[int]


@dataclass(frozen=True, slots=True)
class UndoOffer:
    """What the bar offers to undo.

    Attributes:
        id: the row.
        kind: what it was.
        words: what happened, and the names of few patients, such as "Closed: Ann Lee" or "9 conversations closed".
        delays: whether something waits to be sent until the time is over.
        seconds: how long that is from now.
        too_late: what is said to who wants to undo it after that.
    """

    id: int
    kind: str
    words: str = field(repr=False)
    delays: bool
    seconds: float
    too_late: str


@dataclass(frozen=True, slots=True)
class UndoBatch:
    """Actions that are undone together."""

    key: str = field(default_factory=lambda: secrets.token_hex(16))


def hold_for() -> timedelta:
    """Return how long an action can be undone before it takes effect; zero if that is turned off."""
    return timedelta(seconds=services_of(current_app).settings.undo_seconds)


def begin_action(session: Session, conversation: Conversation) -> Beginning:
    """Note how a locked conversation stands before an action."""
    if not hold_for():
        return Beginning({}, [])
    return Beginning(standing_of(conversation), [alarm.id for alarm in open_alarms(session, conversation.id)])


def offer_undo(
    session: Session,
    conversation: Conversation,
    kind: UndoKind,
    beginning: Beginning,
    *,
    batch: UndoBatch | None = None,
    delivery_id: int | None = None,
    review_id: int | None = None,
    added: dict[str, Any] | None = None,
) -> None:
    """Note how to undo an action of the signed-in member, unless that is turned off.

    Args:
        session: the transaction of the action, which holds the conversation's lock.
        conversation: the conversation as the action left it.
        kind: what was done.
        beginning: what `begin_action` returned before.
        batch: what it belongs to, None if it was done alone.
        delivery_id: the reply that was added, if any.
        review_id: the review that was decided, if any.
        added: what else undoing needs, as `inbox.models.Undo` says.
    """
    hold = hold_for()
    if not hold:
        return
    note_undo(
        session,
        Undo(
            staff_id=member().id,
            conversation_id=conversation.id,
            kind=kind,
            batch=(batch or UndoBatch()).key,
            delivery_id=delivery_id,
            review_id=review_id,
            before=beginning.standing,
            after=standing_of(conversation),
            ended={"alarms": beginning.alarms},
            added=added,
            until=now() + hold,
        ),
    )


def mark_label_undone(session: Session, review: Review) -> None:
    """Put a conversation back where it was before a label that has just been taken back on the review page."""
    query = select(Undo).where(Undo.review_id == review.id, Undo.undone_at.is_(None)).order_by(Undo.id.desc()).limit(1)
    undo = session.scalar(query.with_for_update())
    if undo is not None:
        conversation = session.get_one(Conversation, undo.conversation_id, with_for_update=True, populate_existing=True)
        put_back(conversation, undo.before, undo.after)
        undo.undone_at = now()


def read_offer() -> UndoOffer | None:
    """Return what the signed-in member can undo now, None if there is nothing."""
    if not hold_for():
        return None
    moment = now()
    services = services_of(current_app)
    with services.database.read() as session:
        found = last_offered(session, member().id, moment)
        if found is None:
            return None
        undo, count = found
        practice = services.practices.require(session.get_one(Conversation, undo.conversation_id).practice)
        is_named = count <= _MOST_NAMED and undo.kind in _AT_ONCE
        names = patient_names(session, _done_with(session, undo)) if is_named else {}
    seconds = round((undo.until - moment).total_seconds(), 1)
    tells = (undo.added or {}).get("tells", True)
    kind = UndoKind(undo.kind)
    delays = kind not in _AT_ONCE and tells
    if goes_out := _later(undo):
        words = f"Scheduled for {display.day_and_clock(goes_out, practice.time_zone)}"
    else:
        what = _describe(undo, count, practice.time_zone, tells=tells)
        words = ": ".join(filter(None, [what, ", ".join(names.values())]))
    return UndoOffer(undo.id, kind, words, delays and not goes_out, seconds, too_late(undo))


def _done_with(session: Session, undo: Undo) -> Sequence[Conversation]:
    """Return the conversations of everything that is undone together."""
    together = Undo.batch == undo.batch, Undo.staff_id == undo.staff_id, Undo.undone_at.is_(None)
    joined = select(Conversation).join(Undo, Undo.conversation_id == Conversation.id)
    return session.scalars(joined.where(*together).order_by(Undo.id)).all()


def too_late(undo: Undo) -> str:
    """Return what is said to who wants to undo something when that can't be done any more."""
    return TOO_LATE_TO_UNSCHEDULE if _later(undo) else TOO_LATE[UndoKind(undo.kind)]


def _later(undo: Undo) -> datetime | None:
    """Return when a reply goes out that waits for its time and can be cancelled until then; None for anything else."""
    at = (undo.added or {}).get("scheduled_for") if undo.kind == UndoKind.REPLY else None
    return datetime.fromisoformat(at) if at else None


def _describe(undo: Undo, count: int, zone: str, *, tells: bool) -> str:
    match UndoKind(undo.kind):
        case UndoKind.REPLY | UndoKind.MESSAGE:
            return "Sending"
        case UndoKind.LABEL:
            return "Labeled. Taking effect"
        case UndoKind.TRANSFER:
            return "Telling the team" if tells else f"{_count(count)} transferred"
        case UndoKind.CLOSE:
            return f"{_count(count)} closed" if count > 1 else "Closed"
        case UndoKind.SNOOZE if count > 1:
            return f"{_count(count)} snoozed"
        case UndoKind.SNOOZE:
            until = undo.after["snoozed_until"]
            return f"Snoozed until {display.day_and_clock(datetime.fromisoformat(until), zone)}" if until else ENDED
        case UndoKind.LOWERING:
            return f"{display.LOWER_LEVELS[TriageLevel(undo.after['triage'])]}, not an emergency"
        case UndoKind.ALARM | UndoKind.WAITING | UndoKind.CALL as kind:
            return _DONE[kind]


def _count(number: int) -> str:
    return "Conversation" if number == 1 else f"{number} conversations"
