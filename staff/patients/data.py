"""Exporting and erasing everything about one patient, by administrators who prove that it is them."""

from __future__ import annotations

import json

from flask import Blueprint, Response, current_app, flash, make_response, redirect, render_template, request, url_for
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from inbox.exports.patient import export_patient, files_of_records
from inbox.models import Conversation, Delivery, DeliveryState, Patient, PatientConversation, Role, now
from inbox.patients.names import normalise_name
from inbox.patients.records import (
    PatientRecords,
    Searched,
    find_records_of,
    is_one_person,
    normalise_address,
    search_records_of,
)
from inbox.retention.patient_data import (
    alarming_among,
    describe_records,
    erase_records,
    record_on_each,
    say_what_is_left,
)
from intake.errors import IntakeError
from staff import display
from staff.auth.access import member, open_to
from staff.auth.reauthentication import read_proof, refuse_unproved
from staff.patients.access import current_patient, own_patient, record_on_patient
from staff.patients.archive import FOLDER, write_archive
from staff.patients.export_page import render_page
from staff.patients.page import PREFIX
from tasks.pubsub import topics_of
from web.services import services_of

blueprint = Blueprint("patient_data", __name__, url_prefix=f"{PREFIX}/data")

NOT_THIS_PATIENT = "Not erased: type the patient’s name as the record has it, or one of its numbers or email addresses."


@blueprint.get("")
@open_to(Role.ADMIN)
def page(slug: str, patient_id: int) -> Response:
    """Show what is on record about the patient, and what erasing it would keep."""
    return _show(slug, patient_id)


@blueprint.post("/export")
@open_to(Role.ADMIN)
def export(slug: str, patient_id: int) -> Response:
    """Download what `intake patient export` writes, as a ZIP file that is sent while it is made."""
    services = services_of(current_app)
    with services.database.read() as session:
        current_patient(session, slug, patient_id)
    if problem := refuse_unproved():
        return _show(slug, patient_id, export_problem=problem)
    with_notes = bool(request.form.get("notes"))
    searched = _search(slug, patient_id)
    with services.database.write() as session:
        patient = current_patient(session, slug, patient_id)
        records = find_records_of(session, patient, searched)
        address = next((found.patient_address for found in patient.addresses), "")
        exported = export_patient(session, address, records, now(), with_notes=with_notes)
        files = files_of_records(session, records)
        record_on_each(session, records, "patient_exported", member().id, notes=with_notes)
    lacks_record = not is_one_person(records.patients)

    def write_pages(lost: list[int]) -> dict[str, str]:
        page = render_page(exported, services.practices.by_slug, FOLDER, lost, lacks_record=lacks_record)
        return {"patient.html": page, "patient.json": json.dumps(exported, indent=2, ensure_ascii=False) + "\n"}

    response = Response(write_archive(services.files, files, write_pages), mimetype="application/zip")
    response.headers["Content-Disposition"] = f'attachment; filename="patient-{patient_id}.zip"'
    response.headers["Cache-Control"] = "no-store, private"
    return response


@blueprint.post("/erase")
@open_to(Role.ADMIN)
def erase(slug: str, patient_id: int) -> AnyResponse:
    """Delete everything about the patient, once the member has typed whose it is."""
    services = services_of(current_app)
    with services.database.read() as session:
        is_meant = is_about(current_patient(session, slug, patient_id), request.form.get("patient", ""))
    if problem := refuse_unproved() if is_meant else NOT_THIS_PATIENT:
        return _show(slug, patient_id, erase_problem=problem)
    searched = _search(slug, patient_id)
    try:
        with services.database.write() as session:
            records = find_records_of(session, current_patient(session, slug, patient_id), searched)
            found = describe_records(records)
            topics = tuple(topic for row in records.all_conversations for topic in topics_of(row.id, row.practice))
            queued = erase_records(session, records, member().id)
    except IntakeError as error:
        return _show(slug, patient_id, erase_problem=f"{str(error)[:1].upper()}{str(error)[1:]}.", status=409)
    services.queue.announce(*topics)
    flash(
        f"Erased {found}. {say_what_is_left(queued)} Backups made before today still"
        " contain them: delete those, or erase again after a restore."
    )
    return redirect(url_for("patients.page", slug=slug), 303)


def is_about(patient: Patient, typed: str) -> bool:
    """Return whether what was typed is a patient's name, or one of the numbers and email addresses of the record."""
    name = normalise_name(typed)
    if name and name == normalise_name(patient.name):
        return True
    try:
        return normalise_address(typed) in {found.patient_address for found in patient.addresses}
    except IntakeError:
        return False


def _search(slug: str, patient_id: int) -> Searched:
    """Do what takes long before anyone has to wait for it."""
    with services_of(current_app).database.read() as session:
        return search_records_of(session, own_patient(session, slug, patient_id))


def _show(
    slug: str, patient_id: int, *, export_problem: str = "", erase_problem: str = "", status: int = 0
) -> Response:
    services, searched = services_of(current_app), _search(slug, patient_id)
    with services.database.write() as session:
        patient = current_patient(session, slug, patient_id)
        records = find_records_of(session, patient, searched)
        record_on_patient(session, patient, "record_viewed", before=None, shown=0)
        shown = render_template(
            "staff/patient_data.html",
            practice=services.practices.require(slug),
            patient=patient,
            **_describe(session, records),
            **read_proof(session),
            export_problem=export_problem,
            with_notes=bool(export_problem and request.form.get("notes")),
            erase_problem=erase_problem,
        )
    return make_response(shown, status or (400 if export_problem or erase_problem else 200))


def _describe(session: Session, records: PatientRecords) -> dict[str, object]:
    """Return what the page lists, in display words."""
    found = {row.id for row in records.all_conversations}
    ours = PatientConversation.patient_id.in_([row.id for row in records.patients])
    linked = set(session.scalars(select(PatientConversation.conversation_id).where(ours)))
    held = select(Conversation.id).where(Conversation.id.in_(found | linked), Conversation.held_at.is_not(None))
    waits = (Delivery.state.in_((DeliveryState.PENDING, DeliveryState.HELD)), Delivery.scheduled_for.is_not(None))
    of_patient = select(func.count()).select_from(Delivery).where(*waits, Delivery.conversation_id.in_(found))
    return {
        "on_record": describe_records(records),
        "conversations": sorted(found),
        "unverified": sorted(row.id for row in records.named),
        "missed": len(records.calls),
        "alarming": alarming_among(session, records),
        "scheduled": session.scalar(of_patient),
        "held": sorted(session.scalars(held)),
        "shared": sorted(linked - found),
        "opted_out": sorted(
            display.spoken(row.patient_address) for row in records.opt_outs if row.active and row.patient_address
        ),
    }
