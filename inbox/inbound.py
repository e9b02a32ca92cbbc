"""Recording what comes in: one transaction, once per provider's id, however often and concurrently it arrives."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from inbox import conversation_state
from inbox.chat import next_entry
from inbox.column_types import keyring
from inbox.consent import is_opted_out, parse_keyword, record_consent
from inbox.database import Database
from inbox.models import Conversation, Keyword, Message
from inbox.patients import conversations_of
from intake.channels import traits_of
from intake.vocabulary import Channel


@dataclass(frozen=True, slots=True)
class Media:
    """A picture or file sent along, where the provider keeps it."""

    url: str
    content_type: str


@dataclass(frozen=True, slots=True)
class Contact:
    """What a patient said of themselves; nothing proves it."""

    name: str | None = None
    phone: str | None = None
    email: str | None = None


@dataclass(frozen=True, slots=True)
class InboundMessage:
    """A message as an edge understood it.

    Attributes:
        practice: slug of the practice it was sent to.
        channel: how it came.
        provider: who brought it, such as `twilio`.
        provider_id: the provider's id of it; unique, so a repeated delivery is the same message.
        patient_address: where an answer goes, in E.164 for a phone; None when the sender hides it.
        received_on: the number or messaging service it came in on, and answers go out from.
        text: as sent; may be empty.
        media: pictures and files, listed only.
        provider_keyword: the opt-out keyword that the provider recognised, and answered itself.
        chat_id: the conversation of a chat, which is opened before its first message; None for every other channel.
        sender_message_id: the id that the sender gave it, to answer in its thread: a chat's or an email's.
        subject: an email's.
        contact: how else the patient can be reached, as they gave it.
    """

    practice: str
    channel: Channel
    provider: str
    provider_id: str
    patient_address: str | None
    received_on: str
    text: str
    media: tuple[Media, ...] = field(default=())
    provider_keyword: Keyword | None = None
    chat_id: int | None = None
    sender_message_id: str | None = None
    subject: str | None = None
    contact: Contact = Contact()


@dataclass(frozen=True, slots=True)
class Recorded:
    """The stored message.

    Attributes:
        message_id: its id.
        conversation_id: of the conversation it is in.
        practice: slug of the practice it was sent to.
        channel: how it came.
        is_new: whether this call stored it.
        entry: its number among what the patient has seen of a chat; None on every other channel.
    """

    message_id: int
    conversation_id: int
    practice: str
    channel: str
    is_new: bool
    entry: int | None = None

    @classmethod
    def of(cls, message: Message, *, is_new: bool) -> Recorded:
        """Describe a stored row, within the transaction that read or wrote it."""
        conversation = message.conversation
        return cls(message.id, conversation.id, conversation.practice, conversation.channel, is_new, message.entry)


def record_message(database: Database, inbound: InboundMessage) -> Recorded:
    """Store a message, or find it when it is there already.

    An opt-out takes effect in the same transaction: nothing that is sent later can miss it.

    Raises:
        sqlalchemy.exc.SQLAlchemyError: the database could not be reached; nothing was stored.
    """
    try:
        return _record_once(database, inbound)
    except IntegrityError:
        # A concurrent copy, or a concurrent first message of the same patient, won; now its row is visible.
        return _record_once(database, inbound)


def _record_once(database: Database, inbound: InboundMessage) -> Recorded:
    with database.write() as session:
        return store_message(session, inbound)


def store_message(session: Session, inbound: InboundMessage) -> Recorded:
    """Store a message, or find it, in a transaction that is open already.

    Raises:
        sqlalchemy.exc.IntegrityError: a concurrent copy won; the transaction is to be tried again.
    """
    known = session.scalar(
        select(Message).where(Message.provider == inbound.provider, Message.provider_id == inbound.provider_id)
    )
    if known is not None:
        return Recorded.of(known, is_new=False)
    conversation = _conversation(session, inbound)
    message = Message(
        conversation=conversation,
        provider=inbound.provider,
        provider_id=inbound.provider_id,
        received_on=inbound.received_on,
        text=inbound.text,
        subject=inbound.subject,
        media=_list_media(inbound.media),
        sender_message_id=inbound.sender_message_id,
        entry=None if inbound.chat_id is None else next_entry(session, inbound.chat_id),
        keyword_answered=inbound.provider_keyword is not None,
    )
    if traits_of(inbound.channel).takes_keywords and inbound.patient_address is not None:
        _apply_keyword(session, inbound, inbound.patient_address, message)
    conversation_state.note_message(conversation)
    session.add(message)
    session.flush()
    conversation.last_message_id = message.id
    return Recorded.of(message, is_new=True)


def _conversation(session: Session, inbound: InboundMessage) -> Conversation:
    if inbound.chat_id is not None:
        return session.get_one(Conversation, inbound.chat_id)
    conversation = _find_or_make(session, inbound)
    conversation.patient_name = inbound.contact.name or conversation.patient_name
    conversation.contact_phone = inbound.contact.phone or conversation.contact_phone
    conversation.contact_email = inbound.contact.email or conversation.contact_email
    return conversation


def _find_or_make(session: Session, inbound: InboundMessage) -> Conversation:
    if inbound.patient_address is None:
        # nobody knows whether two who hide their number are the same patient
        return Conversation(practice=inbound.practice, channel=inbound.channel)
    found = session.scalar(
        select(Conversation).where(
            conversations_of(inbound.practice, inbound.patient_address), Conversation.channel == inbound.channel
        )
    )
    return found or Conversation(
        practice=inbound.practice,
        channel=inbound.channel,
        patient_address=inbound.patient_address,
        patient_index=keyring().index(inbound.patient_address),
    )


def _apply_keyword(session: Session, inbound: InboundMessage, address: str, message: Message) -> None:
    opted_out = is_opted_out(session, inbound.practice, address)
    keyword = inbound.provider_keyword or parse_keyword(inbound.text, opted_out=opted_out)
    message.keyword = keyword
    if keyword in (Keyword.STOP, Keyword.START):
        message.keyword_changed_consent = record_consent(
            session, inbound.practice, address, opted_out=keyword is Keyword.STOP
        )


def _list_media(media: tuple[Media, ...]) -> str | None:
    if not media:
        return None
    return json.dumps([{"url": item.url, "content_type": item.content_type} for item in media])
