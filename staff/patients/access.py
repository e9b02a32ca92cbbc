"""Finding patient records, for members of their practice alone, and recording what is done with them."""

from __future__ import annotations

from typing import Any

from flask import abort
from sqlalchemy import select
from sqlalchemy.orm import Session

from inbox.audit.trail import record_action
from inbox.models import Conversation, Patient, PatientAddress
from staff.auth.access import member, own_conversation, own_practice


def own_patient(session: Session, slug: str, patient_id: int, *, lock: bool = False) -> Patient:
    """Return a record of one of the signed-in member's practices, or abort with 404.

    Emergency access is for conversations, and opens no record.
    """
    query = select(Patient).where(Patient.id == patient_id, Patient.practice == own_practice(slug).slug)
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    return session.scalar(query) or abort(404)


def current_patient(session: Session, slug: str, patient_id: int) -> Patient:
    """Return a record to change, locked; abort with 409 if it was merged into another."""
    patient = own_patient(session, slug, patient_id, lock=True)
    if patient.merged_into is not None:
        abort(409, f"This record was merged into record {patient.merged_into}. Change that one, or undo the merge.")
    return patient


def own_address(session: Session, patient: Patient, address_id: int) -> PatientAddress:
    """Return an address of a record, or abort with 404."""
    query = select(PatientAddress).where(PatientAddress.id == address_id, PatientAddress.patient_id == patient.id)
    return session.scalar(query.with_for_update()) or abort(404)


def unborrowed_conversation(session: Session, conversation_id: int, *, lock: bool = False) -> Conversation:
    """Return a conversation of a practice that the member works for; emergency access is not enough."""
    conversation = own_conversation(session, conversation_id, lock=lock)
    if conversation.practice in member().emergency:
        abort(403, "Emergency access does not allow this. Ask a member of the practice.")
    return conversation


def record_on_patient(session: Session, patient: Patient, action: str, **detail: Any) -> None:
    """Record the member's action on a record in the audit trail."""
    _record(session, patient.practice, action, f"patient:{patient.id}", detail)


def record_on_address(session: Session, address: PatientAddress, action: str, **detail: Any) -> None:
    """Record the member's action on a number or email address of a record."""
    _record(
        session, address.practice, action, f"patient_address:{address.id}", detail | {"patient": address.patient_id}
    )


def record_listing(session: Session, slug: str, action: str, ids: list[int], searched: int = 0) -> None:
    """Record which records a list or a search showed, and how many were decrypted to find them."""
    _record(session, slug, action, "patients", {"patients": ids} | ({"searched": searched} if searched else {}))


def _record(session: Session, practice: str, action: str, subject: str, detail: dict[str, Any]) -> None:
    record_action(session, staff_id=member().id, practice=practice, action=action, subject=subject, **detail)
