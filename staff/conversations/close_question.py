"""Conversations whose patient still waits for an answer: closing several at once asks about them first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from sqlalchemy import String, cast, exists, literal, or_, select
from sqlalchemy.orm import Session

from inbox.models import AuditEntry, Conversation, ConversationState, Decision, Delivery, DeliveryState, Message
from staff.conversations.leading_messages import needs_person
from staff.conversations.no_word import CALLED
from tasks.silence import NEVER_REACHED

MOST_NAMED = 5


class CloseChoice(StrEnum):
    """What the member decided about those that nobody answered, as the form names it."""

    LEAVE = "leave"
    CLOSE = "close"


@dataclass(frozen=True, slots=True)
class Named:
    """A conversation that is named with a link to it, and the newest message that the list showed."""

    id: int
    who: str = field(repr=False)
    newest: int | None = None


@dataclass(frozen=True, slots=True)
class CloseQuestion:
    """What is asked before several are closed.

    Attributes:
        chosen: all that would be closed.
        unanswered: those of them that nobody answered.
    """

    chosen: Sequence[Named]
    unanswered: Sequence[Named]

    @property
    def words(self) -> str:
        """How many were not answered, before their names."""
        count, total = len(self.unanswered), len(self.chosen)
        if total == 1:
            return "Nobody has answered"
        if count == total:
            return f"None of these {total} was answered"
        return f"{count} of {total} {'was' if count == 1 else 'were'} never answered"

    @property
    def leaving(self) -> str:
        """The words that close only the others; empty if there are none."""
        answered = len(self.chosen) - len(self.unanswered)
        return {0: "", 1: "Close the answered one"}.get(answered, f"Close the {answered} answered")

    @property
    def closing(self) -> str:
        """The words that close them all."""
        return "Close it anyway" if len(self.chosen) == 1 else f"Close all {len(self.chosen)}"

    @property
    def more(self) -> int:
        """How many were not answered beyond those that are named."""
        return max(0, len(self.unanswered) - MOST_NAMED)


def find_requests(session: Session, conversations: Sequence[Conversation]) -> set[int]:
    """Return which open conversations have a message that needs a person, since which no member wrote or called.

    Thanks and what a common question's answer settled need nobody; what was not handled yet may.

    Args:
        session: an open transaction.
        conversations: the conversations.
    """
    waiting = [row.id for row in conversations if row.state == ConversationState.OPEN and row.waiting_since is not None]
    if not waiting:
        return set()
    written = exists().where(
        Delivery.conversation_id == Conversation.id,
        Delivery.staff_id.is_not(None),
        Delivery.message_id.is_(None),
        Delivery.created_at >= Message.received_at,
        Delivery.state.not_in((*NEVER_REACHED, DeliveryState.HELD)),
        or_(Delivery.state != DeliveryState.PENDING, Delivery.scheduled_for.is_(None)),
    )
    called = exists().where(
        AuditEntry.subject == literal("conversation:") + cast(Conversation.id, String),
        AuditEntry.action == CALLED,
        AuditEntry.at >= Message.received_at,
    )
    query = (
        select(Message.conversation_id)
        .join(Conversation, Conversation.id == Message.conversation_id)
        .outerjoin(Decision, Decision.message_id == Message.id)
        .where(
            Conversation.id.in_(waiting),
            Message.received_at >= Conversation.waiting_since,
            or_(Decision.id.is_(None), needs_person()),
            ~written,
            ~called,
        )
    )
    return set(session.scalars(query.distinct()))
