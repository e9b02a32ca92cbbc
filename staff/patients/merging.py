"""Merging two records of one patient, undoing it, and unlinking a conversation."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, current_app, flash, render_template, request
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from inbox.models import Message, Patient, PatientAddress, PatientConversation, PatientMerge, Role
from inbox.patients.book import conversations_of_patient, touch_patient
from inbox.patients.record_merging import latest_merge, merge_patients, unmerge_patients
from inbox.patients.search import search_patients
from staff import display
from staff.auth.access import member, open_to
from staff.conversations.rows import text_of
from staff.patients.access import current_patient, own_patient, record_listing, record_on_patient
from staff.patients.listing import LONGEST_SEARCH
from staff.patients.outgoing import is_unsafe
from staff.patients.page import PREFIX, back_to_record, show_record
from web.row_ids import read_row_id
from web.services import services_of

blueprint = Blueprint("patient_merges", __name__, url_prefix=PREFIX)

NO_OTHER = "There is no other record like that at this practice, or it was merged already. Search for it again."


@blueprint.post("/merges/<int:merge_id>/undo")
@open_to(Role.STAFF)
def undo_merge(slug: str, patient_id: int, merge_id: int) -> Response:
    """Undo the newest merge into this record."""
    with services_of(current_app).database.write() as session:
        patient = own_patient(session, slug, patient_id)
        merge = session.scalar(
            select(PatientMerge).where(PatientMerge.id == merge_id, PatientMerge.kept_id == patient.id)
        ) or abort(404)
        kept, dropped = _lock_both(session, slug, patient.id, merge.dropped_id) or abort(404)
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
    flash(f"Conversation {conversation_id} is no longer linked to this record.")
    return back_to_record(slug, patient_id)


@blueprint.post("/merge/find")
@open_to(Role.STAFF)
def find_other(slug: str, patient_id: int) -> str:
    """Show the records that could be merged into this one."""
    wanted = request.form.get("wanted", "").strip()[:LONGEST_SEARCH]
    services = services_of(current_app)
    with services.database.read() as session:
        patient = own_patient(session, slug, patient_id)
        search = search_patients(session, slug, wanted)
    found = [other for other in search.patients if other.id != patient.id]
    with services.database.write() as session:
        record_listing(session, slug, "patients_searched", [other.id for other in found], searched=search.searched)
    return show_record(slug, patient_id, merge_wanted=wanted, merge_found=found)


@blueprint.get("/merge")
@open_to(Role.STAFF)
def ask(slug: str, patient_id: int) -> str | tuple[str, int]:
    """Show whose records would become one, and ask whether to merge them."""
    services = services_of(current_app)
    with services.database.write() as session:
        patient = current_patient(session, slug, patient_id)
        other = find_mergeable(session, patient, read_row_id(request.args.get("other", "")) or 0)
        if other is not None:
            zone = services.practices.require(slug).time_zone
            shown = [_describe(session, row, zone) for row in (patient, other)]
            for row in (patient, other):
                record_on_patient(session, row, "record_viewed", before=None, shown=0)
    if other is None:
        return show_record(slug, patient_id, merge_problem=NO_OTHER), 409
    dates = {row.birth_date for row in (patient, other) if row.birth_date}
    return render_template(
        "staff/patient_merge.html",
        practice=services.practices.require(slug),
        patient=patient,
        other=other,
        shown=shown,
        differ=len(dates) > 1,
    )


@blueprint.post("/merge")
@open_to(Role.STAFF)
def merge(slug: str, patient_id: int) -> Response | tuple[str, int]:
    """Merge another record of the same patient into this one."""
    other = read_row_id(request.form.get("other", "")) or 0
    with services_of(current_app).database.write() as session:
        patient = own_patient(session, slug, patient_id)
        both = _lock_both(session, slug, patient.id, other) if other != patient.id else None
        if both is not None and both[0].merged_into is None and both[1].merged_into is None:
            kept, dropped = both
            done = merge_patients(session, kept, dropped, member().id)
            for row in both:
                fields = list(done.moved["after"]) if row is kept else []
                record_on_patient(session, row, "records_merged", merge=done.id, version=row.version, fields=fields)
        else:
            both = None
    if both is None:
        return show_record(slug, patient_id, merge_problem=NO_OTHER), 409
    flash(f"Record {other} is merged into this one.")
    return back_to_record(slug, patient_id)


def find_mergeable(session: Session, patient: Patient, other_id: int) -> Patient | None:
    """Return another record of a patient's practice that was not merged yet; None if there is none."""
    query = select(Patient).where(Patient.id == other_id, Patient.id != patient.id)
    return session.scalar(query.where(Patient.practice == patient.practice, Patient.merged_into.is_(None)))


def _describe(session: Session, patient: Patient, zone: str) -> dict[str, Any]:
    query = select(PatientAddress).where(PatientAddress.patient_id == patient.id).order_by(PatientAddress.id)
    said = select(Message).where(Message.conversation_id.in_(conversations_of_patient(session, patient)))
    last = session.scalar(said.order_by(Message.received_at.desc(), Message.id.desc()).limit(1))
    return {
        "patient": patient,
        "addresses": [
            (display.spoken(address.patient_address), is_unsafe(session, address)) for address in session.scalars(query)
        ],
        "said": last and text_of(last),
        "said_at": last and display.clock(last.received_at, zone),
    }


def _lock_both(session: Session, slug: str, kept_id: int, dropped_id: int) -> tuple[Patient, Patient] | None:
    """Lock two records, always in the same order; None if the other is not one of the practice's."""
    query = select(Patient).where(Patient.id.in_((kept_id, dropped_id)), Patient.practice == slug).order_by(Patient.id)
    found = {row.id: row for row in session.scalars(query.with_for_update().execution_options(populate_existing=True))}
    return (found[kept_id], found[dropped_id]) if len(found) == 2 else None
