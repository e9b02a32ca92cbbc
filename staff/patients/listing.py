"""The list of a practice's patient records, and the search by name, number, email address, or a part of one."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Blueprint, current_app, redirect, render_template, request, url_for
from sqlalchemy import select
from werkzeug.wrappers import Response

from inbox.models import Patient, Role
from inbox.patients.book import FOUND
from inbox.patients.search import SEARCHED, PatientSearch, search_patients
from staff.auth.access import first_practice, member, open_to, own_practice
from staff.patients.access import record_listing
from web.row_ids import read_row_id
from web.services import services_of

blueprint = Blueprint("patients", __name__, url_prefix="/staff/patients")

SHOWN = 50
LONGEST_SEARCH = 254


@blueprint.get("")
@open_to(Role.STAFF)
def first() -> Response:
    """Redirect to the records of the member's first practice."""
    return redirect(url_for(".page", slug=first_practice()), 303)


@blueprint.get("/<slug>")
@open_to(Role.STAFF)
def page(slug: str) -> str:
    """Show the newest records."""
    practice, before = own_practice(slug), read_row_id(request.args.get("before", ""))
    query = select(Patient).where(Patient.practice == practice.slug, Patient.merged_into.is_(None))
    if before is not None:
        query = query.where(Patient.id < before)
    with services_of(current_app).database.read() as session:
        found = session.scalars(query.order_by(Patient.id.desc()).limit(SHOWN + 1)).all()
    older = found[SHOWN - 1].id if len(found) > SHOWN else None
    return _show(slug, found[:SHOWN], "", older)


@blueprint.post("/<slug>/search")
@open_to(Role.STAFF)
def search(slug: str) -> str:
    """Show the records that match, sent by POST to keep the search out of URLs and browser history."""
    practice, wanted = own_practice(slug), request.form.get("wanted", "").strip()[:LONGEST_SEARCH]
    with services_of(current_app).database.read() as session:
        found = search_patients(session, practice.slug, wanted)
    return _show(slug, found.patients, wanted, None, found)


def _show(
    slug: str, found: Sequence[Patient], wanted: str, older: int | None, search: PatientSearch | None = None
) -> str:
    services = services_of(current_app)
    action = "patients_searched" if request.method == "POST" else "patients_listed"
    if found or wanted:
        with services.database.write() as session:
            record_listing(
                session, slug, action, [patient.id for patient in found], searched=search.searched if search else 0
            )
    practices = [services.practices.require(own) for own in member().practices]
    return render_template(
        "staff/patients.html",
        practice=services.practices.require(slug),
        practices=practices,
        patients=found,
        wanted=wanted,
        older=older,
        most=FOUND,
        is_near=search is not None and search.is_near,
        only_newest=SEARCHED if search is not None and not search.is_complete else 0,
    )
