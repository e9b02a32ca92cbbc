"""Finding everything on record about one patient, by phone number or email address.

Addresses that prove who wrote have a blind index. The contact details that a patient typed and the callers who left no
message have none, so each of them is decrypted and compared. That takes long, so `search_records` does it in a reading
transaction, for which nobody waits; `find_records` then locks and looks again at what that found.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, or_, select
from sqlalchemy.orm import Session

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
from inbox.models.column_types import keyring
from inbox.patients.conversations import indexes_of
from intake import email_address, phone

BATCH = 500


@dataclass(frozen=True, slots=True)
class Searched:
    """What a search among the details without an index found.

    Attributes:
        addresses: the addresses that were searched for.
        named: the conversations in which every message gave one of them, or whose contact details have one.
        calls: the calls from one of them that left no message.
    """

    addresses: frozenset[str] = frozenset()
    named: frozenset[int] = frozenset()
    calls: frozenset[int] = frozenset()

    def __or__(self, other: Searched) -> Searched:
        """Return what either of two searches found."""
        return Searched(self.addresses | other.addresses, self.named | other.named, self.calls | other.calls)


NOTHING = Searched()


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


def search_records(session: Session, address: str, practices: Sequence[str]) -> Searched:
    """Search the details without an index, which may take seconds, for what `find_records` then locks.

    Args:
        session: an open transaction, best a reading one.
        address: the normalized address.
        practices: the practices to search.
    """
    _, addresses = _known_as(session, address, practices, lock=False)
    return _search(session, addresses, practices)


def search_records_of(session: Session, patient: Patient) -> Searched:
    """Search the details without an index, as `search_records`, for what `find_records_of` then locks."""
    patients = _merged_records(session, {patient.id}, lock=False)
    return _search(session, frozenset(_own_addresses(session, patients)), [patient.practice])


def find_records(
    session: Session, address: str, practices: Sequence[str], searched: Searched = NOTHING
) -> PatientRecords:
    """Find what is on record about a patient, and lock it where the transaction may write.

    A record that has the address is found too, and through it what is known by its other addresses, except those that
    another record shares, and the conversations that staff linked to it.

    Args:
        session: an open transaction.
        address: the normalized address.
        practices: the practices to search.
        searched: what `search_records` found. An address that it did not look for, such as one that the record has been
            given since, is searched for here. What else has come since is as if it had come afterwards.
    """
    patients, addresses = _known_as(session, address, practices, lock=True)
    return _find(session, patients, addresses, practices, searched)


def find_records_of(session: Session, patient: Patient, searched: Searched = NOTHING) -> PatientRecords:
    """Find what is on record with a practice about the patient of one of its records, and lock it, as `find_records`.

    An address that another record shares finds nothing, as it doesn't tell whose a conversation is.
    """
    patients = _merged_records(session, {patient.id}, lock=True)
    return _find(session, patients, frozenset(_own_addresses(session, patients)), [patient.practice], searched)


def _known_as(
    session: Session, address: str, practices: Sequence[str], *, lock: bool
) -> tuple[list[Patient], frozenset[str]]:
    """Return the records that have an address, and every address that the patient is known by."""
    having = select(PatientAddress.patient_id).where(
        PatientAddress.practice.in_(practices), PatientAddress.patient_index.in_(keyring().indexes(address))
    )
    patients = _merged_records(session, set(session.scalars(having)), lock=lock)
    return patients, frozenset({address, *_own_addresses(session, patients)})


def _find(
    session: Session,
    patients: Sequence[Patient],
    addresses: frozenset[str],
    practices: Sequence[str],
    searched: Searched,
) -> PatientRecords:
    if unsearched := addresses - searched.addresses:
        searched |= _search(session, unsearched, practices)
    indexes = indexes_of(addresses)
    of_practices = Conversation.practice.in_(practices)
    indexed = select(Conversation).where(of_practices, Conversation.patient_index.in_(indexes)).with_for_update()
    conversations = session.scalars(indexed.order_by(Conversation.id)).all()
    of_address = {conversation.id for conversation in conversations}
    named = _lock(session, searched.named - of_address)
    still_named = _named(session, addresses, _given().where(Conversation.id.in_(searched.named)))
    still_named |= _claiming(session, addresses, _claims().where(Message.conversation_id.in_(searched.named)))
    linked = set(_own_links(session, patients)) - of_address - still_named
    calls = select(Voicemail).where(Voicemail.id.in_(searched.calls), Voicemail.message_id.is_(None)).with_for_update()
    opt_outs = select(OptOut).where(OptOut.practice.in_(practices), OptOut.patient_index.in_(indexes))
    return PatientRecords(
        conversations=conversations,
        named=[conversation for conversation in named if conversation.id in still_named],
        linked=_lock(session, linked),
        calls=[call for call in session.scalars(calls.order_by(Voicemail.id)) if call.caller in addresses],
        opt_outs=session.scalars(opt_outs.with_for_update()).all(),
        patients=patients,
    )


def _lock(session: Session, conversation_ids: Set[int]) -> Sequence[Conversation]:
    query = select(Conversation).where(Conversation.id.in_(conversation_ids)).order_by(Conversation.id)
    return session.scalars(query.with_for_update()).all()


def _merged_records(session: Session, wanted: set[int], *, lock: bool) -> list[Patient]:
    """Return records, locked if asked, with all that were merged into them."""
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
    return list(session.scalars(query.with_for_update() if lock else query))


def _own_addresses(session: Session, patients: Sequence[Patient]) -> list[str]:
    """Return the addresses of one person's records that nobody else has, as far as staff know."""
    if not is_one_person(patients):
        return []
    ids = [patient.id for patient in patients]
    mine = session.execute(
        select(PatientAddress.practice, PatientAddress.patient_address).where(
            PatientAddress.patient_id.in_(ids), PatientAddress.is_shared.is_(False)
        )
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


def _search(session: Session, addresses: frozenset[str], practices: Sequence[str]) -> Searched:
    """Decrypt every detail of these practices that has no index, and compare it."""
    given, claims, of_practices = _given(), _claims(), Conversation.practice.in_(practices)
    claiming = select(Message.conversation_id).join(Message.conversation).where(of_practices, _has_claim())
    missed = select(Voicemail.id, Voicemail.caller).where(
        Voicemail.practice.in_(practices), Voicemail.message_id.is_(None), Voicemail.caller.is_not(None)
    )
    return Searched(
        addresses,
        frozenset(
            _named(session, addresses, given.where(of_practices))
            | _claiming(session, addresses, claims.where(Message.conversation_id.in_(claiming)))
        ),
        frozenset(row.id for row in _stream(session, missed) if row.caller in addresses),
    )


def _given() -> Select[*tuple[Any, ...]]:
    return select(Conversation.id, Conversation.contact_phone, Conversation.contact_email).where(
        or_(Conversation.contact_phone.is_not(None), Conversation.contact_email.is_not(None))
    )


def _claims() -> Select[*tuple[Any, ...]]:
    return select(Message.conversation_id, Message.claimed_phone, Message.claimed_email)


def _has_claim() -> ColumnElement[bool]:
    return or_(Message.claimed_phone.is_not(None), Message.claimed_email.is_not(None))


def _named(session: Session, addresses: frozenset[str], given: Select[*tuple[Any, ...]]) -> set[int]:
    """Return the conversations whose contact details have one of these addresses."""
    return {row.id for row in _stream(session, given) if addresses & {row.contact_phone, row.contact_email}}


def _claiming(session: Session, addresses: frozenset[str], claims: Select[*tuple[Any, ...]]) -> set[int]:
    """Return the conversations of which every message gave one of these addresses."""
    found: dict[int, bool] = {}
    for row in _stream(session, claims):
        gave = bool(addresses & {row.claimed_phone, row.claimed_email})
        found[row.conversation_id] = found.get(row.conversation_id, True) and gave
    return {conversation_id for conversation_id, all_gave in found.items() if all_gave}


def _stream(session: Session, query: Select[*tuple[Any, ...]]) -> Iterator[Row[*tuple[Any, ...]]]:
    """Yield rows, decrypted batch by batch; a web process answers others between two batches."""
    for batch in session.execute(query.execution_options(yield_per=BATCH)).partitions():
        yield from batch
        time.sleep(0)
