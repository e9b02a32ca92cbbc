"""Patient records: creating, finding, and changing them. Only staff do; no message ever writes one by itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, null, or_, select, union, union_all
from sqlalchemy.orm import Session

from inbox.models import Conversation, Patient, PatientAddress, PatientConversation, now
from inbox.models.column_types import keyring
from inbox.patients.conversations import indexes_of
from inbox.patients.names import last_name_value, name_value, normalise_name
from inbox.patients.records import normalise_address
from intake.errors import IntakeError

FIELDS = ("name", "pronouns", "birth_date", "language", "notes")
LONGEST = {"name": 100, "pronouns": 40, "birth_date": 10, "language": 40, "notes": 4000}
FOUND = 50


@dataclass(frozen=True, slots=True)
class Details:
    """What staff write about a patient; None for what is unknown."""

    name: str = field(repr=False)
    pronouns: str | None = field(default=None, repr=False)
    birth_date: str | None = field(default=None, repr=False)
    language: str | None = field(default=None, repr=False)
    notes: str | None = field(default=None, repr=False)


def check_details(typed: Mapping[str, str], today: date) -> tuple[Details | None, dict[str, str]]:
    """Return the details that a form holds, or what is wrong with each field.

    Args:
        typed: the form.
        today: the date at the practice.
    """
    values = {name: typed.get(name, "").strip().replace("\r\n", "\n") for name in FIELDS}
    wrong = {
        name: f"At most {LONGEST[name]} characters." for name, value in values.items() if len(value) > LONGEST[name]
    }
    if not normalise_name(values["name"]):
        wrong["name"] = "Enter the patient’s name."
    if values["birth_date"]:
        values["birth_date"] = _read_birth_date(values["birth_date"], today)
        if not values["birth_date"]:
            wrong["birth_date"] = "Enter a date in the past, such as 1984-03-27."
    if wrong:
        return None, wrong
    return Details(values["name"], **{name: values[name] or None for name in FIELDS[1:]}), {}


def create_patient(session: Session, practice: str, details: Details) -> Patient:
    """Create a record."""
    patient = Patient(practice=practice)
    _write_details(patient, details)
    session.add(patient)
    session.flush()
    return patient


def edit_patient(patient: Patient, details: Details) -> list[str]:
    """Change a locked record, and return the names of the fields that changed."""
    changed = [name for name in FIELDS if getattr(patient, name) != getattr(details, name)]
    if changed:
        _write_details(patient, details)
        touch_patient(patient)
    return changed


def touch_patient(patient: Patient) -> None:
    """Count a change of a locked record."""
    patient.version += 1
    patient.updated_at = now()


def restore_fields(patient: Patient, values: Mapping[str, Any]) -> None:
    """Set some fields of a record, and index its name."""
    known = {name: getattr(patient, name) for name in FIELDS}
    _write_details(patient, Details(**(known | dict(values))))


def add_address(session: Session, patient: Patient, typed: str, *, is_shared: bool = False) -> PatientAddress | None:
    """Add a number or email address to a locked record; None if it is there already.

    Args:
        session: an open write transaction.
        patient: the record.
        typed: the number or address.
        is_shared: whether others have it as well, so that it names nobody's conversations.

    Raises:
        IntakeError: it is neither.
    """
    address = normalise_address(typed)
    mine = PatientAddress.patient_id == patient.id
    if session.scalar(select(PatientAddress.id).where(mine, PatientAddress.patient_index.in_(indexes_of([address])))):
        return None
    added = PatientAddress(
        patient_id=patient.id,
        practice=patient.practice,
        patient_address=address,
        patient_index=keyring().index(address),
        is_shared=is_shared,
    )
    session.add(added)
    session.flush()
    return added


def link_conversation(session: Session, patient: Patient, conversation: Conversation) -> bool:
    """Link a conversation to a locked record, and return whether it wasn't."""
    link = PatientConversation(patient_id=patient.id, conversation_id=conversation.id)
    known = select(PatientConversation.id).where(
        PatientConversation.patient_id == patient.id, PatientConversation.conversation_id == conversation.id
    )
    if session.scalar(known) is not None:
        return False
    session.add(link)
    session.flush()
    return True


def conversations_of_patient(session: Session, patient: Patient) -> list[int]:
    """Return the IDs of a patient's conversations: those from the record's addresses, and those linked to it."""
    addresses = session.scalars(select(PatientAddress.patient_address).where(PatientAddress.patient_id == patient.id))
    linked = select(PatientConversation.conversation_id).where(PatientConversation.patient_id == patient.id)
    of_practice = select(Conversation.id).where(Conversation.practice == patient.practice)
    addressed = of_practice.where(Conversation.patient_index.in_(indexes_of(addresses)))
    # a union finds both by their keys, and one condition with OR looks at every conversation of the practice
    found = union(addressed, of_practice.where(Conversation.id.in_(linked)))
    return sorted(session.scalars(found))


def patients_of_conversation(session: Session, conversation: Conversation) -> Sequence[Patient]:
    """Return the records that a conversation belongs to: several for a number that a family shares."""
    linked = select(PatientConversation.patient_id).where(PatientConversation.conversation_id == conversation.id)
    either: list[ColumnElement[bool]] = [Patient.id.in_(linked)]
    if conversation.patient_address:
        either.append(_has_address(conversation.practice, conversation.patient_address))
    return _listed(session, conversation.practice, or_(*either))


def patients_at(session: Session, practice: str, address: str) -> Sequence[Patient]:
    """Return the records that have a number or email address."""
    return _listed(session, practice, _has_address(practice, address))


def addresses_of(session: Session, patient_ids: Sequence[int]) -> dict[int, set[str]]:
    """Return the numbers and email addresses on records, by record."""
    found: dict[int, set[str]] = {patient_id: set() for patient_id in patient_ids}
    if not found:
        return found
    columns = select(PatientAddress.patient_id, PatientAddress.patient_address)
    for patient_id, address in session.execute(columns.where(PatientAddress.patient_id.in_(found))):
        found[patient_id].add(address)
    return found


def naming_patients(session: Session, conversation: Conversation, records: Sequence[Patient]) -> list[Patient]:
    """Return those of a conversation's records whose names it may have: not those that share its number with others.

    Args:
        session: an open transaction.
        conversation: the conversation.
        records: the records that it belongs to.
    """
    ids = [patient.id for patient in records]
    if not ids or not conversation.patient_address:
        return list(records)
    here = PatientAddress.patient_index.in_(indexes_of([conversation.patient_address]))
    linked = select(PatientConversation.patient_id).where(PatientConversation.conversation_id == conversation.id)
    sharing = select(PatientAddress.patient_id).where(
        PatientAddress.patient_id.in_(ids), here, PatientAddress.is_shared, PatientAddress.patient_id.not_in(linked)
    )
    others = set(session.scalars(sharing))
    return [patient for patient in records if patient.id not in others]


def name_on(records: Sequence[Patient]) -> str:
    """Return the name on a conversation's record; empty where it has none, or where several share it."""
    return records[0].name if len(records) == 1 else ""


def record_names(session: Session, conversations: Sequence[Conversation], practices: Sequence[str]) -> dict[int, str]:
    """Return the names on conversations' records, by conversation; none where several records share a conversation.

    Args:
        session: an open transaction.
        conversations: the conversations.
        practices: the slugs of the practices whose records may be opened.
    """
    own = [conversation for conversation in conversations if conversation.practice in practices]
    if not own:
        return {}
    indexes = {row.id: indexes_of([row.patient_address]) if row.patient_address else [] for row in own}
    every = {index for found in indexes.values() for index in found}
    is_kept = Patient.merged_into.is_(None)
    addressed = (
        select(Patient.id, Patient.name, PatientAddress.practice, PatientAddress.patient_index, null())
        .join(Patient, Patient.id == PatientAddress.patient_id)
        .where(
            is_kept,
            PatientAddress.practice.in_(practices),
            PatientAddress.patient_index.in_(every),
            PatientAddress.is_shared.is_(False),
        )
    )
    linked = (
        select(Patient.id, Patient.name, null(), null(), PatientConversation.conversation_id)
        .join(Patient, Patient.id == PatientConversation.patient_id)
        .where(is_kept, PatientConversation.conversation_id.in_(indexes))
    )
    by_address: dict[tuple[str, str], dict[int, str]] = {}
    named: dict[int, dict[int, str]] = {row.id: {} for row in own}
    found: Iterable[Any] = session.execute(union_all(addressed, linked))
    for patient_id, name, practice, index, conversation_id in found:
        if conversation_id is None:
            by_address.setdefault((practice, index), {})[patient_id] = name
        else:
            named[conversation_id][patient_id] = name
    for row in own:
        for index in indexes[row.id]:
            named[row.id] |= by_address.get((row.practice, index), {})
    return {row_id: next(iter(names.values())) for row_id, names in named.items() if len(names) == 1}


def find_patients(session: Session, practice: str, wanted: str) -> Sequence[Patient]:
    """Return the records with exactly this number, email address, full name, or last name."""
    wanted = wanted.strip()
    try:
        return _listed(session, practice, _has_address(practice, normalise_address(wanted)))
    except IntakeError:
        pass
    if not normalise_name(wanted):
        return []
    full, last = name_value(practice, wanted), last_name_value(practice, wanted)
    is_last_name = " " not in normalise_name(wanted)
    named = Patient.name_index.in_(keyring().indexes(full))
    called = Patient.last_name_index.in_(keyring().indexes(last))
    return _listed(session, practice, or_(named, called) if is_last_name else named)


def sharing_patients(session: Session, patient: Patient) -> Sequence[Patient]:
    """Return the other records with one of a patient's addresses or the same name: perhaps the same person."""
    addresses = session.scalars(select(PatientAddress.patient_address).where(PatientAddress.patient_id == patient.id))
    sharing = select(PatientAddress.patient_id).where(
        PatientAddress.practice == patient.practice, PatientAddress.patient_index.in_(indexes_of(addresses))
    )
    alike = Patient.name_index.in_(keyring().indexes(name_value(patient.practice, patient.name)))
    return _listed(session, patient.practice, or_(Patient.id.in_(sharing), alike), Patient.id != patient.id)


def find_namesakes(session: Session, patient: Patient) -> Sequence[Patient]:
    """Return the other records with a patient's full name, or with the last name and birth date: perhaps the same."""
    last = last_name_value(patient.practice, patient.name)
    called = Patient.last_name_index.in_(keyring().indexes(last))
    born = select(Patient.id, Patient.birth_date).where(Patient.practice == patient.practice, called)
    same = [row.id for row in session.execute(born) if row.birth_date and row.birth_date == patient.birth_date]
    named = Patient.name_index.in_(keyring().indexes(name_value(patient.practice, patient.name)))
    return _listed(session, patient.practice, or_(Patient.id.in_(same), named), Patient.id != patient.id)


def find_alike(session: Session, practice: str, details: Details, addresses: Iterable[str]) -> list[Patient]:
    """Return the records with a patient's name and the same birth date or one of these numbers and addresses."""
    named = Patient.name_index.in_(keyring().indexes(name_value(practice, details.name)))
    index = PatientAddress.patient_index.in_(indexes_of(addresses))
    sharing = set(session.scalars(select(PatientAddress.patient_id).where(PatientAddress.practice == practice, index)))
    return [
        patient
        for patient in _listed(session, practice, named)
        if patient.id in sharing or (details.birth_date and patient.birth_date == details.birth_date)
    ]


def _has_address(practice: str, address: str) -> ColumnElement[bool]:
    having = select(PatientAddress.patient_id).where(
        PatientAddress.practice == practice, PatientAddress.patient_index.in_(indexes_of([address]))
    )
    return Patient.id.in_(having)


def _listed(session: Session, practice: str, *conditions: ColumnElement[bool]) -> Sequence[Patient]:
    query = select(Patient).where(Patient.practice == practice, Patient.merged_into.is_(None), *conditions)
    return session.scalars(query.order_by(Patient.updated_at.desc(), Patient.id.desc()).limit(FOUND)).all()


def _write_details(patient: Patient, details: Details) -> None:
    for name in FIELDS:
        setattr(patient, name, getattr(details, name))
    patient.name_index = keyring().index(name_value(patient.practice, details.name))
    patient.last_name_index = keyring().index(last_name_value(patient.practice, details.name))


def _read_birth_date(value: str, today: date) -> str:
    """Return a birth date in ISO 8601's usual spelling, empty if it is none."""
    try:
        read = date.fromisoformat(value)
    except ValueError:
        return ""
    return read.isoformat() if date(1880, 1, 1) <= read <= today else ""
