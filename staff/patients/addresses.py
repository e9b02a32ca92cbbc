"""The numbers and email addresses of a patient's record, and consent to texts for each number."""

from __future__ import annotations

from flask import Blueprint, abort, current_app, flash, request
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from inbox.contact.consent import is_opted_out, record_consent, undo_opt_out
from inbox.contact.text_only import clear_text_only
from inbox.contact.text_permission import OPTED_OUT
from inbox.models import Patient, Role, now
from inbox.patients.book import add_address, addresses_of, touch_patient
from inbox.patients.records import normalise_address
from intake.errors import IntakeError
from intake.vocabulary import ConsentHow, EntityKind, OptOutMistake
from staff import display
from staff.auth.access import member, open_to
from staff.conversations.earlier_writers import EarlierWriter, Whose, read_choice, read_writers
from staff.patients.access import current_patient, own_address, record_on_address, record_on_patient
from staff.patients.outgoing import read_scheduled
from staff.patients.page import PREFIX, back_to_record, show_record
from web.services import services_of

NO_ADDRESS = "Enter a phone number such as (202) 555-0123, or an email address such as maria@example.com."
blueprint = Blueprint("patient_addresses", __name__, url_prefix=PREFIX)


@blueprint.post("/addresses")
@open_to(Role.STAFF)
def new_address(slug: str, patient_id: int) -> Response | tuple[str, int]:
    """Add a number or email address."""
    typed = request.form.get("new_address", "").strip()[:254]
    whose, services = read_choice(request.form), services_of(current_app)
    writer = None
    try:
        address = normalise_address(typed)
    except IntakeError:
        return show_record(slug, patient_id, address=typed, address_problem=NO_ADDRESS), 422
    with services.database.write() as session:
        patient = current_patient(session, slug, patient_id)
        if whose is None:
            writer = _find_stranger(session, patient, services.practices.require(slug).time_zone, address)
        added = None if writer else add_address(session, patient, address, is_shared=whose is Whose.SHARED)
        if added is not None:
            touch_patient(patient)
            record_on_address(session, added, "address_added", **({"whose": whose.value} if whose else {}))
    if writer is not None:
        return show_record(slug, patient_id, address=typed, shown_address=display.spoken(address), writer=writer), 409
    return back_to_record(slug, patient_id)


def _find_stranger(session: Session, patient: Patient, zone: str, address: str) -> EarlierWriter | None:
    """Return who has written from an address that a record lacks, None if nobody or if the record has that already."""
    writer = read_writers(session, patient.practice, zone, [address]).get(address)
    if writer is None or patient.id in writer.linked_to:
        return None
    return None if address in addresses_of(session, [patient.id])[patient.id] else writer


@blueprint.post("/addresses/<int:address_id>/shared")
@open_to(Role.STAFF)
def share_address(slug: str, patient_id: int, address_id: int) -> Response:
    """Note that a number or email address is others' as well, so that it names nobody; or that it is not."""
    is_shared = request.form.get("shared") != "no"
    with services_of(current_app).database.write() as session:
        patient = current_patient(session, slug, patient_id)
        address = own_address(session, patient, address_id)
        if address.is_shared != is_shared:
            address.is_shared = is_shared
            touch_patient(patient)
            record_on_address(session, address, "address_shared" if is_shared else "address_unshared")
    return back_to_record(slug, patient_id)


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
    return back_to_record(slug, patient_id)


@blueprint.post("/addresses/<int:address_id>/opt-out")
@open_to(Role.STAFF)
def record_opt_out(slug: str, patient_id: int, address_id: int) -> Response:
    """Record that a number wants no more texts; its consent counts again if that was a mistake."""
    with services_of(current_app).database.write() as session:
        address = own_address(session, current_patient(session, slug, patient_id), address_id)
        if not address.is_number:
            abort(400, "Only a phone number can be opted out of texts.")
        changed = record_consent(session, slug, address.patient_address, opted_out=True, recorded_by=member().id)
        record_on_address(session, address, "opted_out", changed=changed)
    return back_to_record(slug, patient_id)


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
    return back_to_record(slug, patient_id)


@blueprint.post("/addresses/<int:address_id>/can-be-called")
@open_to(Role.STAFF)
def mark_callable(slug: str, patient_id: int, address_id: int) -> Response:
    """Take away that the patient of a number can't be called, which a message seemed to say."""
    with services_of(current_app).database.write() as session:
        address = own_address(session, current_patient(session, slug, patient_id), address_id)
        changed = clear_text_only(session, slug, address.patient_address)
        record_on_address(session, address, "text_only_cleared", changed=changed)
    return back_to_record(slug, patient_id)


@blueprint.post("/addresses/<int:address_id>/remove")
@open_to(Role.STAFF)
def remove_address(slug: str, patient_id: int, address_id: int) -> Response:
    """Remove a number or email address."""
    with services_of(current_app).database.write() as session:
        patient = current_patient(session, slug, patient_id)
        address = own_address(session, patient, address_id)
        if any(row.address == address.patient_address for row in read_scheduled(session, patient, "UTC")):
            abort(409, "A message to it is scheduled. Cancel that first.")
        kind = EntityKind.PHONE if address.is_number else EntityKind.EMAIL
        record_on_patient(session, patient, "address_removed", address=address.id, kind=kind.value)
        session.delete(address)
        touch_patient(patient)
    flash(f"Removed {'the number' if kind is EntityKind.PHONE else 'the address'} from this record.")
    return back_to_record(slug, patient_id)
