"""Which of a patient's messages a row of the inbox is about: the last one, or one that matters more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session, joinedload

from inbox.models import Classification, Conversation, Decision, Message, Review
from intake.vocabulary import Priority, Route, TriageLevel

_LABELS = {TriageLevel.EMERGENCY: Route.URGENT, TriageLevel.SAME_DAY: Route.SAME_DAY}


def last_messages(session: Session, message_ids: Sequence[int | None]) -> dict[int, Message]:
    """Return messages with what was understood and decided, by the conversation's id."""
    query = select(Message).where(Message.id.in_(message_ids))
    found = session.scalars(query.options(joinedload(Message.classification), joinedload(Message.decision)))
    return {message.conversation_id: message for message in found}


def outranking_messages(
    session: Session, conversations: Sequence[Conversation], last: Mapping[int, Message]
) -> dict[int, Message]:
    """Return the unanswered messages that matter more than the last one of their conversation, the newest of each."""
    outranked = [
        conversation.id
        for conversation in conversations
        if conversation.priority is not None
        and (message := last.get(conversation.id))
        and message.decision
        and (message.decision.priority is None or Priority(message.decision.priority) < conversation.priority)
    ]
    if not outranked:
        return {}
    newest = (
        select(func.max(Message.id))
        .join(Decision, Decision.message_id == Message.id)
        .join(Conversation, Conversation.id == Message.conversation_id)
        .where(
            Conversation.id.in_(outranked),
            Decision.priority == Conversation.priority,
            Message.received_at >= Conversation.waiting_since,
        )
        .group_by(Conversation.id)
    )
    return last_messages(session, list(session.scalars(newest)))


def pressing_messages(session: Session, conversations: Sequence[Conversation]) -> dict[int, Message]:
    """Return the unanswered messages that make conversations an emergency, or one for today, the newest of each."""
    pressing = [
        conversation.id
        for conversation in conversations
        if conversation.priority is not None and conversation.triage in _LABELS
    ]
    if not pressing:
        return {}
    labeled = (and_(Conversation.triage == level, Review.label == label) for level, label in _LABELS.items())
    newest = (
        select(func.max(Message.id))
        .join(Conversation, Conversation.id == Message.conversation_id)
        .outerjoin(Classification, Classification.message_id == Message.id)
        .outerjoin(Review, Review.message_id == Message.id)
        .where(
            Conversation.id.in_(pressing),
            Message.received_at >= Conversation.waiting_since,
            or_(Classification.triage == Conversation.triage, *labeled),
        )
        .group_by(Conversation.id)
    )
    return last_messages(session, list(session.scalars(newest)))
