"""What conversations are about, and their language, as conditions on the list: what their rows say."""

from __future__ import annotations

from sqlalchemy import ColumnElement, and_, func, or_, select

from inbox.models import Classification, Conversation, Decision, Message, Review
from intake.vocabulary import ANSWERS, GUESS_SHOWN_FROM, INTENTS, Route


def is_about(topic: str) -> ColumnElement[bool]:
    """Return the condition that a conversation is about a topic.

    Args:
        topic: one of `staff.conversations.filters.FILTERED_TOPICS`.
    """
    if topic == Route.REVIEW:
        return _leads(_is_unsure())
    if topic == Route.ACKNOWLEDGEMENT:
        return and_(Conversation.priority.is_(None), _leads(Decision.route == Route.ACKNOWLEDGEMENT))
    return Conversation.intent == topic


def is_written_in(language: str) -> ColumnElement[bool]:
    """Return the condition that a patient wrote last in a language, as far as Intake can tell."""
    last = Classification.message_id == Conversation.last_message_id
    return select(Classification.id).where(last, Classification.language == language).exists()


def _leads(*conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    """Return the condition that a message for which others hold is the one that its row is about.

    That is the last one, or if nobody has answered it, one as pressing as the conversation.
    """
    is_last = and_(Conversation.priority.is_(None), Message.id == Conversation.last_message_id)
    is_pressing = and_(Message.received_at >= Conversation.waiting_since, Decision.priority == Conversation.priority)
    return (
        select(Message.id)
        .join(Decision, Decision.message_id == Message.id)
        .outerjoin(Classification, Classification.message_id == Message.id)
        .outerjoin(Review, Review.message_id == Message.id)
        .where(
            Message.conversation_id == Conversation.id, or_(is_last, is_pressing), Review.label.is_(None), *conditions
        )
        .exists()
    )


def _is_unsure() -> ColumnElement[bool]:
    """Return the condition that Intake does not trust its guess of what a message is about; see `row_words.topic`."""
    is_answered = func.coalesce(Decision.reply, "").in_(ANSWERS)
    is_weak = and_(
        Decision.route.in_(INTENTS),
        Classification.confidence < GUESS_SHOWN_FROM,
        Classification.intent == Conversation.intent,
        ~is_answered,
    )
    return or_(Decision.route == Route.REVIEW, is_weak)
