"""Undoing what a member just did to a conversation: its standing before and after, and putting back what still fits."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from inbox.conversations.reviews import UNDO_WITHIN
from inbox.models import Conversation, ConversationState, Undo, now
from intake.vocabulary import Priority, TriageLevel

KEPT = timedelta(days=1)
_MOMENTS = ("waiting_since", "snoozed_until", "staff_took_over_at", "placed_at", "last_activity_at", "listed_at")
_VALUES = (
    *("state", "assigned_to", "intent", "team", "priority", "triage", "danger"),
    *("last_message_id", "answered_up_to"),
)
# What says one thing together is put back together; how pressing something is stands first.
_URGENCY = (("priority", "team"), ("triage", "danger"), ("waiting_since",))
_OTHERS = (
    *(
        ("state", "answered_up_to"),
        ("assigned_to",),
        ("intent",),
        ("snoozed_until",),
        ("staff_took_over_at",),
        ("placed_at",),
    ),
    ("last_activity_at", "listed_at"),
)
_LEVELS = list(TriageLevel)  # the most serious comes first

Values = Mapping[str, Any]


def standing_of(conversation: Conversation) -> dict[str, Any]:
    """Return what an action may change about a conversation, as JSON has it; nothing of the patient."""
    moments = {name: getattr(conversation, name) for name in _MOMENTS}
    values = {name: getattr(conversation, name) for name in _VALUES}
    return values | {name: at and at.astimezone(UTC).isoformat() for name, at in moments.items()}


def plan_return(before: Values, after: Values, current: Values) -> dict[str, Any]:
    """Return what of a conversation to put back, by name.

    What has changed since the action stays. If the patient wrote meanwhile, nobody becomes less urgent, or waits for a
    shorter time. If staff answered meanwhile, nobody becomes more urgent.

    Args:
        before: the standing before the action.
        after: the standing after it.
        current: the standing now.
    """

    def differ(left: Values, right: Values, *names: str) -> bool:
        return any(left.get(name) != right.get(name) for name in names)  # an older version kept fewer

    chosen = [names for names in _OTHERS if not differ(after, current, *names)]
    is_answered = differ(after, current, "state") and current["state"] != ConversationState.OPEN
    if not is_answered:
        has_news = differ(after, current, "last_message_id")
        for names in _URGENCY:
            is_worse = _pressing(names[0], before) > _pressing(names[0], current)
            if is_worse or not (has_news or differ(after, current, *names)):
                chosen.append(names)
    return {name: before.get(name) for names in chosen for name in names if differ(before, current, name)}


def put_back(conversation: Conversation, before: Values, after: Values) -> None:
    """Put a conversation back where it was, as far as nothing has changed it since."""
    for name, value in plan_return(before, after, standing_of(conversation)).items():
        is_moment = name in _MOMENTS and value is not None
        setattr(conversation, name, datetime.fromisoformat(value) if is_moment else value)


def note_undo(session: Session, undo: Undo) -> None:
    """Keep how to undo something, and forget what the member can't undo any more."""
    old = Undo.staff_id == undo.staff_id, Undo.created_at < now() - KEPT
    session.execute(delete(Undo).where(*old))
    session.add(undo)
    session.flush()


def last_offered(session: Session, staff_id: int, moment: datetime) -> tuple[Undo, int] | None:
    """Return what a member did last and can still undo before it takes effect, and to how many conversations."""
    own = Undo.staff_id == staff_id, Undo.undone_at.is_(None), Undo.until > moment
    undo = session.scalar(select(Undo).where(*own).order_by(Undo.id.desc()).limit(1))
    if undo is None:
        return None
    return undo, session.scalar(select(func.count()).where(Undo.batch == undo.batch, *own)) or 1


def is_too_old(undo: Undo, moment: datetime) -> bool:
    """Return whether something can't be undone any more even if nothing was sent."""
    return moment > undo.created_at + UNDO_WITHIN


def forget_undos_of(session: Session, *, staff_id: int) -> None:
    """Delete what a member could undo."""
    session.execute(delete(Undo).where(Undo.staff_id == staff_id))


def _pressing(name: str, standing: Values) -> float:
    """Return how pressing a conversation is by one of its values; 0 if it is not."""
    value = standing[name]
    if value is None:
        return 0
    if name == "priority":
        return 1 + Priority(value).rank
    if name == "triage":
        return len(_LEVELS) - _LEVELS.index(TriageLevel(value))
    return 1 / datetime.fromisoformat(value).timestamp()  # who has waited since earlier
