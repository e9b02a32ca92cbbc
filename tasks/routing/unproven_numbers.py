"""Counting the automatic texts to numbers that nothing proves, and telling managers when they are too many."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import func, literal, select
from sqlalchemy.orm import Session

from inbox.models import Conversation, Delivery, Message, Notification
from intake import phone
from intake.channels import UNVOUCHED, medium_for, traits_of
from intake.practices import Practice
from intake.vocabulary import Medium, NotificationReason, Priority, Team
from tasks.notification.models import add_notifications
from tasks.routing.text_limits import UnprovenNumber

DAY = timedelta(days=1)


def unproven_number(session: Session, conversation: Conversation, moment: datetime) -> UnprovenNumber | None:
    """Return the number that a reply would be texted to, None if there is none or a text has come from it.

    Args:
        session: an open transaction.
        conversation: the conversation.
        moment: the current time, aware.
    """
    address, traits = conversation.patient_address or "", traits_of(conversation.channel)
    is_text = medium_for(conversation.channel, address) is Medium.SMS and address.startswith("+")
    if traits.proves_address or not is_text:
        return None
    counted = None if traits.vouches_for_sender else _texts_since(session, conversation.practice, moment - DAY)
    return UnprovenNumber(phone.country_of(address), counted)


def tell_of_cap(session: Session, message: Message, practice: Practice, moment: datetime) -> list[Notification]:
    """Notify the managers, once a day, that forms cause no more texts."""
    if capped_practices(session, [practice.slug], moment):
        return []
    return add_notifications(
        session,
        message,
        practice,
        team=Team.MANAGER,
        priority=Priority.HIGH,
        reason=NotificationReason.TEXTS_CAPPED,
    )


def capped_practices(session: Session, practices: Sequence[str], moment: datetime) -> frozenset[str]:
    """Return which of these practices reached the daily limit in the past day."""
    is_capped = Notification.reason == literal(NotificationReason.TEXTS_CAPPED.value, literal_execute=True)
    query = (  # which begins at the few notices, by their own index, and not at a practice's conversations
        select(Conversation.practice)
        .select_from(Notification)
        .join(Message, Notification.message_id == Message.id)
        .join(Conversation, Message.conversation_id == Conversation.id)
        .where(is_capped, Notification.created_at > moment - DAY)
    )
    return frozenset(session.scalars(query.distinct())) & frozenset(practices)


def _texts_since(session: Session, practice: str, since: datetime) -> int:
    """Count the texts that forms caused, sent or not: one to a landline has cost a Lookup."""
    query = (
        select(func.count(Delivery.id))
        .join(Conversation)
        .where(
            Conversation.practice == practice,
            Conversation.channel.in_(UNVOUCHED),
            Delivery.medium == Medium.SMS,
            Delivery.message_id.is_not(None),
            Delivery.emptied_at.is_(None),  # with the next line, the columns of an index
            Delivery.created_at > since,
        )
    )
    return session.scalar(query) or 0
