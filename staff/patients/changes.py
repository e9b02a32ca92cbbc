"""Who changed a patient's record, from the audit trail; the trail has no values, so removed ones are not named."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from inbox.models import AuditEntry, Patient, PatientMerge
from intake.vocabulary import EntityKind
from staff import display
from staff.conversations.people import names_of
from staff.patients.history import LABELS

SHOWN = 20
_WORDS = {
    "record_created": "created the record",
    "patient_linked": "added a conversation",
    "patient_unlinked": "unlinked a conversation",
}
_OF_ADDRESS = {
    "address_added": "added {}",
    "address_shared": "noted that {} is shared with others",
    "address_unshared": "noted that {} is the patient’s alone",
    "text_only_cleared": "noted that the patient can be called at {}",
    "consent_recorded": "recorded that the patient agreed to texts at {}",
    "opted_out": "recorded that {} wants no texts",
    "opt_out_undone": "undid the opt-out of {} from texts",
}
_OF_MERGES = {
    "records_merged": ("merged record {} into this one", "merged this record into record {}"),
    "merge_undone": ("undid the merge of record {} into this one", "undid the merge of this record into record {}"),
}
_KINDS = {EntityKind.PHONE: "a phone number", EntityKind.EMAIL: "an email address", EntityKind.DOB: "a birth date"}
_CHANGES = ("record_changed", "found_added", "address_removed", *_WORDS, *_OF_ADDRESS, *_OF_MERGES)


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
    addresses = {
        f"patient_address:{address.id}": display.spoken(address.patient_address) for address in patient.addresses
    }
    query = select(AuditEntry).where(
        AuditEntry.subject.in_([f"patient:{patient.id}", *addresses]), AuditEntry.action.in_(_CHANGES)
    )
    found = list(session.scalars(query.order_by(AuditEntry.id.desc()).limit(SHOWN)))
    names = names_of(session, [entry.staff_id for entry in found])
    merges = _read_merges(session, [entry.detail["merge"] for entry in found if entry.action in _OF_MERGES])
    return [
        RecordChange(
            names.get(entry.staff_id or 0, "Someone"),
            _describe_merge(entry.action, patient, merges.get(entry.detail["merge"]))
            if entry.action in _OF_MERGES
            else _describe(entry, addresses),
            display.clock(entry.at, zone),
            entry.detail.get("conversation"),
        )
        for entry in found
    ]


def _read_merges(session: Session, ids: Sequence[int]) -> dict[int, PatientMerge]:
    return {row.id: row for row in session.scalars(select(PatientMerge).where(PatientMerge.id.in_(ids)))}


def _describe_merge(action: str, patient: Patient, merge: PatientMerge | None) -> str:
    """Return what a merge did to a record, which is either the one that stayed or the one that went."""
    if merge is None:
        return "merged two records" if action == "records_merged" else "undid a merge"
    stayed, went = _OF_MERGES[action]
    return stayed.format(merge.dropped_id) if merge.kept_id == patient.id else went.format(merge.kept_id)


def _describe(entry: AuditEntry, addresses: Mapping[str, str]) -> str:
    match entry.action:
        case "record_changed":
            return f"changed {', '.join(LABELS[name].lower() for name in entry.detail['fields'])}"
        case "found_added":
            return f"added {_KINDS[entry.detail['kind']]} found in a message"
        case "address_removed":
            return f"removed {_KINDS[entry.detail['kind']]}"
    if entry.action in _OF_ADDRESS:
        return _OF_ADDRESS[entry.action].format(addresses[entry.subject])
    return _WORDS[entry.action]
