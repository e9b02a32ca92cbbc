"""Merging two records of one patient, undoing it, and unlinking a conversation."""

from __future__ import annotations

from flask import Blueprint, abort, current_app, flash, request
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from inbox.models import Patient, PatientConversation, PatientMerge, Role
from inbox.patient_book import touch_patient
from inbox.patient_merging import latest_merge, merge_patients, unmerge_patients
from staff.auth.access import member, open_to
from staff.patients.access import current_patient, own_patient, record_on_patient
from staff.patients.page import PREFIX, back_to_record
from web.row_ids import read_row_id
from web.services import services_of

blueprint = Blueprint("patient_merges", __name__, url_prefix=PREFIX)


@blueprint.post("/merges/<int:merge_id>/undo")
@open_to(Role.STAFF)
def undo_merge(slug: str, patient_id: int, merge_id: int) -> Response:
    """Undo the newest merge into this record."""
    with services_of(current_app).database.write() as session:
        patient = own_patient(session, slug, patient_id)
        merge = session.scalar(
            select(PatientMerge).where(PatientMerge.id == merge_id, PatientMerge.kept_id == patient.id)
        ) or abort(404)
        kept, dropped = _lock_both(session, slug, patient.id, merge.dropped_id)
        newest = latest_merge(session, kept.id)
        if kept.merged_into is not None or newest is None or newest.id != merge.id:
            abort(409, "Only the newest merge can be undone. Undo later ones first.")
        unmerge_patients(session, merge, kept, dropped)
        for row in (kept, dropped):
            record_on_patient(session, row, "merge_undone", merge=merge.id, version=row.version)
    flash(f"The merge is undone. Record {dropped.id} is back.")
    return back_to_record(slug, patient_id)


@blueprint.post("/conversations/<int:conversation_id>/unlink")
@open_to(Role.STAFF)
def unlink(slug: str, patient_id: int, conversation_id: int) -> Response:
    """Remove a conversation that was linked to this record."""
    with services_of(current_app).database.write() as session:
        patient = current_patient(session, slug, patient_id)
        link = session.scalar(
            select(PatientConversation).where(
                PatientConversation.patient_id == patient.id, PatientConversation.conversation_id == conversation_id
            )
        ) or abort(404)
        session.delete(link)
        touch_patient(patient)
        record_on_patient(session, patient, "patient_unlinked", conversation=conversation_id)
    return back_to_record(slug, patient_id)


@blueprint.post("/merge")
@open_to(Role.STAFF)
def merge(slug: str, patient_id: int) -> Response:
    """Merge another record of the same patient into this one."""
    other = read_row_id(request.form.get("other", "")) or 0
    with services_of(current_app).database.write() as session:
        patient = own_patient(session, slug, patient_id)
        if other == patient.id:
            abort(409, "A record cannot be merged with itself. Enter the number of the other record.")
        kept, dropped = _lock_both(session, slug, patient.id, other)
        if kept.merged_into is not None or dropped.merged_into is not None:
            abort(409, "One of these records was merged already. Reload the page.")
        done = merge_patients(session, kept, dropped, member().id)
        for row in (kept, dropped):
            fields = list(done.moved["after"]) if row is kept else []
            record_on_patient(session, row, "records_merged", merge=done.id, version=row.version, fields=fields)
    flash(f"Record {other} is merged into this one.")
    return back_to_record(slug, patient_id)


def _lock_both(session: Session, slug: str, kept_id: int, dropped_id: int) -> tuple[Patient, Patient]:
    """Lock two records, always in the same order; abort with 409 if the other is not one of the practice's."""
    query = select(Patient).where(Patient.id.in_((kept_id, dropped_id)), Patient.practice == slug).order_by(Patient.id)
    found = {row.id: row for row in session.scalars(query.with_for_update().execution_options(populate_existing=True))}
    if len(found) < 2:
        abort(409, "There is no record with this number at this practice. Check the number.")
    return found[kept_id], found[dropped_id]
