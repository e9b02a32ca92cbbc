"""The numbers and email addresses on the records of a conversation's patient, and which are not safe to contact."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import Session

from inbox.contact.unsafe_contact import Flags
from inbox.models import Conversation, Patient, PatientAddress
from staff import display


@dataclass(frozen=True, slots=True)
class KnownAddress:
    """A number or email address on a record.

    Attributes:
        id: the row.
        patient_id: the record.
        value: the number or address.
        shown: the same in display words.
        is_number: whether it is a phone number.
        is_unsafe: whether the patient said that contact there is not safe.
        is_shared: whether it is others' as well.
    """

    id: int
    patient_id: int
    value: str = field(repr=False)
    shown: str = field(repr=False)
    is_number: bool
    is_unsafe: bool
    is_shared: bool


@dataclass(frozen=True, slots=True)
class KnownAddresses:
    """What is known of how to reach a patient.

    Attributes:
        of_records: the numbers and addresses on each record.
        unsafe: those not safe to contact, of the records and of the conversation, in display words.
    """

    of_records: Mapping[int, Sequence[KnownAddress]]
    unsafe: frozenset[str] = field(repr=False)

    def values_of(self, patient_id: int) -> set[str]:
        """Return the numbers and addresses on a record."""
        return {known.value for known in self.of_records.get(patient_id, ())}

    def alone_of(self, patient_id: int) -> set[str]:
        """Return those that are on a record and shared with nobody."""
        return {known.value for known in self.of_records.get(patient_id, ()) if not known.is_shared}

    def sharing(self, address: str | None) -> bool:
        """Return whether a record shares an address with others."""
        every = (known for found in self.of_records.values() for known in found)
        return any(known.is_shared and known.value == address for known in every)


def read_known_addresses(
    session: Session, conversation: Conversation, records: Sequence[Patient], flags: Flags
) -> KnownAddresses:
    """Return the numbers and addresses on a conversation's records, and which of all known are not safe to contact.

    Args:
        session: an open transaction.
        conversation: the conversation.
        records: its records that the member may open.
        flags: where contact is not safe at the practice.
    """
    query = select(PatientAddress).where(PatientAddress.patient_id.in_([patient.id for patient in records]))
    rows = session.scalars(query.order_by(PatientAddress.id)).all() if records else []
    given = (conversation.patient_address, conversation.contact_phone, conversation.contact_email)
    every = {row.patient_address for row in rows} | {address for address in given if address}
    unsafe = flags.among(every)
    of_records: dict[int, list[KnownAddress]] = {patient.id: [] for patient in records}
    for row in rows:
        address = row.patient_address
        known = KnownAddress(
            row.id,
            row.patient_id,
            address,
            display.spoken(address),
            row.is_number,
            address in unsafe,
            row.is_shared,
        )
        of_records[row.patient_id].append(known)
    return KnownAddresses(of_records, frozenset(display.spoken(address) for address in unsafe))
