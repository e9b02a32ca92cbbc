"""The ways to reach a patient in danger whose phone is not safe: what they gave, and what else is on their record."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from flask import url_for
from sqlalchemy import select
from sqlalchemy.orm import Session

from inbox.contact.unsafe_contact import Flags
from inbox.models import Conversation
from inbox.patients.conversations import addresses_by_index
from intake.practices import Practice
from intake.vocabulary import Channel, EntityKind
from staff import display
from staff.conversations.known_addresses import KnownAddresses
from staff.conversations.offers import REACHING, Offer

GIVEN, ON_RECORD = "they gave it; not verified", "on their record"


@dataclass(frozen=True, slots=True)
class SafeWay:
    """A number or email address that nobody has called unsafe.

    Attributes:
        shown: the number or address, in display words.
        is_number: whether it is a phone number.
        source: where it comes from, in display words.
        link: where one writes or calls.
    """

    shown: str = field(repr=False)
    is_number: bool
    source: str
    link: str = field(repr=False)


def find_safe_ways(
    session: Session,
    conversation: Conversation,
    practice: Practice,
    given: Iterable[Offer],
    known: KnownAddresses,
    flags: Flags,
) -> list[SafeWay]:
    """Return the ways to reach the patient of a conversation elsewhere, email addresses first.

    Args:
        session: an open transaction.
        conversation: the conversation, whose own number or address is not safe.
        practice: its practice.
        given: the numbers and addresses in the patient's messages.
        known: those on their records.
        flags: where contact is not safe at the practice.
    """
    said = [
        offer.value
        for offer in given
        if offer.kind in REACHING and not (offer.kind is EntityKind.PHONE and offer.said.asks_no_calls)
    ]
    sources = dict.fromkeys([*said, *filter(None, (conversation.contact_email, conversation.contact_phone))], GIVEN)
    rows = {entry.value: entry for entries in known.of_records.values() for entry in entries}
    sources |= {value: ON_RECORD for value, entry in rows.items() if not entry.is_shared}
    own = {conversation.patient_address, practice.phone, *practice.all_numbers, *practice.mail_addresses}
    values = [value for value in sources if value not in own and flags.at(value) is None]
    mails = _find_mails(session, practice.slug, [value for value in values if "@" in value])

    def link_to(value: str) -> str:
        if value.startswith("+"):
            return f"tel:{value}"
        if value in mails:
            return f"/staff/conversations/{mails[value]}#reply"
        if (row := rows.get(value)) is not None:
            record = url_for("patient.page", slug=practice.slug, patient_id=row.patient_id, to=row.id)
            return f"{record}#new-message"
        return f"mailto:{value}"

    found = [SafeWay(display.spoken(value), value.startswith("+"), sources[value], link_to(value)) for value in values]
    return sorted(found, key=lambda way: way.is_number)


def _find_mails(session: Session, practice: str, addresses: Sequence[str]) -> dict[str, int]:
    """Return the conversations by email with some addresses."""
    if not addresses:
        return {}
    by_index = addresses_by_index(addresses)
    query = select(Conversation.patient_index, Conversation.id).where(
        Conversation.practice == practice,
        Conversation.channel == Channel.EMAIL,
        Conversation.patient_index.in_(list(by_index)),
    )
    return {by_index[index]: row_id for index, row_id in session.execute(query) if index}
