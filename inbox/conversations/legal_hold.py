"""Legal holds: while a conversation is held, nothing of it is deleted or erased.

A hold is of a person: what begins later with the same number or email address is held with it, and so are the calls
from there that leave no message.
"""

from __future__ import annotations

from collections.abc import Sequence, Set
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from inbox.models import Conversation, now
from inbox.models.column_types import keyring
from inbox.patients.conversations import named_conversations

# Built once, as building a statement takes longer than running it.
_HELD = (
    select(Conversation.held_at, Conversation.held_by)
    .where(named_conversations(), Conversation.held_at.is_not(None))
    .order_by(Conversation.id)
    .limit(1)
)


def hold_conversation(conversation: Conversation, staff_id: int | None) -> bool:
    """Place a hold, and return whether there was none.

    Args:
        conversation: the conversation, locked.
        staff_id: the member who places it, None for the command line.
    """
    if conversation.held_at is not None:
        return False
    conversation.held_at, conversation.held_by = now(), staff_id
    return True


def release_conversation(conversation: Conversation) -> datetime | None:
    """Release a hold, and return when it was placed; None if there was none."""
    since = conversation.held_at
    conversation.held_at = conversation.held_by = None
    return since


def inherit_hold(session: Session, conversation: Conversation, indexes: Sequence[str]) -> None:
    """Hold a new conversation if another one of the practice's with the same number or address is held.

    Args:
        session: an open write transaction.
        conversation: the conversation, before it is added.
        indexes: the blind indexes that its address may have.
    """
    held = session.execute(_HELD, {"practice": conversation.practice, "indexes": indexes}).one_or_none()
    if held is not None:
        conversation.held_at, conversation.held_by = held


def held_numbers(session: Session, practice: str) -> frozenset[str]:
    """Return the blind indexes of the numbers and addresses of a practice's held conversations."""
    held = select(Conversation.patient_index, Conversation.contact_phone).where(
        Conversation.practice == practice, Conversation.held_at.is_not(None)
    )
    found: set[str] = set()
    for index, number in session.execute(held):
        found |= {index} if index else set()
        found |= set(keyring().indexes(number)) if number else set()
    return frozenset(found)


def is_held_caller(caller: str | None, held: Set[str]) -> bool:
    """Return whether a caller has one of the held numbers."""
    return caller is not None and bool(held) and not held.isdisjoint(keyring().indexes(caller))
