"""Whether a member has seen what the patient wrote last: an answer to anything older is not one to that."""

from __future__ import annotations

from flask import request
from sqlalchemy import select
from sqlalchemy.orm import Session

from inbox.models import Conversation, ConversationRead
from staff.auth.access import member
from staff.conversations.alarms import count_open_of
from web.row_ids import read_row_id

FIELD = "newest"
UNSEEN = "The patient wrote again before you pressed this. Read the new message, then decide again."
UNSEEN_EMERGENCY = f"EMERGENCY: nobody has acknowledged it. {UNSEEN}"


class UnseenMessageError(Exception):
    """The patient wrote something that the member's page did not show, so nothing was changed."""

    def __init__(self, conversation_id: int, why: str) -> None:
        super().__init__(f"the page showed no newer message of conversation {conversation_id}")
        self.conversation_id = conversation_id
        self.why = why


def last_read(session: Session, conversation_id: int) -> int | None:
    """Return the id of the newest message that the signed-in member has opened, None if they never opened any."""
    own = (ConversationRead.staff_id == member().id, ConversationRead.conversation_id == conversation_id)
    return session.scalar(select(ConversationRead.message_id).where(*own))


def newest_shown(session: Session, conversation_id: int) -> int | None:
    """Return the newest message that the page showed, as its form says; else what the member has opened."""
    claimed = read_row_id(request.form.get(FIELD, ""))
    return last_read(session, conversation_id) if claimed is None else claimed


def why_unseen(session: Session, conversation: Conversation, shown: int | None) -> str:
    """Return what to tell who has not seen the newest message of a locked conversation; empty if they have.

    Args:
        session: an open transaction that holds the conversation's lock.
        conversation: the conversation.
        shown: the newest message that they were shown, None if nothing tells.
    """
    if shown is None or (conversation.last_message_id or 0) <= shown:
        return ""
    return UNSEEN_EMERGENCY if count_open_of(session, conversation.id) else UNSEEN


def require_seen(session: Session, conversation: Conversation, shown: int | None) -> None:
    """Refuse to go on if the patient wrote something that the member's page did not show.

    Raises:
        UnseenMessageError: they have to read it first.
    """
    if why := why_unseen(session, conversation, shown):
        raise UnseenMessageError(conversation.id, why)
