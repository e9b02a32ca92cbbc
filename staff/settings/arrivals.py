"""What has come in on a practice's numbers and email addresses."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from inbox.models import Conversation, ConversationState, Message
from inbox.practices.setup_facts import SIMULATED
from staff.settings.number_rows import NumberTraffic


def read_arrivals(session: Session, practice: str, numbers: Iterable[str]) -> dict[str, NumberTraffic]:
    """Return what has come in from the carrier on these numbers, or on a messaging service."""
    wanted = list(numbers)
    of_practice = select(Message.received_on).join(Conversation).where(Conversation.practice == practice)
    last = (
        of_practice.add_columns(func.max(Message.received_at))
        .where(
            Message.received_on.in_(wanted),
            Message.provider == "twilio",
            Message.provider_id.not_like(f"__{SIMULATED}%"),
        )
        .group_by(Message.received_on)
    )
    open_now = (
        select(Message.received_on, func.count())
        .join(Conversation, Conversation.last_message_id == Message.id)
        .where(
            Conversation.practice == practice,
            Conversation.state != ConversationState.CLOSED,
            Message.received_on.in_(wanted),
        )
        .group_by(Message.received_on)
    )
    times = {row[0]: row[1] for row in session.execute(last)}
    counts = {row[0]: row[1] for row in session.execute(open_now)}
    return {number: NumberTraffic(times.get(number), counts.get(number, 0)) for number in wanted}


def find_unused(session: Session, practice: str, addresses: Iterable[str]) -> frozenset[str]:
    """Return the numbers and email addresses, in lower case, that nothing has come in on in any way."""
    wanted = list(addresses)
    if not wanted:
        return frozenset()
    received_on = func.lower(Message.received_on)
    used = (
        select(received_on)
        .join(Conversation)
        .where(Conversation.practice == practice, received_on.in_(wanted))
        .distinct()
    )
    return frozenset(wanted).difference(session.scalars(used))
