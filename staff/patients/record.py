"""The page of one patient's record, and what staff change on it."""

from __future__ import annotations

import secrets
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, abort, current_app, flash, redirect, render_template, request, url_for
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from inbox.consent import is_opted_out, is_recorded_by_staff, record_consent, undo_opt_out
from inbox.models import Patient, PatientAddress, PatientConversation, PatientMerge, Role, now
from inbox.patient_book import FIELDS, add_address, check_details, edit_patient, sharing_patients, touch_patient
from inbox.patient_merging import latest_merge, merge_patients, unmerge_patients
from inbox.text_permission import OPTED_OUT
from intake.errors import IntakeError
from intake.vocabulary import ConsentHow, OptOutMistake
from staff import display
from staff.auth.access import member, open_to, record_on_conversation
from staff.conversations.consent_history import read_number_history
from staff.displays import is_new_display, seal_of
from staff.patients.access import current_patient, own_address, own_patient, record_on_address, record_on_patient
from staff.patients.history import LABELS, changes_since, read_history
from staff.patients.outgoing import (
    MessageDraft,
    Outgoing,
    cancel_message,
    find_message,
    read_scheduled,
    send_message,
)
from web.row_ids import read_row_id
from web.services import Services, services_of

blueprint = Blueprint("patient", __name__, url_prefix="/staff/patients/<slug>/<int:patient_id>")

OVERTAKEN = (
    "Not saved: a colleague changed this record after you opened it. Your edits are still here. Check, then save again."
)


@blueprint.get("")
@open_to(Role.STAFF)
def page(slug: str, patient_id: int) -> str:
    """Show a record."""
    return _show(slug, patient_id)


@blueprint.post("/details")
@open_to(Role.STAFF)
def save_details(slug: str, patient_id: int) -> Response | tuple[str, int]:
    """Save the details, unless a colleague changed the record since the page was opened."""
    services = services_of(current_app)
    typed = {name: request.form.get(name, "") for name in FIELDS}
    with services.database.write() as session:
        patient = current_patient(session, slug, patient_id)
        version = read_row_id(request.form.get("version", "")) or 0
        zone = services.practices.require(slug).time_zone
        details, wrong = check_details(typed, now().astimezone(ZoneInfo(zone)).date())
        is_overtaken = version != patient.version
        if details is not None and not is_overtaken and (changed := edit_patient(patient, details)):
            record_on_patient(session, patient, "record_changed", fields=changed, version=patient.version)
    if is_overtaken:
        return _show(slug, patient_id, typed=typed, problem=OVERTAKEN, since=version), 409
    if wrong:
        return _show(slug, patient_id, typed=typed, wrong=wrong, problem="Not saved: fix the fields below."), 422
    flash("Saved.")
    return _done(slug, patient_id)


@blueprint.post("/addresses")
@open_to(Role.STAFF)
def new_address(slug: str, patient_id: int) -> Response | tuple[str, int]:
    """Add a number or email address."""
    typed = request.form.get("new_address", "").strip()[:254]
    try:
        with services_of(current_app).database.write() as session:
            patient = current_patient(session, slug, patient_id)
            added = add_address(session, patient, typed)
            if added is not None:
                touch_patient(patient)
                record_on_address(session, added, "address_added")
    except IntakeError:
        problem = "Enter a phone number such as (202) 555-0123, or an email address such as maria@example.com."
        return _show(slug, patient_id, address=typed, address_problem=problem), 422
    return _done(slug, patient_id)


@blueprint.post("/addresses/<int:address_id>/consent")
@open_to(Role.STAFF)
def record_agreement(slug: str, patient_id: int, address_id: int) -> Response:
    """Record that the patient agreed to texts at a number."""
    how = request.form.get("how", "")
    with services_of(current_app).database.write() as session:
        address = own_address(session, current_patient(session, slug, patient_id), address_id)
        if not address.is_number or how not in set(ConsentHow):
            abort(400, "Choose how the patient agreed to texts at this number.")
        if is_opted_out(session, slug, address.patient_address):
            abort(409, OPTED_OUT)
        address.consent_how, address.consent_by, address.consent_at = how, member().id, now()
        record_on_address(session, address, "consent_recorded", how=how)
    return _done(slug, patient_id)


@blueprint.post("/addresses/<int:address_id>/opt-out")
@open_to(Role.STAFF)
def record_opt_out(slug: str, patient_id: int, address_id: int) -> Response:
    """Record that a number wants no more texts, and forget its consent."""
    with services_of(current_app).database.write() as session:
        address = own_address(session, current_patient(session, slug, patient_id), address_id)
        if not address.is_number:
            abort(400, "Only a phone number can be opted out of texts.")
        changed = record_consent(session, slug, address.patient_address, opted_out=True, recorded_by=member().id)
        address.consent_how = address.consent_by = address.consent_at = None
        record_on_address(session, address, "opted_out", changed=changed)
    return _done(slug, patient_id)


@blueprint.post("/addresses/<int:address_id>/undo-opt-out")
@open_to(Role.STAFF)
def undo_recorded_opt_out(slug: str, patient_id: int, address_id: int) -> Response:
    """Undo an opt-out that staff recorded by mistake; only the patient can undo their own."""
    reason = request.form.get("reason", "")
    with services_of(current_app).database.write() as session:
        address = own_address(session, current_patient(session, slug, patient_id), address_id)
        if reason not in set(OptOutMistake):
            abort(400, "Choose why the opt-out was a mistake.")
        if not undo_opt_out(session, slug, address.patient_address):
            abort(409, "Staff did not record this opt-out. Only the patient can undo it, by texting START.")
        record_on_address(session, address, "opt_out_undone", reason=reason)
    return _done(slug, patient_id)


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
    return _done(slug, patient_id)


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
    return _done(slug, patient_id)


@blueprint.post("/addresses/<int:address_id>/remove")
@open_to(Role.STAFF)
def remove_address(slug: str, patient_id: int, address_id: int) -> Response:
    """Remove a number or email address."""
    with services_of(current_app).database.write() as session:
        patient = current_patient(session, slug, patient_id)
        address = own_address(session, patient, address_id)
        if any(row.address == address.patient_address for row in read_scheduled(session, patient, "UTC")):
            abort(409, "A message to it is scheduled. Cancel that first.")
        record_on_address(session, address, "address_removed")
        session.delete(address)
        touch_patient(patient)
    return _done(slug, patient_id)


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
    return _done(slug, patient_id)


@blueprint.post("/messages")
@open_to(Role.STAFF)
def new_message(slug: str, patient_id: int) -> Response | tuple[str, int]:
    """Text or email the patient, now or later; once even if the form is sent repeatedly."""
    services = services_of(current_app)
    draft = MessageDraft(
        text=request.form.get("text", ""),
        form_id=request.form.get("form_id", ""),
        address_id=read_row_id(request.form.get("address", "")) or 0,
        send_at=request.form.get("send_at", "").strip(),
    )
    try:
        outcome = _send(services, slug, patient_id, draft)
    except IntegrityError:  # the patient's first text arrived at the same time; its conversation is visible now
        outcome = _send(services, slug, patient_id, draft)
    services.queue.put_all(outcome.after_commit)
    if outcome.problem:
        shown = {"draft": draft, "message_problem": outcome.problem, "send_at": outcome.next_time or draft.send_at}
        return _show(slug, patient_id, **shown), 409
    flash("The message is scheduled." if draft.send_at else "The message is on its way.")
    return _done(slug, patient_id)


@blueprint.post("/messages/<int:delivery_id>/cancel")
@open_to(Role.STAFF)
def cancel(slug: str, patient_id: int, delivery_id: int) -> Response:
    """Cancel a scheduled message, unless it is being sent."""
    with services_of(current_app).database.write() as session:
        patient = own_patient(session, slug, patient_id)
        delivery = find_message(session, patient, delivery_id) or abort(404)
        if not cancel_message(delivery):
            abort(409, "This message is not waiting to be sent. Reload the page to see what became of it.")
        record_on_conversation(session, delivery.conversation_id, slug, "schedule_cancelled", delivery=delivery.id)
    flash("The message is cancelled.")
    return _done(slug, patient_id)


def _send(services: Services, slug: str, patient_id: int, draft: MessageDraft) -> Outgoing:
    with services.database.write() as session:
        patient = current_patient(session, slug, patient_id)
        outcome = send_message(session, patient, services.practices.require(slug), member().id, draft, now())
        if outcome.conversation_id is not None:
            action = "message_scheduled" if draft.send_at else "message_sent"
            detail = {"patient": patient.id, "delivery": outcome.delivery_id}
            record_on_conversation(session, outcome.conversation_id, slug, action, **detail)
    return outcome


def _lock_both(session: Session, slug: str, kept_id: int, dropped_id: int) -> tuple[Patient, Patient]:
    """Lock two records, always in the same order; abort with 409 if the other is not one of the practice's."""
    query = select(Patient).where(Patient.id.in_((kept_id, dropped_id)), Patient.practice == slug).order_by(Patient.id)
    found = {row.id: row for row in session.scalars(query.with_for_update().execution_options(populate_existing=True))}
    if len(found) < 2:
        abort(409, "There is no record with this number at this practice. Check the number.")
    return found[kept_id], found[dropped_id]


def _done(slug: str, patient_id: int) -> Response:
    return redirect(url_for("patient.page", slug=slug, patient_id=patient_id), 303)


def _show(slug: str, patient_id: int, **changes: Any) -> str:
    """Return the page, and record that it was shown."""
    services = services_of(current_app)
    before = read_row_id(request.args.get("before", ""))
    with services.database.read() as session:
        patient = own_patient(session, slug, patient_id)
        practice = services.practices.require(slug)
        shown = _read(session, patient, practice.time_zone, before, changes.pop("since", None))
    said = [(entry.key, entry.text) for entry in shown["history"].entries]
    details = [getattr(patient, name) for name in FIELDS]
    seal = seal_of(f"patient {patient_id}", [before, details, [a["shown"] for a in shown["addresses"]], said])
    if is_new_display(seal):
        with services.database.write() as session:
            record_on_patient(session, patient, "record_viewed", before=before, shown=len(said))
    defaults = {"typed": None, "wrong": {}, "problem": "", "address": "", "address_problem": "", "draft": None}
    defaults |= {"message_problem": "", "send_at": "", "form_id": secrets.token_hex(16)}
    return render_template("staff/patient_record.html", practice=practice, **(shown | defaults | changes))


def _read(session: Session, patient: Patient, zone: str, before: int | None, since: int | None) -> dict[str, Any]:
    newest = latest_merge(session, patient.id)
    linked = session.scalars(
        select(PatientConversation.conversation_id).where(PatientConversation.patient_id == patient.id)
    ).all()
    addresses = session.scalars(
        select(PatientAddress).where(PatientAddress.patient_id == patient.id).order_by(PatientAddress.id)
    ).all()
    return {
        "patient": patient,
        "labels": LABELS,
        "addresses": [_describe_address(session, address, zone) for address in addresses],
        "ways": list(ConsentHow),
        "mistakes": list(OptOutMistake),
        "history": read_history(session, patient, zone, before),
        "before": before,
        "linked": linked,
        "others": sharing_patients(session, patient),
        "merge": newest,
        "merged_at": display.clock(newest.created_at, zone) if newest else "",
        "scheduled": read_scheduled(session, patient, zone),
        "changed": changes_since(session, patient, since) if since is not None else [],
    }


def _describe_address(session: Session, address: PatientAddress, zone: str) -> dict[str, Any]:
    out = address.is_number and is_opted_out(session, address.practice, address.patient_address)
    return {
        "id": address.id,
        "shown": display.spoken(address.patient_address),
        "is_number": address.is_number,
        "opted_out": out,
        "can_undo": out and is_recorded_by_staff(session, address.practice, address.patient_address),
        "consent": ConsentHow(address.consent_how).words.lower() if address.consent_how else "",
        "consents": read_number_history(session, address, zone) if address.is_number else [],
    }
