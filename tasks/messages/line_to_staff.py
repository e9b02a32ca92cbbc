"""One line to staff who write to where patients write, so that nobody takes an alarm for acknowledged."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from inbox.models import Delivery, Message
from intake.vocabulary import FROM_STAFF, TO_STAFF, Medium
from tasks.delivery.outbox import add_delivery
from tasks.queues.queue import AfterCommit
from tasks.routing.facts import reply_ages_of

EVERY = timedelta(days=1)
LINE = (
    "Nobody reads this as an acknowledgment: an alarm goes on until somebody opens the link in its notice and"
    " acknowledges it. What you wrote is in the inbox. If this is an emergency, call 911."
)


def tell_staff(session: Session, message: Message, moment: datetime) -> AfterCommit:
    """Add the line to the outbox if staff wrote a message, at most once a day to the same address.

    Args:
        session: an open write transaction.
        message: the message.
        moment: the current time, aware.
    """
    conversation = message.conversation
    if message.doubt not in FROM_STAFF or conversation.patient_address is None:
        return AfterCommit()
    age = reply_ages_of(session, conversation, moment).get(TO_STAFF)
    if age is not None and age < EVERY:
        return AfterCommit()
    line = Delivery(
        conversation_id=conversation.id,
        message_id=message.id,
        reply=TO_STAFF,
        medium=Medium.EMAIL,
        sender=message.received_on,
        body=LINE,
    )
    return add_delivery(session, line)
