"""What was said before between a practice and an address, by which an email's news is told from what it quotes."""

from __future__ import annotations

from dataclasses import dataclass, field

from sqlalchemy import select

from inbox.models import Conversation, Delivery, Message
from inbox.patients.conversations import conversations_of
from inbox.storage.database import Database

MOST = 100
"""Messages and replies that are looked through, the newest first."""


@dataclass(frozen=True, slots=True)
class EarlierWords:
    """What was written before, oldest or newest first.

    Attributes:
        subjects: those of the patient's emails.
        texts: those of messages, with what emails quoted, and of replies.
    """

    subjects: tuple[str, ...] = field(default=(), repr=False)
    texts: tuple[str, ...] = field(default=(), repr=False)


def find_earlier_words(database: Database, practice: str, address: str) -> EarlierWords:
    """Return what was written in the conversations of an address."""
    theirs = conversations_of(practice, address)
    messages = (
        select(Message.subject, Message.text, Message.trimmed)
        .join(Conversation, Message.conversation_id == Conversation.id)
        .where(theirs)
        .order_by(Message.id.desc())
        .limit(MOST)
    )
    replies = select(Delivery.body).join(Conversation).where(theirs).order_by(Delivery.id.desc()).limit(MOST)
    with database.read() as session:
        rows = session.execute(messages).all()
        bodies = session.scalars(replies).all()
    texts = [text for row in rows for text in (row.text, row.trimmed) if text]
    return EarlierWords(tuple(row.subject for row in rows if row.subject), (*texts, *bodies))
