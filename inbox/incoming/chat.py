"""Website chats: opening one, and reading it as the patient sees it.

Messages and replies in a conversation share one sequence of numbers, assigned while its row is locked. A browser that
has read up to a number has therefore missed nothing before it.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Literal

from sqlalchemy import exists, or_, select, update
from sqlalchemy.orm import Session

from inbox.models import (
    Attachment,
    AttachmentKind,
    AttachmentState,
    Conversation,
    Delivery,
    DeliveryState,
    Message,
    Refusal,
    SightingKind,
    StaffMember,
    TextConsent,
    now,
)
from inbox.practices.setup_facts import note_sighting
from inbox.storage.database import Database
from intake.vocabulary import Channel, Language, Medium, Priority

Author = Literal["patient", "robot", "staff"]
# The words themselves are not shown again: whoever has the browser now may not be who left it.
_SENT_BY: dict[str, str] = {
    Medium.SMS: "You had left this chat, so we are sending our answer to your phone by text.",
    Medium.EMAIL: "You had left this chat, so we are sending our answer to your email address.",
}
CHAT_COPIES: dict[Language, str] = {Language.EN: "chat_copy", Language.ES: "chat_copy_es"}
"""How the outbox names the copy of a chat that its visitor asks for by email, in their language."""
_COPY_NOT_SENT = {
    CHAT_COPIES[Language.EN]: "We could not email you a copy of this chat.",
    CHAT_COPIES[Language.ES]: "No pudimos enviarle una copia de este chat por correo.",
}
_TITLES = frozenset({"dr", "mr", "mrs", "ms", "mx", "prof", "rev", "sr", "sra"})
_NOT_SENT = "We have an answer for you and could not send it after you left this chat. Please call us."
_FAILED = (DeliveryState.FAILED, DeliveryState.SUPPRESSED, DeliveryState.NOT_SENT)
SEEN_EVERY = timedelta(seconds=30)


class WithPerson(StrEnum):
    """Whether a person has a chat: it waits for one to answer, or one has taken it over."""

    WAITING = "waiting"
    ANSWERING = "answering"


@dataclass(frozen=True, slots=True)
class ChatConversation:
    """A chat: its row id, its practice's slug, when it began, and whether the patient or staff ended it."""

    id: int
    practice: str
    began_at: datetime
    has_ended: bool


@dataclass(frozen=True, slots=True)
class ChatMark:
    """Whether a chat has files, and what else makes it look different."""

    has_files: bool
    state: tuple[object, ...]

    def looks_like(self, other: ChatMark | None) -> bool:
        """Return whether the chat still looks as it did; one with files may not, as each has a state of its own."""
        return other is not None and self.state == other.state and not self.has_files


@dataclass(frozen=True, slots=True)
class ChatFile:
    """A picture or file of a chat's entry, as the patient sees it.

    Attributes:
        position: its place among those of the entry.
        state: whether it is being checked, kept, refused, or gone.
        kind: what it is, once it is kept.
        reason: why it was refused.
    """

    position: int
    state: AttachmentState
    kind: AttachmentKind | None = None
    reason: Refusal | None = None


FilesByEntry = Mapping[int, tuple[ChatFile, ...]]


@dataclass(frozen=True, slots=True)
class TranscriptEntry:
    """One line of a chat as the patient sees it.

    Attributes:
        number: its number in the conversation, counted from 1 without gaps.
        author: the kind of author.
        text: the text.
        at: when the patient sent it, or when it was shown to the patient.
        sender_message_id: the id that the patient's browser gave it.
        name: the first name of the member who wrote it, empty for any other.
        is_copy: whether it says that a copy of the chat was sent.
    """

    number: int
    author: Author
    text: str = field(repr=False)
    at: datetime
    sender_message_id: str | None = None
    name: str = ""
    is_copy: bool = False


@dataclass(frozen=True, slots=True)
class Transcript:
    """What a browser shows of a chat.

    Attributes:
        entries: the entries after a number.
        working: whether a message is still waiting to be handled.
        person: whether a person has it, None if nobody needs to.
        has_ended: whether the chat has ended.
        files: the pictures and files of all entries, by the entry's number; those of old entries can still change.
    """

    entries: list[TranscriptEntry]
    working: bool
    person: WithPerson | None = None
    has_ended: bool = False
    files: FilesByEntry = field(default_factory=dict)


def open_chat(
    database: Database,
    practice: str,
    name: str | None,
    phone: str | None,
    text_consent: str | None = None,
    site: str | None = None,
    email: str | None = None,
) -> str:
    """Open a chat and return its public id, 32 random hexadecimal digits.

    Args:
        database: the database.
        practice: the practice's slug.
        name: the name that the patient gave.
        phone: the number that the patient gave for callbacks, in E.164; it does not identify the patient.
        text_consent: the wording on texts that the patient agreed to by giving it, if any.
        site: the origin of the site that the chat is on, None on a page of the service itself.
        email: the address that the patient gave, normalized; it does not identify the patient either.
    """
    public_id = secrets.token_hex(16)
    with database.write() as session:
        conversation = Conversation(
            practice=practice,
            channel=Channel.CHAT,
            public_id=public_id,
            patient_name=name,
            contact_phone=phone,
            contact_email=email,
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
    """Return what a browser that has read up to a number does not show yet, oldest first.

    Raises:
        sqlalchemy.exc.SQLAlchemyError: the database could not be reached.
    """
    with database.read() as session:
        entries = read_entries(session, chat_id, after)
        waiting = exists().where(Message.conversation_id == chat_id, Message.handled_at.is_(None))
        working = session.scalar(select(waiting))
        columns = (
            Conversation.chat_ended_at,
            Conversation.staff_took_over_at,
            Conversation.waiting_since,
            Conversation.priority,
        )
        ended, *state = session.execute(select(*columns).where(Conversation.id == chat_id)).one_or_none() or (None,) * 4
        files = read_chat_files(session, chat_id)
    return Transcript(entries, bool(working), who_has_it(*state), ended is not None, files)


def read_mark(database: Database, chat_id: int) -> ChatMark | None:
    """Return a chat's mark, by one query: most open chats are idle. None if it is gone.

    Raises:
        sqlalchemy.exc.SQLAlchemyError: the database could not be reached.
    """
    waiting = exists().where(Message.conversation_id == chat_id, Message.handled_at.is_(None))
    came = exists().where(Attachment.message_id == Message.id, Message.conversation_id == chat_id)
    went = exists().where(Attachment.delivery_id == Delivery.id, Delivery.conversation_id == chat_id)
    columns = (
        or_(came, went),
        waiting,
        Conversation.entries,
        Conversation.chat_ended_at,
        Conversation.staff_took_over_at,
        Conversation.waiting_since,
        Conversation.priority,
    )
    with database.read() as session:
        found = session.execute(select(*columns).where(Conversation.id == chat_id)).one_or_none()
    return found and ChatMark(bool(found[0]), tuple(found[1:]))


def read_entries(session: Session, chat_id: int, after: int = 0) -> list[TranscriptEntry]:
    """Return the entries of a chat after a number, oldest first."""
    messages = session.execute(
        select(Message.entry, Message.text, Message.received_at, Message.sender_message_id).where(
            Message.conversation_id == chat_id, Message.entry > after
        )
    )
    entries = [TranscriptEntry(number or 0, "patient", text, at, key) for number, text, at, key in messages]
    replies = session.execute(
        select(Delivery, StaffMember.name)
        .outerjoin(StaffMember, StaffMember.id == Delivery.staff_id)
        .where(Delivery.conversation_id == chat_id, Delivery.entry > after)
    )
    entries += [
        TranscriptEntry(
            number=delivery.entry or 0,
            author="staff" if delivery.message_id is None else "robot",
            text=_shown_words(delivery),
            at=delivery.updated_at,
            name=first_name(name or ""),
            is_copy=delivery.reply in _COPY_NOT_SENT,
        )
        for delivery, name in replies
    ]
    return sorted(entries, key=lambda entry: entry.number)


def read_chat_files(session: Session, chat_id: int) -> FilesByEntry:
    """Return the pictures and files of a chat, by the number of their entry."""
    columns = Attachment.position, Attachment.state, Attachment.kind, Attachment.reason
    came = select(Message.entry, *columns).join(Attachment.message).where(Message.conversation_id == chat_id)
    went = select(Delivery.entry, *columns).join(Delivery, Attachment.delivery_id == Delivery.id)
    shown = Delivery.conversation_id == chat_id, Delivery.entry.is_not(None), Delivery.medium == Medium.CHAT
    found: dict[int, tuple[ChatFile, ...]] = {}
    for query in (came, went.where(*shown)):
        for number, position, state, kind, reason in session.execute(query.order_by(Attachment.position)):
            found[number or 0] = (*found.get(number or 0, ()), ChatFile(position, state, kind, reason))
    return found


def find_chat_file(session: Session, chat_id: int, entry: int, position: int) -> Attachment | None:
    """Return a stored picture or file of a chat, by the number of its entry and its place there."""
    stored = Attachment.position == position, Attachment.state == AttachmentState.STORED
    came = select(Attachment).join(Attachment.message).where(Message.conversation_id == chat_id, Message.entry == entry)
    went = select(Attachment).join(Delivery, Attachment.delivery_id == Delivery.id)
    shown = Delivery.conversation_id == chat_id, Delivery.entry == entry, Delivery.medium == Medium.CHAT
    return session.scalar(came.where(*stored)) or session.scalar(went.where(*shown, *stored))


def who_has_it(
    staff_took_over_at: datetime | None, waiting_since: datetime | None, priority: str | None
) -> WithPerson | None:
    """Return whether a person has a chat.

    What only goes into a digest has been answered. Of an emergency nothing is said: nobody should wait in a chat then.
    """
    if staff_took_over_at is not None:
        return WithPerson.ANSWERING
    is_passed_on = priority in (Priority.NORMAL, Priority.HIGH)
    return WithPerson.WAITING if waiting_since is not None and is_passed_on else None


def first_name(name: str) -> str:
    """Return what patients see of a member's name: the first name, or a title and the name after it."""
    first, *rest = name.split() or [""]
    return f"{first} {rest[-1]}" if rest and first.rstrip(".").lower() in _TITLES else first


def member_first_name(database: Database, staff_id: int) -> str:
    """Return what patients see of a member's name, empty if there is no such member."""
    with database.read() as session:
        return first_name(session.scalar(select(StaffMember.name).where(StaffMember.id == staff_id)) or "")


def _shown_words(delivery: Delivery) -> str:
    """Return what a chat shows of a reply: its words, or that it went out in another way."""
    has_failed = delivery.state in _FAILED
    if delivery.reply in _COPY_NOT_SENT:
        return _COPY_NOT_SENT[delivery.reply] if has_failed else delivery.body
    if delivery.medium == Medium.CHAT:
        return delivery.body
    return _NOT_SENT if has_failed else _SENT_BY[delivery.medium]


def note_seen(database: Database, chat_id: int) -> None:
    """Record that the patient's browser asks for news, at most twice a minute; else the chat counts as left."""
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
