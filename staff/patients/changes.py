"""Who changed a patient's record, from the audit trail; without the values, which the trail does not have."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from inbox.models import AuditEntry, Patient
from intake.vocabulary import EntityKind
from staff import display
from staff.conversations.people import names_of
from staff.patients.history import LABELS

SHOWN = 20
_WORDS = {
    "record_created": "created the record",
    "patient_linked": "added a conversation",
    "patient_unlinked": "unlinked a conversation",
    "records_merged": "merged another record into this one",
    "merge_undone": "undid a merge",
    "address_added": "added a number or email address",
    "consent_recorded": "recorded that the patient agreed to texts",
    "opted_out": "recorded that a number wants no texts",
    "opt_out_undone": "undid an opt-out from texts",
}
_FOUND = {EntityKind.PHONE: "a phone number", EntityKind.EMAIL: "an email address"}
_CHANGES = ("record_changed", "found_added", *_WORDS)


@dataclass(frozen=True, slots=True)
class RecordChange:
    """One change, in display words.

    Attributes:
        conversation_id: the conversation that it came from.
    """

    who: str
    what: str
    shown_at: str
    conversation_id: int | None = None


def read_changes(session: Session, patient: Patient, zone: str) -> list[RecordChange]:
    """Return the latest changes of a record and of the addresses that it has, newest first."""
    subjects = [f"patient:{patient.id}", *(f"patient_address:{address.id}" for address in patient.addresses)]
    query = select(AuditEntry).where(AuditEntry.subject.in_(subjects), AuditEntry.action.in_(_CHANGES))
    found = list(session.scalars(query.order_by(AuditEntry.id.desc()).limit(SHOWN)))
    names = names_of(session, [entry.staff_id for entry in found])
    return [
        RecordChange(
            names.get(entry.staff_id or 0, "Someone"),
            _describe(entry),
            display.clock(entry.at, zone),
            entry.detail.get("conversation"),
        )
        for entry in found
    ]


def _describe(entry: AuditEntry) -> str:
    match entry.action:
        case "record_changed":
            return f"changed {', '.join(LABELS[name].lower() for name in entry.detail['fields'])}"
        case "found_added":
            return f"added {_FOUND[entry.detail['kind']]} found in a message"
    return _WORDS[entry.action]
