"""Numbers and addresses of patients who can't be called, as they said: they are written to.

The mark is on each conversation of the number or address with the practice, whatever the channel, and on new ones from
their beginning. What is written where nothing proves the sender marks that conversation alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from inbox.models import Conversation
from inbox.models.column_types import keyring
from inbox.patients.conversations import conversations_of, named_conversations
from intake.channels import PROVEN

_MARKED = (
    select(Conversation.text_only_since)
    .where(named_conversations(), Conversation.text_only_since.is_not(None), Conversation.channel.in_(PROVEN))
    .order_by(Conversation.id)
    .limit(1)
)


def keep_text_only(session: Session, conversation: Conversation, moment: datetime, *, alone: bool) -> bool:
    """Mark a patient as one who can't be called, and return whether they were not.

    Args:
        session: an open write transaction that holds the conversation's lock.
        conversation: one of the conversations.
        moment: when they said so, aware.
        alone: whether nothing proves who says so, so that it holds for this conversation alone.
    """
    if conversation.text_only_since is not None:
        return False
    if conversation.patient_address and not alone:
        session.execute(
            update(Conversation)
            .where(conversations_of(conversation.practice, conversation.patient_address))
            .values(text_only_since=moment)
            .execution_options(synchronize_session=False)
        )
    conversation.text_only_since = moment
    return True


def is_text_only(session: Session, practice: str, address: str) -> bool:
    """Return whether the patient of a number or address can't be called, as they said from there."""
    values = {"practice": practice, "indexes": keyring().indexes(address)}
    return session.scalar(_MARKED, values) is not None


def clear_text_only(session: Session, practice: str, address: str) -> bool:
    """Take the mark of a number or address away, and return whether there was one.

    Args:
        session: an open write transaction.
        practice: the practice.
        address: the number or email address.
    """
    cleared = session.scalars(
        update(Conversation)
        .where(conversations_of(practice, address), Conversation.text_only_since.is_not(None))
        .values(text_only_since=None)
        .returning(Conversation.id)
        .execution_options(synchronize_session=False)
    )
    return bool(cleared.all())


def inherit_text_only(session: Session, conversation: Conversation, indexes: Sequence[str]) -> None:
    """Mark a new conversation if another one of the practice's with the same number or address is marked.

    Args:
        session: an open write transaction.
        conversation: the conversation, before it is added.
        indexes: the blind indexes that its address may have.
    """
    values = {"practice": conversation.practice, "indexes": indexes}
    conversation.text_only_since = session.scalar(_MARKED, values)
