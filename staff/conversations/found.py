"""What was found in the messages of a conversation: marks, the insurance card, and what a record could take."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import Session

from classifier.entities.entity import Entity
from classifier.insurance import InsuranceRecord, assemble_record
from inbox.found_entities import stored_entities
from inbox.models import Conversation, Message, Patient
from inbox.patient_book import patients_of_conversation
from intake.practices import Practice
from intake.vocabulary import EntityKind
from staff import display
from staff.conversations.insurance_card import InsuranceCard, Source, build_card
from staff.conversations.marking import Part, split_text
from staff.conversations.offers import CHANNELS, Offer, Said, find_offers, leave_new
from web.row_ids import read_row_id

SEARCHED = 100
_OF_BILLS = frozenset(
    (EntityKind.CARRIER, EntityKind.PLAN, EntityKind.MEMBER_ID, EntityKind.GROUP_NUMBER, EntityKind.CLAIM_NUMBER,
     EntityKind.AMOUNT, EntityKind.CPT, EntityKind.PHONE)
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Offered:
    """What could be added, and the records that could take it."""

    offers: Sequence[Offer] = ()
    records: Sequence[Patient] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class Found:
    """What was found in some messages.

    Attributes:
        marks: the texts in which something is marked, in parts, by message ID.
        card: the insurance card, if there is anything to put on it.
        offered: what could be added.
        unread: the IDs of the messages in which nobody has looked yet.
    """

    marks: dict[int, list[Part]] = field(repr=False)
    card: InsuranceCard | None
    offered: Offered
    unread: Sequence[int]


def read_found(
    session: Session,
    conversation: Conversation,
    practice: Practice,
    ids: Sequence[int],
    *,
    is_marked: bool,
    may_add: bool,
) -> Found:
    """Return what was found in messages of a conversation.

    Args:
        session: an open transaction.
        conversation: the conversation.
        practice: its practice.
        ids: the IDs of the messages.
        is_marked: whether their texts are to be marked.
        may_add: whether the member may add what was found to a record.
    """
    found = stored_entities(session, ids)
    newest_first = _read_said(session, conversation, practice, found)
    offers = find_offers(newest_first) if may_add and conversation.channel in CHANNELS else []
    return Found(
        marks={said.message: split_text(said.text, said.entities) for said in newest_first if is_marked},
        card=build_card(Source(said.message, said.shown_at, said.record) for said in newest_first),
        offered=_leave_new(session, conversation, practice, offers) if offers else Offered(),
        unread=[message_id for message_id in ids if message_id not in found],
    )


def read_offered(session: Session, conversation: Conversation, practice: Practice) -> Offered:
    """Return what the newest messages of a conversation offer."""
    if conversation.channel not in CHANNELS:
        return Offered()
    newest = select(Message.id).where(Message.conversation_id == conversation.id).order_by(Message.id.desc())
    ids = session.scalars(newest.limit(SEARCHED)).all()
    offers = find_offers(_read_said(session, conversation, practice, stored_entities(session, ids)))
    return _leave_new(session, conversation, practice, offers)


def find_offer(session: Session, conversation: Conversation, practice: Practice, key: str) -> Offer | None:
    """Return what a form's key stands for; None if the conversation holds no such value, or no longer."""
    message_id = read_row_id(key.partition(".")[0])
    if conversation.channel not in CHANNELS or message_id is None:
        return None
    offers = find_offers(_read_said(session, conversation, practice, stored_entities(session, [message_id])))
    return next((offer for offer in offers if offer.key == key), None)


def _read_said(
    session: Session, conversation: Conversation, practice: Practice, stored: Mapping[int, Sequence[Entity]]
) -> list[Said]:
    """Return the messages in which something was found, the newest first."""
    found = {message_id: entities for message_id, entities in stored.items() if entities}
    query = select(Message).where(Message.conversation_id == conversation.id, Message.id.in_(found))
    return [
        Said(
            message.id,
            display.clock(message.received_at, practice.time_zone),
            message.text,
            found[message.id],
            _record_of(message.text, found[message.id]),
        )
        for message in session.scalars(query.order_by(Message.id.desc()))
    ]


def _record_of(text: str, entities: Sequence[Entity]) -> InsuranceRecord:
    """Return what a message says about an insurance; most say nothing, and need not be searched for it."""
    is_about = any(entity.kind in _OF_BILLS for entity in entities)
    return assemble_record(text, entities) if is_about else InsuranceRecord()


def _leave_new(session: Session, conversation: Conversation, practice: Practice, offers: Sequence[Offer]) -> Offered:
    """Leave out what the conversation or one of its records has already, and the practice's own numbers.

    A name can name the conversation or a new record, so it is of no use where there are both.
    """
    records = patients_of_conversation(session, conversation)
    if conversation.patient_name and records:
        offers = [offer for offer in offers if offer.kind is not EntityKind.NAME]
    known = [
        *(conversation.patient_name, conversation.patient_address),
        *(conversation.contact_phone, conversation.contact_email),
        *(practice.phone, *practice.phone_numbers, practice.email),
        *(address.patient_address for record in records for address in record.addresses),
        *(record.name for record in records),
    ]
    return Offered(leave_new(offers, known), records)
