"""What an entry of the audit trail is about, in words: names only of what is still there and of this practice."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from flask import url_for
from sqlalchemy import select
from sqlalchemy.orm import Session

from inbox.models import AuditEntry, Conversation, Patient, PatientAddress, StaffMember
from inbox.patients.book import record_names
from staff import display

_NAMED = {
    "inbox": "Inbox",
    "patients": "Patient records",
    "patient": "Calls and opt-outs of a patient",
    "figures": "Figures",
    "reviews": "Reviews",
    "staff": "No account",
    "audit": "Audit trail",
    "backup": "Backup",
    "settings": "Settings",
    "practice": "All that the practice keeps",
    "view": "Saved view",
    "saved_reply": "Own saved reply",
    "emergency": "Emergency access",
}


@dataclass(frozen=True, slots=True)
class Subject:
    """What an entry is about: its words, where the console shows it, and what is said of its number."""

    words: str
    href: str = ""
    number: str = ""


@dataclass(frozen=True, slots=True)
class KnownSubjects:
    """The rows that some entries are about and that are still there.

    Attributes:
        slug: the practice.
        conversations: who each is with, by id.
        patients: the name on each record, by id.
        addresses: the record of each number or email address, by its id.
        members: the name of each member, by id.
    """

    slug: str
    conversations: Mapping[int, str]
    patients: Mapping[int, str]
    addresses: Mapping[int, int]
    members: Mapping[int, str]


def read_subjects(session: Session, slug: str, entries: Iterable[AuditEntry]) -> KnownSubjects:
    """Look up what entries are about, of one practice alone."""
    ids: dict[str, set[int]] = {}
    for entry in entries:
        kind, row_id = _split(entry.subject)
        if row_id is not None:
            ids.setdefault(kind, set()).add(row_id)
    own = Conversation.practice == slug
    conversations = session.scalars(select(Conversation).where(Conversation.id.in_(ids.get("conversation", ())), own))
    found = conversations.all()
    names = record_names(session, found, [slug])
    having = select(PatientAddress.id, PatientAddress.patient_id).where(
        PatientAddress.id.in_(ids.get("patient_address", ())), PatientAddress.practice == slug
    )
    addresses = {row.id: row.patient_id for row in session.execute(having)}
    wanted = ids.get("patient", set()) | set(addresses.values())
    patients = select(Patient.id, Patient.name).where(Patient.id.in_(wanted), Patient.practice == slug)
    members = select(StaffMember.id, StaffMember.name).where(StaffMember.id.in_(ids.get("staff", ())))
    return KnownSubjects(
        slug,
        {row.id: display.who(row, names.get(row.id, "")) for row in found},
        {row.id: row.name for row in session.execute(patients)},
        addresses,
        {row.id: row.name for row in session.execute(members)},
    )


def describe_subject(entry: AuditEntry, known: KnownSubjects) -> Subject:
    """Return what an entry is about."""
    kind, row_id = _split(entry.subject)
    match kind, row_id:
        case "conversation", int(number):
            name, shown = known.conversations.get(number), f"Conversation {number}"
            if name is None:
                return Subject(shown, number="no longer here")
            return Subject(name, url_for("conversation.page", conversation_id=number), shown)
        case "patient", int(number):
            return _describe_record(number, known)
        case "patient_address", int(number):
            record = known.addresses.get(number)
            if record is None:
                return Subject("A number or email address", number="no longer here")
            return _describe_record(record, known)
        case "staff", int(number):
            return Subject(known.members.get(number, f"Account {number}"))
    return Subject(_NAMED.get(kind, kind.replace("_", " ")))


def _describe_record(number: int, known: KnownSubjects) -> Subject:
    name, shown = known.patients.get(number), f"Record {number}"
    if name is None:
        return Subject(shown, number="no longer here")
    return Subject(name, url_for("patient.page", slug=known.slug, patient_id=number), shown)


def _split(subject: str) -> tuple[str, int | None]:
    kind, _, number = subject.partition(":")
    return kind, int(number) if number.isdecimal() else None
