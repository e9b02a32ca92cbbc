"""A practice's messages and answers, written as they would have been left by the service."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from sqlalchemy.orm import Session

from inbox.models import Classification, Conversation, Decision, Delivery, DeliveryState, Message
from intake.practices import Practice
from intake.vocabulary import Channel, Medium, Priority

_numbers = count(1)


def practice_in(zone: str = "America/New_York", **changes: Any) -> Practice:
    """Return a practice that is open from 8:30 to 17:00 on weekdays."""
    hours = {day: ["08:30-17:00"] for day in ("mon", "tue", "wed", "thu", "fri")}
    values = {"slug": "demo", "name": "Maple", "phone": "+12025550100", "phone_numbers": ["+15005550006"]}
    return Practice.model_validate({**values, "time_zone": zone, "hours": hours, **changes})


def at(text: str) -> datetime:
    """Return a moment in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def add_conversation(
    session: Session, practice: str = "demo", channel: str = Channel.SMS, **changes: Any
) -> Conversation:
    """Add a conversation without messages."""
    conversation = Conversation(practice=practice, channel=channel, patient_name="Robin Fictional", **changes)
    session.add(conversation)
    session.flush()
    return conversation


def add_message(
    session: Session,
    received_at: datetime,
    conversation: Conversation | None = None,
    *,
    practice: str = "demo",
    route: str | None = "complaint",
    intent: str | None = "complaint",
    priority: str | None = Priority.NORMAL,
    **changes: Any,
) -> Message:
    """Add a message, with what the worker found and decided unless it has no route yet."""
    message = Message(
        conversation=conversation or add_conversation(session, practice),
        provider="test",
        provider_id=f"SM{next(_numbers)}",
        received_on="+15005550006",
        text="Words of a patient",
        received_at=received_at,
        **changes,
    )
    session.add(message)
    session.flush()
    if route is not None:
        session.add(Decision(message_id=message.id, route=route, team="front_desk", priority=priority, why="test"))
    if route is not None and intent is not None:
        found = {"triage": "routine", "language": "en", "disposition": "route", "probabilities": {}}
        session.add(Classification(message_id=message.id, model_version="test", intent=intent, confidence=0.9, **found))
    session.flush()
    return message


def add_answer(
    session: Session,
    message: Message,
    after: timedelta,
    *,
    staff_id: int | None = None,
    state: DeliveryState = DeliveryState.DELIVERED,
    reply: str = "complaint",
    scheduled_for: datetime | None = None,
) -> None:
    """Add an answer after a message: an automatic one, or one that a member wrote, perhaps for later."""
    session.add(
        Delivery(
            conversation_id=message.conversation_id,
            message_id=None if staff_id else message.id,
            reply="staff" if staff_id else reply,
            medium=Medium.SMS,
            sender="+15005550006",
            scheduled_for=scheduled_for,
            body="Words to a patient",
            state=state,
            staff_id=staff_id,
            created_at=message.received_at + after,
        )
    )
    session.flush()
