"""Finding everything on record about one patient, by phone number or email address."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from inbox.column_types import keyring
from inbox.models import (
    Conversation,
    Message,
    OptOut,
    Patient,
    PatientAddress,
    PatientConversation,
    PatientMerge,
    Voicemail,
)
from intake import email_address, phone


@dataclass(frozen=True, slots=True)
class PatientRecords:
    """What is on record about a patient.

    Attributes:
        conversations: the conversations from this address.
        named: conversations in which every message gave this address as the sender's, unverified. Where only some did,
            the others may be another patient's.
        linked: other conversations that staff linked to a record of the person, and to nobody else's.
        calls: calls that left no message.
        opt_outs: the opt-outs from texts.
        patients: the records that staff keep of the person, and those that were merged into them.
    """

    conversations: Sequence[Conversation]
    named: Sequence[Conversation]
    calls: Sequence[Voicemail]
    opt_outs: Sequence[OptOut]
    patients: Sequence[Patient] = ()
    linked: Sequence[Conversation] = ()

    @property
    def all_conversations(self) -> list[Conversation]:
        """Every conversation, oldest first."""
        return sorted([*self.conversations, *self.named, *self.linked], key=lambda conversation: conversation.id)

    @property
    def is_empty(self) -> bool:
        """Whether nothing is on record but perhaps an opt-out of an erased patient."""
        known = [opt_out for opt_out in self.opt_outs if opt_out.patient_address is not None]
        return not (self.conversations or self.named or self.linked or self.calls or known or self.patients)


def normalise_address(typed: str) -> str:
    """Return a phone number or email address in the form that is stored.

    Raises:
        IntakeError: it is neither. The message does not repeat it.
    """
    return email_address.normalise(typed.strip()) if "@" in typed else phone.normalise(typed)


def find_records(session: Session, address: str, practices: Sequence[str]) -> PatientRecords:
    """Find what is on record about a patient, and lock it where the transaction may write.

    A record that has the address is found too, and through it what is known by its other addresses, except those that
    another record shares, and the conversations that staff linked to it.

    Addresses that prove who wrote have a blind index. The contact details that a patient typed and the callers who
    left no message have none, so each of them is decrypted and compared.

    Args:
        session: an open transaction.
        address: the normalized address.
        practices: the practices to search.
    """
    having = select(PatientAddress.patient_id).where(
        PatientAddress.practice.in_(practices), PatientAddress.patient_index.in_(keyring().indexes(address))
    )
    patients = _merged_records(session, set(session.scalars(having)))
    return _find(session, patients, frozenset({address, *_own_addresses(session, patients)}), practices)


def find_records_of(session: Session, patient: Patient) -> PatientRecords:
    """Find what is on record with a practice about the patient of one of its records, and lock it, as `find_records`.

    An address that another record shares finds nothing, as it doesn't tell whose a conversation is.
    """
    patients = _merged_records(session, {patient.id})
    return _find(session, patients, frozenset(_own_addresses(session, patients)), [patient.practice])


def _find(
    session: Session, patients: Sequence[Patient], addresses: frozenset[str], practices: Sequence[str]
) -> PatientRecords:
    indexes = [index for value in addresses for index in keyring().indexes(value)]
    of_practices = Conversation.practice.in_(practices)
    indexed = select(Conversation).where(of_practices, Conversation.patient_index.in_(indexes)).with_for_update()
    conversations = session.scalars(indexed.order_by(Conversation.id)).all()
    given = select(Conversation.id, Conversation.contact_phone, Conversation.contact_email).where(
        of_practices, or_(Conversation.contact_phone.is_not(None), Conversation.contact_email.is_not(None))
    )
    of_address = {conversation.id for conversation in conversations}
    named = [row.id for row in session.execute(given) if addresses & {row.contact_phone, row.contact_email}]
    named += _all_claiming(session, addresses, practices)
    linked = set(_own_links(session, patients)) - of_address - set(named)
    missed = select(Voicemail).where(Voicemail.practice.in_(practices), Voicemail.message_id.is_(None))
    opt_outs = select(OptOut).where(OptOut.practice.in_(practices), OptOut.patient_index.in_(indexes))
    return PatientRecords(
        conversations=conversations,
        named=session.scalars(
            select(Conversation).where(Conversation.id.in_(set(named) - of_address)).with_for_update()
        ).all(),
        linked=session.scalars(select(Conversation).where(Conversation.id.in_(linked)).with_for_update()).all(),
        calls=[call for call in session.scalars(missed.with_for_update()) if call.caller in addresses],
        opt_outs=session.scalars(opt_outs.with_for_update()).all(),
        patients=patients,
    )


def _merged_records(session: Session, wanted: set[int]) -> list[Patient]:
    """Return records, locked, with all that were merged into them."""
    while True:
        merged = select(PatientMerge.dropped_id, PatientMerge.kept_id).where(
            PatientMerge.undone_at.is_(None),
            or_(PatientMerge.kept_id.in_(wanted), PatientMerge.dropped_id.in_(wanted)),
        )
        more = {row_id for row in session.execute(merged) for row_id in row} - wanted
        if not more:
            break
        wanted = wanted | more
    query = select(Patient).where(Patient.id.in_(wanted)).order_by(Patient.id)
    return list(session.scalars(query.with_for_update()))


def _own_addresses(session: Session, patients: Sequence[Patient]) -> list[str]:
    """Return the addresses of one person's records that no record of anyone else has."""
    if not is_one_person(patients):
        return []
    ids = [patient.id for patient in patients]
    mine = session.execute(
        select(PatientAddress.practice, PatientAddress.patient_address).where(PatientAddress.patient_id.in_(ids))
    ).all()
    shared = select(PatientAddress.id).where(PatientAddress.patient_id.not_in(ids))
    own = []
    for practice, address in mine:
        same = PatientAddress.practice == practice, PatientAddress.patient_index.in_(keyring().indexes(address))
        if session.scalar(shared.where(*same).limit(1)) is None:
            own.append(address)
    return own


def _own_links(session: Session, patients: Sequence[Patient]) -> list[int]:
    """Return the conversations that staff linked to one person's records and to no record of anyone else."""
    if not is_one_person(patients):
        return []
    ids = [patient.id for patient in patients]
    links, others = PatientConversation.conversation_id, select(PatientConversation.conversation_id)
    shared = others.where(PatientConversation.patient_id.not_in(ids))
    return list(session.scalars(select(links).where(PatientConversation.patient_id.in_(ids), links.not_in(shared))))


def is_one_person(patients: Sequence[Patient]) -> bool:
    """Return whether records are of one person: none of a practice, but those that were merged, is beside another."""
    practices = [patient.practice for patient in patients if patient.merged_into is None]
    return len(practices) == len(set(practices))


def _all_claiming(session: Session, addresses: frozenset[str], practices: Sequence[str]) -> list[int]:
    """Return the conversations of which every message gave one of these addresses."""
    claimed = or_(Message.claimed_phone.is_not(None), Message.claimed_email.is_not(None))
    of_practices = select(Message.conversation_id).join(Message.conversation)
    some = of_practices.where(Conversation.practice.in_(practices), claimed)
    rows = select(Message.conversation_id, Message.claimed_phone, Message.claimed_email)
    claims: dict[int, list[bool]] = {}
    for conversation_id, *given in session.execute(rows.where(Message.conversation_id.in_(some))):
        claims.setdefault(conversation_id, []).append(bool(addresses & set(given)))
    return [conversation_id for conversation_id, found in claims.items() if all(found)]
