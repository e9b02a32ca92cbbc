"""Which part of a thread to show, so that what a search found is in it."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from inbox.models import Delivery, Message
from staff.conversations.conversation_queries import MESSAGES_SHOWN
from web.row_ids import read_row_id


def find_part(session: Session, conversation_id: int, key: str) -> int | None:
    """Return where the part of a thread ends that has a message or reply in its midst; None if the newest part has it.

    Args:
        session: an open transaction.
        conversation_id: the conversation.
        key: what the page calls the message or reply, such as `message-12`.
    """
    kind, _, number = key.partition("-")
    row_id = read_row_id(number)
    if row_id is None:
        return None
    if kind == "message":
        at = select(Message.received_at).where(Message.id == row_id, Message.conversation_id == conversation_id)
    else:
        at = select(Delivery.created_at).where(Delivery.id == row_id, Delivery.conversation_id == conversation_id)
    later = select(Message.id).where(
        Message.conversation_id == conversation_id, Message.received_at > at.scalar_subquery()
    )
    return session.scalar(later.order_by(Message.id).offset(MESSAGES_SHOWN // 2).limit(1))
