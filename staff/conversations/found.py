"""What was found in the messages of a conversation: marks, the insurance card, and what a record could take."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from classifier.contact.no_calls import asks_no_calls
from classifier.entities.entity import Entity
from classifier.entities.rules import find_by_rules
from classifier.insurance import InsuranceRecord, assemble_record
from classifier.insurance.assemble import stated_question
from classifier.insurance.normalize import normal_birth_date
from classifier.senders import find_senders
from inbox.contact.unsafe_contact import Flags, read_flags
from inbox.models import Conversation, Message, Patient
from inbox.patients.book import addresses_of, patients_of_conversation
from inbox.patients.found_entities import stored_entities
from intake.channels import traits_of
from intake.practices import Practice
from intake.vocabulary import Channel, EntityKind
from staff import display
from staff.conversations.earlier_writers import EarlierWriter, read_writers
from staff.conversations.insurance_card import InsuranceCard, InsuranceSource, build_card
from staff.conversations.known_addresses import KnownAddresses
from staff.conversations.marking import TextPart, split_text
from staff.conversations.offers import REACHING, Offer, Said, find_offers, leave_new
from staff.conversations.quoted_mail import find_quoted, is_quoted, signature_in
from web.row_ids import read_row_id

SEARCHED = 100
NOT_SAFE, NO_CALLS = "Not safe to contact", "The message asks for no calls or texts"
_SIGNATURE = "s"
_OF_BILLS = frozenset(
    (EntityKind.CARRIER, EntityKind.PLAN, EntityKind.MEMBER_ID, EntityKind.GROUP_NUMBER, EntityKind.CLAIM_NUMBER,
     EntityKind.AMOUNT, EntityKind.CPT, EntityKind.PHONE)
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Text:
    """A message as the thread shows it, and what an email holds beside its sender's words."""

    message: int
    shown_at: str
    text: str = field(repr=False)
    trimmed: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class FoundProposal:
    """What could be added.

    Attributes:
        offer: the value.
        records: the records that could take it.
        writer: who has written from this number or address before, in another conversation.
        warning: why not to contact the patient there, in display words; empty if nothing speaks against it.
    """

    offer: Offer
    records: Sequence[Patient] = field(repr=False)
    writer: EarlierWriter | None = None
    warning: str = ""

    def asks_whose(self, record: Patient) -> bool:
        """Return whether staff have to say whose a number is before a record takes it."""
        return self.writer is not None and record.id not in self.writer.linked_to


@dataclass(frozen=True, slots=True)
class Proposals:
    """Everything that could be added, and whether the conversation belongs to a record."""

    all: Sequence[FoundProposal] = ()
    has_record: bool = False


@dataclass(frozen=True, slots=True)
class FoundValues:
    """What was found in some messages.

    Attributes:
        marks: the texts in which something is marked, in parts, by message ID.
        card: the insurance card, if there is anything to put on it.
        offered: what could be added.
        given: every number, address, name, and birth date that the sender says is theirs, known or not.
        unread: the IDs of the messages in which nobody has looked yet.
    """

    marks: dict[int, list[TextPart]] = field(repr=False)
    card: InsuranceCard | None
    offered: Proposals
    given: Sequence[Offer] = field(repr=False)
    unread: Sequence[int]


def read_found(
    session: Session,
    conversation: Conversation,
    practice: Practice,
    texts: Iterable[Text],
    records: Sequence[Patient],
    addresses: KnownAddresses,
    flags: Flags,
    *,
    is_marked: bool,
    may_add: bool,
) -> FoundValues:
    """Return what was found in messages of a conversation.

    Args:
        session: an open transaction.
        conversation: the conversation.
        practice: its practice.
        texts: the messages.
        records: the records that the conversation belongs to.
        addresses: the numbers and addresses on these.
        flags: where contact is not safe at the practice.
        is_marked: whether their texts are to be marked.
        may_add: whether the member may add what was found to a record.
    """
    newest = sorted(texts, key=lambda text: -text.message)
    found = stored_entities(session, [text.message for text in newest])
    newest_first = [_interpret(text, found[text.message]) for text in newest if found.get(text.message)]
    offers = _offers_in(conversation, newest, found) if may_add else []
    had = {record.id: addresses.values_of(record.id) for record in records}
    return FoundValues(
        marks={said.message: split_text(said.text, said.entities) for said in newest_first if is_marked},
        card=build_card(_source_of(said) for said in newest_first),
        offered=_propose(session, conversation, practice, offers, records, had, flags) if offers else Proposals(),
        given=offers,
        unread=[text.message for text in reversed(newest) if text.message not in found],
    )


def read_offered(session: Session, conversation: Conversation, practice: Practice) -> Proposals:
    """Return what the newest messages of a conversation offer."""
    newest = select(Message.id).where(Message.conversation_id == conversation.id).order_by(Message.id.desc())
    ids = session.scalars(newest.limit(SEARCHED)).all()
    offers = _read_offers(session, conversation, practice, ids)
    records = patients_of_conversation(session, conversation)
    had = addresses_of(session, [record.id for record in records])
    return _propose(session, conversation, practice, offers, records, had, read_flags(session, practice.slug))


def find_offer(session: Session, conversation: Conversation, practice: Practice, key: str) -> Offer | None:
    """Return what a form's key stands for; None if the conversation holds no such value, or no longer."""
    message_id = read_row_id(key.partition(".")[0])
    if message_id is None:
        return None
    offers = _read_offers(session, conversation, practice, [message_id])
    return next((offer for offer in offers if offer.key == key), None)


def _read_offers(
    session: Session, conversation: Conversation, practice: Practice, message_ids: Sequence[int]
) -> list[Offer]:
    """Return what some messages of a conversation offer."""
    found = stored_entities(session, message_ids)
    query = select(Message).where(Message.conversation_id == conversation.id, Message.id.in_(found))
    texts = [
        Text(message.id, display.clock(message.received_at, practice.time_zone), message.text, message.trimmed or "")
        for message in session.scalars(query.order_by(Message.id.desc()))
    ]
    return _offers_in(conversation, texts, found)


def _offers_in(conversation: Conversation, texts: Iterable[Text], found: Mapping[int, Sequence[Entity]]) -> list[Offer]:
    """Return what messages offer, the newest first; those in which nobody has looked yet offer nothing."""
    if traits_of(conversation.channel).has_fields:
        return []
    is_mail = conversation.channel == Channel.EMAIL
    said = (_own_parts(text, found[text.message], is_mail=is_mail) for text in texts if text.message in found)
    return find_offers(part for parts in said for part in parts)


def _own_parts(text: Text, entities: Sequence[Entity], *, is_mail: bool) -> list[Said]:
    """Return what a patient says of themselves: a message, or an email without what it quotes, and its signature."""
    avoids_phone = asks_no_calls(text.text)
    if not is_mail:
        return [replace(_interpret(text, entities), asks_no_calls=avoids_phone)] if entities else []
    if find_senders(text.text, entities) is None:
        return []
    quoted = find_quoted(text.text)
    own = [entity for entity in entities if not is_quoted(entity.start, quoted)]
    signature = signature_in(text.trimmed)
    numbers = [entity for entity in find_by_rules(signature) if entity.kind is EntityKind.PHONE] if signature else []
    signed = Said(text.message, text.shown_at, signature, numbers, InsuranceRecord(), part=_SIGNATURE)
    parts = [*([_interpret(text, own)] if own else []), *([signed] if numbers else [])]
    return [replace(part, is_mail=True, asks_no_calls=avoids_phone) for part in parts]


def _interpret(text: Text, entities: Sequence[Entity]) -> Said:
    return Said(text.message, text.shown_at, text.text, entities, _record_of(text.text, entities))


def _record_of(text: str, entities: Sequence[Entity]) -> InsuranceRecord:
    """Return what a message says about an insurance; most say nothing, and need not be searched for it."""
    is_about = any(entity.kind in _OF_BILLS for entity in entities)
    return assemble_record(text, entities) if is_about else InsuranceRecord()


def _source_of(said: Said) -> InsuranceSource:
    """Return what a message says for the card."""
    if not said.record.values():
        return InsuranceSource(said.message, said.shown_at, said.record)
    of_holders = {value.start for value in said.record.subscriber_dob if value is not None}
    dates = (
        normal_birth_date(said.text[entity.start : entity.end])
        for entity in said.entities
        if entity.kind is EntityKind.DOB and entity.start not in of_holders
    )
    question = stated_question(said.text, said.entities, said.record)
    return InsuranceSource(said.message, said.shown_at, said.record, [date for date in dates if date], question)


def _propose(
    session: Session,
    conversation: Conversation,
    practice: Practice,
    offers: Sequence[Offer],
    records: Sequence[Patient],
    had: Mapping[int, Collection[str]],
    flags: Flags,
) -> Proposals:
    """Leave out what is known already, and the practice's own numbers.

    A record takes what it lacks. Without one, what the conversation has is left out: a new record is offered that
    anyway. A name can name the conversation or a new record, so it is of no use where there are both.
    """
    if conversation.patient_name and records:
        offers = [offer for offer in offers if offer.kind is not EntityKind.NAME]
    known = [practice.phone, *practice.all_numbers, *practice.mail_addresses, conversation.patient_name]
    known += [record.name for record in records]
    if not records:
        known += [conversation.patient_address, conversation.contact_phone, conversation.contact_email]
    lacking = {
        offer.key: [
            record
            for record in records
            if (record.birth_date is None if offer.kind is EntityKind.DOB else offer.value not in had[record.id])
        ]
        for offer in offers
        if offer.kind is not EntityKind.NAME
    }
    useful = (offer for offer in offers if not records or lacking.get(offer.key, True))
    new = leave_new(useful, known)
    reaching = {offer.value for offer in new if offer.kind in REACHING}
    unsafe = flags.among(reaching)
    writers = read_writers(session, practice.slug, practice.time_zone, reaching, besides=[conversation.id])
    return Proposals(
        [
            FoundProposal(offer, lacking.get(offer.key, ()), writers.get(offer.value), _warn_of(offer, unsafe))
            for offer in new
        ],
        bool(records),
    )


def _warn_of(offer: Offer, unsafe: Collection[str]) -> str:
    """Return why not to contact the patient at an offered number or address; empty if nothing speaks against it."""
    if offer.value in unsafe:
        return NOT_SAFE
    return NO_CALLS if offer.said.asks_no_calls and offer.kind is EntityKind.PHONE else ""
