"""Reading back what a conversation said before a message."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from inbox.models import Message

MOST_READ_BACK = 30
"""How many messages of a conversation are read back at most."""

_SAID_BEFORE = (
    select(Message.text)
    .where(
        Message.conversation_id == bindparam("conversation"),
        Message.id < bindparam("message"),
        Message.received_at > bindparam("since", type_=Message.received_at.type),
    )
    .order_by(Message.id.desc())
    .limit(MOST_READ_BACK)
)


def read_back(session: Session, message: Message, within: timedelta) -> Iterable[str]:
    """Return the texts of the same conversation that came before a message, the newest first.

    Args:
        session: an open transaction.
        message: the message.
        within: how long before it they came at most.
    """
    since = message.received_at - within
    values = {"conversation": message.conversation_id, "message": message.id, "since": since}
    return session.scalars(_SAID_BEFORE, values)
