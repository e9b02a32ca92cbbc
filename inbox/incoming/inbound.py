"""Storing incoming messages: in one transaction, and once per provider id, even for concurrent copies."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from sqlalchemy import bindparam, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, defer

from inbox.attachments.file_store import FileStore
from inbox.attachments.rows import Kept, add_attachments, keep_sent
from inbox.contact.consent import is_opted_out, number_of, parse_keyword, record_consent
from inbox.contact.opt_out_wording import OptOutWish, may_be_cry, read_opt_out
from inbox.contact.text_only import inherit_text_only
from inbox.contact.unsafe_contact import read_flag
from inbox.conversations import state as conversation_state
from inbox.conversations.legal_hold import inherit_hold
from inbox.incoming.chat import next_entry
from inbox.models import Conversation, Keyword, Message, Refusal, TextConsent, now
from inbox.models.column_types import keyring
from inbox.patients.conversations import named_conversations
from inbox.storage.database import Database
from inbox.storage.key_registry import lacks_keys
from intake.channels import is_vouched, traits_of
from intake.vocabulary import Channel, SenderDoubt, TriageLevel

_NOTHING: Mapping[int, Kept] = MappingProxyType({})
# Built once, as building a statement takes longer than running it.
_KNOWN = (
    select(Message.id, Conversation.id, Conversation.practice, Conversation.channel, Message.entry)
    .join(Message.conversation)
    .where(Message.provider == bindparam("provider"), Message.provider_id == bindparam("provider_id"))
)
_FIRST_ON_CHANNEL = (
    select(Conversation)
    .where(named_conversations(), Conversation.channel == bindparam("channel"))
    .order_by(Conversation.id)
    .limit(1)
    .with_for_update(key_share=True)  # what others change meanwhile must not be undone
    # not read, as this process may lack the key that one of them was written with
    .options(
        *(
            defer(column)
            for column in (
                Conversation.patient_address,
                Conversation.patient_name,
                Conversation.contact_phone,
                Conversation.contact_email,
            )
        )
    )
)
_SNOOZED = (
    select(Conversation.id)
    .where(
        named_conversations(),
        Conversation.id != bindparam("conversation"),
        Conversation.snoozed_until > bindparam("moment", type_=Conversation.snoozed_until.type),
    )
    .with_for_update(skip_locked=True)
)
Admission = Callable[[Session], None]


@dataclass(frozen=True, slots=True)
class Media:
    """A picture or file that came with a message: at `url`, where the provider keeps it, or with its `contents`.

    Attributes:
        url: where to fetch it, empty if it came with the message.
        content_type: what the sender says it is.
        name: what the sender calls it.
        contents: what came; None if it is to be fetched, or was not taken.
        refusal: why it was not taken.
    """

    url: str
    content_type: str
    name: str | None = field(default=None, repr=False)
    contents: bytes | None = field(default=None, repr=False)
    refusal: Refusal | None = None


@dataclass(frozen=True, slots=True)
class Contact:
    """Contact details that a patient gave, unverified, and the wording on texts that they agreed to, if any."""

    name: str | None = None
    phone: str | None = None
    email: str | None = None
    text_consent: str | None = None


@dataclass(frozen=True, slots=True)
class InboundMessage:
    """A message from any channel, before it is stored.

    Attributes:
        practice: the slug of the practice.
        channel: the channel it arrived on.
        provider: the provider that delivered it, such as `twilio`.
        provider_id: the provider's unique id for it, by which repeated deliveries are recognized.
        patient_address: the address for replies, in E.164 for a phone; None if the sender hides it.
        received_on: the number or messaging service that received it, and that replies are sent from.
        text: the text, which may be empty.
        media: the pictures and files that came with it, not their contents.
        provider_keyword: the opt-out keyword that the provider recognized and already answered.
        chat_id: the conversation of a chat, which exists before its first message; None for other channels.
        sender_message_id: the sender's id for it, in a chat or an email, used to reply in its thread.
        subject: the subject of an email.
        trimmed: what an email holds beside its sender's words, or a form that can't be used of its fields.
        contact: the contact details that the patient gave.
        doubt: why a message gets no automatic reply, None if it may.
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
    trimmed: str | None = None
    contact: Contact = Contact()
    doubt: SenderDoubt | None = None


@dataclass(frozen=True, slots=True)
class RecordedMessage:
    """A stored message.

    Attributes:
        message_id: its row id.
        conversation_id: the row id of its conversation.
        practice: the slug of the practice.
        channel: the channel it arrived on.
        is_new: whether this call stored it.
        entry: its number in the patient's view of a chat; None for other channels.
    """

    message_id: int
    conversation_id: int
    practice: str
    channel: str
    is_new: bool
    entry: int | None = None

    @classmethod
    def of(cls, message: Message, *, is_new: bool) -> RecordedMessage:
        """Describe a row, inside the transaction that read or wrote it."""
        conversation = message.conversation
        return cls(message.id, conversation.id, conversation.practice, conversation.channel, is_new, message.entry)


def record_message(
    database: Database, inbound: InboundMessage, files: FileStore | None = None, admit: Admission | None = None
) -> RecordedMessage:
    """Store a message, or find it if it is already stored.

    An opt-out takes effect in the same transaction, so nothing sent later can miss it.

    Args:
        database: the database.
        inbound: the message.
        files: where the contents of its files go; without it, they are only named.
        admit: asked of a new message of a chat, before its files are kept and again under the conversation's lock. It
            raises if the chat may not take the message; then nothing is stored.

    Raises:
        sqlalchemy.exc.SQLAlchemyError: the database could not be reached; nothing was stored.
        OSError: its files can't be kept; nothing was stored.
    """
    kept: dict[int, Kept] = {}
    if files is not None and any(item.contents is not None for item in inbound.media):
        with database.read() as session:
            known = _find_known(session, inbound)
            if known is not None:
                return known
            if admit is not None:
                admit(session)
        kept = keep_sent(database, files, inbound.media)
    try:
        return _record_once(database, inbound, kept, admit)
    except IntegrityError:
        # A concurrent copy, or a concurrent first message from the same patient, won. Its row is visible now.
        return _record_once(database, inbound, kept, admit)


def _record_once(
    database: Database, inbound: InboundMessage, kept: Mapping[int, Kept], admit: Admission | None
) -> RecordedMessage:
    with database.write() as session:
        return store_message(session, inbound, kept, admit)


def store_message(
    session: Session, inbound: InboundMessage, kept: Mapping[int, Kept] = _NOTHING, admit: Admission | None = None
) -> RecordedMessage:
    """Store a message, or find it, in an open transaction.

    Args:
        session: the transaction.
        inbound: the message.
        kept: what came with it and is in the file store, by its place in the message's media.
        admit: see `record_message`.

    Raises:
        sqlalchemy.exc.IntegrityError: a concurrent copy won; the caller must retry the transaction.
        StoreAwayError: what was kept can't be taken any more.
    """
    if admit is not None:
        session.execute(select(Conversation.id).where(Conversation.id == inbound.chat_id).with_for_update())
    known = _find_known(session, inbound)
    if known is not None:
        return known
    if admit is not None:
        admit(session)
    conversation = _conversation(session, inbound)
    message = Message(
        conversation=conversation,
        provider=inbound.provider,
        provider_id=inbound.provider_id,
        received_on=inbound.received_on,
        text=inbound.text,
        subject=inbound.subject,
        trimmed=inbound.trimmed,
        media=_list_media(inbound.media),
        sender_message_id=inbound.sender_message_id,
        claimed_name=inbound.contact.name,
        claimed_phone=inbound.contact.phone,
        claimed_email=inbound.contact.email,
        entry=None if inbound.chat_id is None else next_entry(session, inbound.chat_id),
        keyword_answered=inbound.provider_keyword is not None,
        doubt=inbound.doubt,
    )
    if traits_of(inbound.channel).takes_keywords and inbound.patient_address is not None:
        _apply_keyword(session, inbound, inbound.patient_address, message)
    elif read_opt_out(inbound.text) is OptOutWish.CLEAR and not lacks_keys(session):
        _apply_wish(session, inbound, message)
    conversation_state.note_message(conversation)
    session.add(message)
    session.flush()
    conversation.last_message_id = message.id
    if inbound.patient_address is not None:
        _wake_siblings(session, conversation, inbound.patient_address)
    add_attachments(session, message.id, inbound.media, kept)
    if inbound.contact.phone and inbound.contact.text_consent:
        session.add(TextConsent(conversation_id=conversation.id, wording=inbound.contact.text_consent))
    return RecordedMessage.of(message, is_new=True)


def find_known_id(database: Database, provider: str, ids: Sequence[str]) -> str:
    """Return which of the ids that a message may have is stored, the first if none is."""
    with database.read() as session:
        query = select(Message.provider_id).where(Message.provider == provider, Message.provider_id.in_(ids))
        return session.scalar(query.limit(1)) or ids[0]


def _find_known(session: Session, inbound: InboundMessage) -> RecordedMessage | None:
    """Return a message that is stored already, without reading its text, whose key this process may lack."""
    row = session.execute(_KNOWN, {"provider": inbound.provider, "provider_id": inbound.provider_id}).first()
    if row is None:
        return None
    message_id, conversation_id, practice, channel, entry = row
    return RecordedMessage(message_id, conversation_id, practice, channel, is_new=False, entry=entry)


def _conversation(session: Session, inbound: InboundMessage) -> Conversation:
    if inbound.chat_id is not None:
        return session.get_one(
            Conversation, inbound.chat_id, with_for_update={"key_share": True}, populate_existing=True
        )
    contact = inbound.contact
    if inbound.patient_address is None:
        # two messages from hidden numbers may come from different patients
        return Conversation(
            practice=inbound.practice,
            channel=inbound.channel,
            patient_name=contact.name,
            contact_phone=contact.phone,
            contact_email=contact.email,
        )
    indexes = keyring().indexes(inbound.patient_address)
    known = {"practice": inbound.practice, "indexes": indexes, "channel": inbound.channel}
    if (found := session.scalars(_FIRST_ON_CHANNEL, known).first()) is not None:
        return found
    flag = read_flag(session, inbound.practice, inbound.patient_address, named=not lacks_keys(session))
    begun = Conversation(
        practice=inbound.practice,
        channel=inbound.channel,
        patient_address=inbound.patient_address,
        patient_index=indexes[0],
        # the other details stay with the message: anyone can give a patient's address, and a number of their own
        patient_name=contact.name,
        unsafe_since=flag and flag.since,
        unsafe_by=flag and flag.by,
    )
    inherit_hold(session, begun, indexes)
    inherit_text_only(session, begun, indexes)
    return begun


def _wake_siblings(session: Session, conversation: Conversation, address: str) -> None:
    """End the snooze of the patient's other conversations: it was to last until its time, or until the patient writes.

    Those that somebody changes just now are left to them, so that two messages never wait for each other.
    """
    moment = now()
    values = {"practice": conversation.practice, "indexes": keyring().indexes(address)}
    ids = session.scalars(_SNOOZED, {**values, "conversation": conversation.id, "moment": moment}).all()
    if ids:
        awake = {"snoozed_until": None, "listed_at": moment}
        waking = update(Conversation).where(Conversation.id.in_(ids)).values(awake)
        session.execute(waking.execution_options(synchronize_session=False))


def _apply_keyword(session: Session, inbound: InboundMessage, address: str, message: Message) -> None:
    opted_out = is_opted_out(session, inbound.practice, address)
    keyword = inbound.provider_keyword or parse_keyword(inbound.text, opted_out=opted_out)
    if keyword is Keyword.STOP and message.conversation.triage == TriageLevel.EMERGENCY and may_be_cry(inbound.text):
        return  # whoever wrote of an emergency may mean something else, so its danger is looked for
    message.keyword = keyword
    if keyword in (Keyword.STOP, Keyword.START):
        message.keyword_changed_consent = record_consent(
            session, inbound.practice, address, opted_out=keyword is Keyword.STOP
        )


def _apply_wish(session: Session, inbound: InboundMessage, message: Message) -> None:
    """Opt out the number that a chat, a form, or a voicemail is about; without one, a person reads the message."""
    number = inbound.contact.phone or number_of(message.conversation)
    if number is not None:
        is_own = number == inbound.patient_address and is_vouched(inbound.channel, inbound.doubt)
        message.keyword = Keyword.STOP
        message.keyword_changed_consent = record_consent(
            session, inbound.practice, number, opted_out=True, claimed=not is_own
        )


def _list_media(media: tuple[Media, ...]) -> str | None:
    if not media:
        return None
    return json.dumps([{"url": item.url, "content_type": item.content_type} for item in media])
