"""Locking the conversations of replies before the replies, as everyone does who writes to both.

What follows from a reply's new state changes its conversation, which must then be the newest: on PostgreSQL, another
transaction's change to it would else be undone.
"""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from inbox.models import Conversation, Delivery

# In one order, so that two workers never wait for each other; what refers to a conversation may be added meanwhile.
_OF_DELIVERIES = (
    select(Conversation.id)
    .where(
        Conversation.id.in_(select(Delivery.conversation_id).where(Delivery.id.in_(bindparam("ids", expanding=True))))
    )
    .order_by(Conversation.id)
    .with_for_update(key_share=True)
)


def lock_conversations_of(session: Session, delivery_ids: Collection[int]) -> None:
    """Lock the conversations of deliveries until the transaction ends; lock the deliveries afterwards."""
    session.scalars(_OF_DELIVERIES, {"ids": list(delivery_ids)}).all()
