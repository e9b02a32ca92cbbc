"""Ask how earlier messages of a conversation were decided on."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Select, bindparam, select

from inbox.models import Decision, Message


def any_decided(*conditions: ColumnElement[bool]) -> Select[Any]:
    """Return the statement that finds an earlier message of a conversation whose decision meets conditions.

    Its values are `conversation`, the `message` before which, and `since` when it was received. Build it once, as that
    takes longer than running it.
    """
    return (
        select(Message.id)
        .join(Decision, Decision.message_id == Message.id)
        .where(
            Message.conversation_id == bindparam("conversation"),
            Message.id < bindparam("message"),
            Message.received_at > bindparam("since", type_=Message.received_at.type),
            *conditions,
        )
        .limit(1)
    )
