"""What is done with everything on record about one patient, whether by the command or on the console."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from inbox.audit.trail import record_action
from inbox.models import Escalation
from inbox.patients.records import PatientRecords
from inbox.retention.erasure import erase_calls, erase_conversations, erase_patients, forget_numbers
from intake.errors import IntakeError


def erase_records(session: Session, records: PatientRecords, staff_id: int | None) -> int:
    """Delete everything about a patient, record that, and return how many things are left for the workers to erase.

    Args:
        session: an open write transaction.
        records: what is on record, locked.
        staff_id: who erases it, None for the command line.

    Raises:
        IntakeError: a conversation is under legal hold or has an emergency that nobody has acknowledged, a reply is
            being sent, or several people share the address.
    """
    if alarming := alarming_among(session, records):
        raise IntakeError(
            f"nobody has acknowledged the emergency in {_list_ids(alarming)}, so nothing was erased: acknowledge it"
            " first on the console, as erasing ends it"
        )
    record_on_each(session, records, "patient_erased", staff_id)
    forget_numbers(records.opt_outs)
    erase_patients(session, records.patients)
    return erase_conversations(session, records.all_conversations) + erase_calls(session, records.calls)


def alarming_among(session: Session, records: PatientRecords) -> list[int]:
    """Return a patient's conversations with an emergency that nobody has acknowledged."""
    ids = [row.id for row in records.all_conversations]
    is_open = (Escalation.conversation_id.in_(ids), Escalation.acknowledged_at.is_(None))
    return sorted(set(session.scalars(select(Escalation.conversation_id).where(*is_open))))


def _list_ids(ids: list[int]) -> str:
    return f"{'conversation' if len(ids) == 1 else 'conversations'} {', '.join(map(str, ids))}"


def record_on_each(
    session: Session, records: PatientRecords, action: str, staff_id: int | None, **detail: object
) -> None:
    """Record an action on each conversation and record; the patient's name and number are in no entry."""
    rows = [(row.practice, f"conversation:{row.id}") for row in records.all_conversations]
    rows += [(row.practice, f"patient:{row.id}") for row in records.patients]
    for practice, subject in rows:
        record_action(session, staff_id=staff_id, practice=practice, action=action, subject=subject, **detail)
    for practice in sorted({call.practice for call in records.calls} | {row.practice for row in records.opt_outs}):
        record_action(
            session,
            staff_id=staff_id,
            practice=practice,
            action=action,
            subject="patient",
            calls=[call.id for call in records.calls if call.practice == practice],
            opt_outs=[opt_out.id for opt_out in records.opt_outs if opt_out.practice == practice],
            **detail,
        )


def describe_records(records: PatientRecords) -> str:
    """Return how much is on record, such as "2 conversations and 1 patient record"."""
    found = len(records.all_conversations)
    named = f", {len(records.named)} of them found by contact details that nobody verified" if records.named else ""
    kept = len(records.patients)
    noted = f" and {kept} patient {'record' if kept == 1 else 'records'}" if kept else ""
    return f"{found} {'conversation' if found == 1 else 'conversations'}{named}{noted}"


def say_what_is_left(queued: int) -> str:
    """Return how many texts, recordings, and files are still to be erased elsewhere, as a sentence."""
    if queued == 0:
        return "Nothing else is left to erase."
    what = "One text, recording, or file is" if queued == 1 else f"{queued} texts, recordings, and files are"
    return f"{what} still to be erased at the phone company or in the file storage; Intake does that by itself."
