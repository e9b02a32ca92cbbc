"""Deleting patient records once their time is over: nobody changed them, and nothing of the patient came in since."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, or_, select
from sqlalchemy.orm import Session

from inbox.models import Conversation, Patient, PatientAddress, PatientConversation, PatientMerge
from inbox.patient_book import conversations_of_patient


def overdue_patients(session: Session, practice: str, before: datetime, limit: int | None) -> Sequence[Patient]:
    """Return the records that are past a practice's limit, with none that were merged into one that isn't.

    A record that was merged goes with the one that it was merged into.
    """
    query = select(Patient).where(
        Patient.practice == practice, Patient.updated_at <= before, Patient.merged_into.is_(None)
    )
    found: list[Patient] = []
    for patient in session.scalars(query.order_by(Patient.id)):
        if not _is_needed(session, patient, before):
            found.append(patient)
        if len(found) == limit:
            break
    return found


def delete_overdue_patients(session: Session, practice: str, before: datetime, limit: int) -> int:
    """Delete one batch of records with what belongs to them, and return how many."""
    due = overdue_patients(session, practice, before, limit)
    ids = {patient.id for patient in due}
    while more := set(session.scalars(select(Patient.id).where(Patient.merged_into.in_(ids)))) - ids:
        ids |= more
    session.execute(delete(PatientMerge).where(or_(PatientMerge.kept_id.in_(ids), PatientMerge.dropped_id.in_(ids))))
    for table in (PatientAddress, PatientConversation):
        session.execute(delete(table).where(table.patient_id.in_(ids)))
    session.execute(delete(Patient).where(Patient.id.in_(ids)))
    return len(due)


def _is_needed(session: Session, patient: Patient, before: datetime) -> bool:
    """Return whether a conversation of a patient is under legal hold, or not past the limit."""
    recent = select(Conversation.id).where(
        Conversation.id.in_(conversations_of_patient(session, patient)),
        or_(Conversation.held_at.is_not(None), Conversation.last_activity_at > before),
    )
    return session.scalar(recent.limit(1)) is not None
