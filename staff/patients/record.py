"""A patient's record: showing it, and saving its details."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from flask import Blueprint, current_app, flash, request
from werkzeug.wrappers import Response

from inbox.models import Role, now
from inbox.patients.book import FIELDS, check_details, edit_patient
from staff.auth.access import open_to
from staff.patients.access import current_patient, record_on_patient
from staff.patients.page import PREFIX, back_to_record, show_record
from web.row_ids import read_row_id
from web.services import services_of

blueprint = Blueprint("patient", __name__, url_prefix=PREFIX)

OVERTAKEN = (
    "Not saved: a colleague changed this record after you opened it. Your edits are still here. Check, then save again."
)


@blueprint.get("")
@open_to(Role.STAFF)
def page(slug: str, patient_id: int) -> str:
    """Show a record."""
    return show_record(slug, patient_id)


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
        return show_record(slug, patient_id, typed=typed, problem=OVERTAKEN, since=version), 409
    if wrong:
        return show_record(slug, patient_id, typed=typed, wrong=wrong, problem="Not saved: fix the fields below."), 422
    flash("Saved.")
    return back_to_record(slug, patient_id)
