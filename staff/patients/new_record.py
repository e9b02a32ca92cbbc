"""Making a record of a patient whom staff know without a conversation, such as one who called."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from inbox.contact.consent import is_opted_out
from inbox.contact.text_permission import OPTED_OUT
from inbox.models import Patient, PatientAddress, Role, now
from inbox.patients.book import (
    FIELDS,
    Details,
    add_address,
    check_details,
    create_patient,
    find_alike,
    find_namesakes,
    patients_at,
)
from inbox.patients.records import normalise_address
from intake.errors import IntakeError
from intake.vocabulary import ConsentHow
from staff import display
from staff.auth.access import member, open_to, own_practice
from staff.conversations.earlier_writers import EarlierWriter, Whose, read_choice, read_writers
from staff.patients.access import record_listing, record_on_address, record_on_patient
from staff.patients.addresses import NO_ADDRESS
from staff.patients.history import LABELS
from web.services import services_of

blueprint = Blueprint("new_patient", __name__, url_prefix="/staff/patients/<slug>/new")

ASKED = ("name", "birth_date", "language")
LONGEST_ADDRESS = 254


@blueprint.get("")
@open_to(Role.STAFF)
def page(slug: str) -> str:
    """Show the empty form."""
    return _show(slug, {}, {}, [])


@blueprint.post("")
@open_to(Role.STAFF)
def create(slug: str) -> Response | tuple[str, int]:
    """Create a record with a number or email address; show the one that seems to be the same patient's instead."""
    practice, services = own_practice(slug), services_of(current_app)
    typed = {name: request.form.get(name, "") for name in (*FIELDS, "new_address", "how")}
    details, wrong = check_details(typed, now().astimezone(ZoneInfo(practice.time_zone)).date())
    address = ""
    try:
        address = normalise_address(typed["new_address"].strip()[:LONGEST_ADDRESS])
    except IntakeError:
        wrong["new_address"] = NO_ADDRESS
    with services.database.write() as session:
        if address and typed["how"] and (problem := _why_no_consent(session, slug, address, typed["how"])):
            wrong["how"] = problem
        if details is None or wrong:
            return _show(slug, typed, wrong, []), 422
        alike = [] if "anyway" in request.form else _find_same(session, slug, details, address)
        if alike:
            record_listing(session, slug, "patients_searched", [patient.id for patient in alike])
            return _show(slug, typed, {}, alike), 409
        whose = read_choice(request.form)
        writer = None if whose else read_writers(session, slug, practice.time_zone, [address]).get(address)
        if writer is not None:
            return _show(slug, typed, {}, [], writer), 409
        patient = create_patient(session, slug, details)
        added = add_address(session, patient, address, is_shared=whose is Whose.SHARED)
        said = {"whose": whose.value} if whose else {}
        record_on_patient(session, patient, "record_created", used=["address"], **said)
        if added is not None and typed["how"]:
            _note_consent(session, added, typed["how"])
        namesakes = [other.id for other in find_namesakes(session, patient)]
        if namesakes:
            record_listing(session, slug, "patients_searched", namesakes)
    flash("The record is created.")
    return redirect(url_for("patient.page", slug=slug, patient_id=patient.id, alike="yes" if namesakes else None), 303)


def _why_no_consent(session: Session, practice: str, address: str, how: str) -> str:
    if "@" in address:
        return "Only a phone number can have a consent to texts. Leave this empty."
    if how not in set(ConsentHow):
        return "Choose how the patient agreed to texts at this number."
    return OPTED_OUT if is_opted_out(session, practice, address) else ""


def _note_consent(session: Session, address: PatientAddress, how: str) -> None:
    address.consent_how, address.consent_by, address.consent_at = how, member().id, now()
    record_on_address(session, address, "consent_recorded", how=how)


def _find_same(session: Session, practice: str, details: Details, address: str) -> list[Patient]:
    """Return the records that have the same number or address, or the same name and birth date."""
    found = [*patients_at(session, practice, address), *find_alike(session, practice, details, [address])]
    return list({patient.id: patient for patient in found}.values())


def _show(
    slug: str,
    typed: Mapping[str, str],
    wrong: Mapping[str, str],
    alike: list[Patient],
    writer: EarlierWriter | None = None,
) -> str:
    shown: dict[str, Any] = {
        "practice": own_practice(slug),
        "labels": {name: LABELS[name] for name in ASKED},
        "typed": dict.fromkeys((*ASKED, "new_address", "how"), "") | dict(typed),
        "wrong": wrong,
        "alike": alike,
        "anyway": "anyway" in request.form,
        "writer": writer,
        "shown_address": display.spoken(normalise_address(typed["new_address"])) if writer else "",
        "consents": {how: how.words for how in ConsentHow},
        "longest_address": LONGEST_ADDRESS,
    }
    return render_template("staff/patient_by_hand.html", **shown)
