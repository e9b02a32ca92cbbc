"""Website chats: opening one, and reading it as the patient sees it.

Messages and replies in a conversation share one sequence of numbers, assigned while its row is locked. A browser that
has read up to a number has therefore missed nothing before it.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import exists, or_, select, update
from sqlalchemy.orm import Session

from inbox.database import Database
from inbox.models import Conversation, Delivery, DeliveryState, Message, SightingKind, TextConsent, now
from inbox.setup_facts import note_sighting
from intake.vocabulary import Channel, Medium

Author = Literal["patient", "robot", "staff"]
# The words themselves are not shown again: whoever has the browser now may not be who left it.
_SENT_BY: dict[str, str] = {
    Medium.SMS: "You had left this chat, so we are sending our answer to your phone by text.",
    Medium.EMAIL: "You had left this chat, so we are sending our answer to your email address.",
}
_NOT_SENT = "We have an answer for you and could not send it after you left this chat. Please call us."
_FAILED = (DeliveryState.FAILED, DeliveryState.SUPPRESSED, DeliveryState.NOT_SENT)
SEEN_EVERY = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class ChatConversation:
    """A chat: its row id, its practice's slug, when it began, and whether the patient or staff ended it."""

    id: int
    practice: str
    began_at: datetime
    has_ended: bool


@dataclass(frozen=True, slots=True)
class TranscriptEntry:
    """One line of a chat as the patient sees it.

    Attributes:
        number: its number in the conversation, counted from 1 without gaps.
        author: the kind of author.
        text: the text.
        at: when the patient sent it, or when it was shown to the patient.
        sender_message_id: the id that the patient's browser gave it.
    """

    number: int
    author: Author
    text: str = field(repr=False)
    at: datetime
    sender_message_id: str | None = None


@dataclass(frozen=True, slots=True)
class Transcript:
    """The entries after a number, whether a message is still waiting to be handled, and whether the chat has ended."""

    entries: list[TranscriptEntry]
    working: bool
    has_ended: bool = False


def open_chat(
    database: Database,
    practice: str,
    name: str | None,
    phone: str | None,
    text_consent: str | None = None,
    site: str | None = None,
) -> str:
    """Open a chat and return its public id, 32 random hexadecimal digits.

    Args:
        database: the database.
        practice: the practice's slug.
        name: the name that the patient gave.
        phone: the number that the patient gave for callbacks, in E.164; it does not identify the patient.
        text_consent: the wording on texts that the patient agreed to by giving it, if any.
        site: the origin of the site that the chat is on, None on a page of the service itself.
    """
    public_id = secrets.token_hex(16)
    with database.write() as session:
        conversation = Conversation(
            practice=practice,
            channel=Channel.CHAT,
            public_id=public_id,
            patient_name=name,
            contact_phone=phone,
        )
        session.add(conversation)
        if phone and text_consent:
            session.flush()
            session.add(TextConsent(conversation_id=conversation.id, wording=text_consent))
        if site:
            note_sighting(session, practice, SightingKind.CHAT, now(), site)
    return public_id


def find_chat(database: Database, public_id: str) -> ChatConversation | None:
    """Return the chat with a public id, if there is one."""
    with database.read() as session:
        found = session.execute(
            select(
                Conversation.id, Conversation.practice, Conversation.created_at, Conversation.chat_ended_at.is_not(None)
            ).where(Conversation.public_id == public_id)
        ).first()
    return found and ChatConversation(*found)


def is_begun(database: Database, public_id: str) -> bool:
    """Return whether a chat has a message or a reply."""
    with database.read() as session:
        return bool(session.scalar(select(Conversation.entries).where(Conversation.public_id == public_id)))


def end_chat(session: Session, conversation: Conversation) -> bool:
    """Make every token of a chat worthless, and return whether that was new; what was written stays."""
    if conversation.public_id is None or conversation.chat_ended_at is not None:
        return False
    conversation.chat_ended_at = now()
    return True


def read_transcript(database: Database, chat_id: int, after: int) -> Transcript:
    """Return the entries after a number, oldest first.

    Raises:
        sqlalchemy.exc.SQLAlchemyError: the database could not be reached.
    """
    with database.read() as session:
        messages = session.execute(
            select(Message.entry, Message.text, Message.received_at, Message.sender_message_id).where(
                Message.conversation_id == chat_id, Message.entry > after
            )
        )
        entries = [TranscriptEntry(number or 0, "patient", text, at, key) for number, text, at, key in messages]
        replies = session.execute(
            select(
                Delivery.entry,
                Delivery.message_id,
                Delivery.body,
                Delivery.updated_at,
                Delivery.medium,
                Delivery.state,
            ).where(Delivery.conversation_id == chat_id, Delivery.entry > after)
        )
        entries += [
            TranscriptEntry(
                number or 0, "staff" if message_id is None else "robot", _shown_words(body, medium, state), at
            )
            for number, message_id, body, at, medium, state in replies
        ]
        waiting = exists().where(Message.conversation_id == chat_id, Message.handled_at.is_(None))
        working = session.scalar(select(waiting))
        has_ended = session.scalar(select(Conversation.chat_ended_at).where(Conversation.id == chat_id)) is not None
    return Transcript(sorted(entries, key=lambda entry: entry.number), bool(working), has_ended)


def _shown_words(body: str, medium: str, state: str) -> str:
    """Return what a chat shows of a reply: its words, or that it went out in another way."""
    if medium == Medium.CHAT:
        return body
    return _NOT_SENT if state in _FAILED else _SENT_BY[medium]


def note_seen(database: Database, chat_id: int) -> None:
    """Record that the patient's browser asks for news, at most twice a minute; without one, the chat counts as left."""
    moment = now()
    is_old = or_(Conversation.chat_seen_at.is_(None), Conversation.chat_seen_at < moment - SEEN_EVERY)
    with database.read() as session:
        if session.scalar(select(Conversation.id).where(Conversation.id == chat_id, is_old)) is None:
            return
    with database.write() as session:
        session.execute(update(Conversation).where(Conversation.id == chat_id).values(chat_seen_at=moment))


def next_entry(session: Session, chat_id: int) -> int:
    """Return the next number, and keep others from getting one in this conversation until the transaction ends."""
    count = update(Conversation).where(Conversation.id == chat_id).values(entries=Conversation.entries + 1)
    return session.execute(count.returning(Conversation.entries)).scalar_one()
