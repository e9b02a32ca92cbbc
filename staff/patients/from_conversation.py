"""Making a record of the patient of a conversation, or adding the conversation to a record that exists.

What the sender said of themselves is offered, and written only if a member chooses it. It is read from the
conversation again, so that the form holds choices and no values.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from flask import Blueprint, abort, current_app, redirect, render_template, request, url_for
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from inbox.contact.unsafe_contact import read_flags
from inbox.models import Conversation, Message, Patient, Role, now
from inbox.patients.book import (
    FIELDS,
    Details,
    add_address,
    check_details,
    create_patient,
    find_alike,
    find_namesakes,
    link_conversation,
    patients_of_conversation,
    touch_patient,
)
from inbox.patients.records import normalise_address
from inbox.patients.search import search_patients
from intake.errors import IntakeError
from intake.practices import Practice
from staff import display
from staff.auth.access import open_to, record_on_conversation
from staff.conversations.earlier_writers import UNANSWERED, Whose, read_choice, read_writers
from staff.conversations.found import NOT_SAFE, find_offer, read_offered
from staff.patients.access import record_listing, record_on_patient, unborrowed_conversation
from staff.patients.history import LABELS
from staff.patients.listing import LONGEST_SEARCH
from web.row_ids import read_row_id
from web.services import services_of

blueprint = Blueprint("patient_of", __name__, url_prefix="/staff/conversations/<int:conversation_id>/patient")


@dataclass(frozen=True, slots=True)
class _Choice:
    """A value that a member chose: what it is, and for a number that somebody has written from, whose it is."""

    kind: str
    value: str = field(repr=False)
    whose: Whose | None = None

    @property
    def is_address(self) -> bool:
        """Whether it is a number or an email address."""
        return self.kind not in ("name", "dob")


NO_RECORD = "There is no such record at this practice any more. Search for it again."


@blueprint.app_template_filter("dialed")
def dialed(shown: str) -> str:
    """Return the number that a shown one stands for, for a link that calls it; see `display`."""
    return display.dialed(shown)


@blueprint.app_template_filter("calendar_day")
def calendar_day(value: str) -> str:
    """Write a birth date as people here do."""
    return display.calendar_day(value)


@blueprint.get("")
@open_to(Role.STAFF)
def page(conversation_id: int) -> str:
    """Show what a record could be made of."""
    return _show(conversation_id)


@blueprint.post("")
@open_to(Role.STAFF)
def create(conversation_id: int) -> Response | tuple[str, int]:
    """Create a record, or add the conversation and what was chosen to the record whose number is given.

    If the practice seems to have a record of this patient, ask first.
    """
    services = services_of(current_app)
    typed = {name: request.form.get(name, "") for name in FIELDS}
    other = request.form.get("record", "").strip()
    wrong: dict[str, str] = {}
    patient: Patient | None = None
    alike: list[Patient] = []
    with services.database.write() as session:
        conversation = unborrowed_conversation(session, conversation_id, lock=True)
        practice = services.practices.require(conversation.practice)
        used = _read_used()
        chosen = _read_chosen(session, conversation, practice, used)
        _fill_in(typed, chosen)
        if unsaid := _find_unsaid(session, conversation, practice, chosen, read_row_id(other)):
            wrong = unsaid
        elif other:
            patient = _existing(session, conversation.practice, other)
        else:
            zone = ZoneInfo(practice.time_zone)
            details, wrong = check_details(typed, now().astimezone(zone).date())
            if details is not None:
                patient, alike = _create(session, conversation.practice, details, chosen)
        if patient is not None:
            _fill(session, patient, conversation, chosen, is_new=not other)
            namesakes = [] if other else [row.id for row in find_namesakes(session, patient)]
            if namesakes:
                record_listing(session, patient.practice, "patients_searched", namesakes)
    if patient is None and (unsaid or other):
        problem = "" if unsaid else NO_RECORD
        return _show(conversation_id, typed=typed, wrong=wrong, used=used, problem=problem), 409
    if alike:
        return _show(conversation_id, typed=typed, used=used, alike=alike), 409
    if patient is None:
        return _show(conversation_id, typed=typed, wrong=wrong, used=used), 422
    at = {"conversation": str(conversation_id)} | ({"alike": "yes"} if namesakes else {})
    return redirect(f"{url_for('patient.page', slug=patient.practice, patient_id=patient.id)}?{urlencode(at)}", 303)


@blueprint.post("/search")
@open_to(Role.STAFF)
def search(conversation_id: int) -> str:
    """Show the records that the conversation could be added to."""
    wanted = request.form.get("wanted", "").strip()[:LONGEST_SEARCH]
    services = services_of(current_app)
    with services.database.read() as session:
        conversation = unborrowed_conversation(session, conversation_id)
        found = search_patients(session, conversation.practice, wanted)
    ids = [patient.id for patient in found.patients]
    with services.database.write() as session:
        record_listing(session, conversation.practice, "patients_searched", ids, searched=found.searched)
    return _show(conversation_id, wanted=wanted, matches=found.patients)


def read_offers(session: Session, conversation: Conversation) -> dict[str, str]:
    """Return what a record could take from a conversation: the address that wrote, and what the sender claims.

    `address` is the only one that is proven; the others are what anyone can write.
    """
    query = select(Message).where(Message.conversation_id == conversation.id)
    latest = session.scalars(query.order_by(Message.id.desc()).limit(1)).first()
    offers = {
        "address": conversation.patient_address,
        "name": (latest and latest.claimed_name) or conversation.patient_name,
        "phone": (latest and latest.claimed_phone) or conversation.contact_phone,
        "email": (latest and latest.claimed_email) or conversation.contact_email,
    }
    proven = offers["address"]
    return {key: value for key, value in offers.items() if value and (key == "address" or value != proven)}


def _fill_in(typed: dict[str, str], chosen: Sequence[_Choice]) -> None:
    """Put a name and a birth date that were chosen where nothing was typed."""
    for kind, name in (("name", "name"), ("dob", "birth_date")):
        values = [choice.value for choice in chosen if choice.kind == kind]
        if values and not typed[name].strip():
            typed[name] = values[0]


def _read_used() -> list[str]:
    """Return the keys of what a member chose: what they checked, and the numbers of which they said whose they are."""
    said = [name.removeprefix("whose-") for name in request.form if name.startswith("whose-")]
    return list(dict.fromkeys([*request.form.getlist("use"), *(key for key in said if read_choice(request.form, key))]))


def _read_chosen(
    session: Session, conversation: Conversation, practice: Practice, used: Sequence[str]
) -> list[_Choice]:
    """Return the values that a member chose."""
    offers = read_offers(session, conversation)
    chosen = []
    for key in used:
        whose = read_choice(request.form, key)
        if key in offers:
            chosen.append(_Choice(key, offers[key], whose))
        elif (offer := find_offer(session, conversation, practice, key)) is not None:
            chosen.append(_Choice(offer.kind.lower(), offer.value, whose))
    return chosen


def _find_unsaid(
    session: Session, conversation: Conversation, practice: Practice, chosen: Sequence[_Choice], record: int | None
) -> dict[str, str]:
    """Return what is wrong if somebody has written from a chosen number and the member has not said whose it is."""
    unsaid = _addresses([choice for choice in chosen if choice.kind in ("phone", "email") and choice.whose is None])
    writers = read_writers(session, practice.slug, practice.time_zone, unsaid, besides=[conversation.id])
    return {"whose": UNANSWERED} if any(record not in writer.linked_to for writer in writers.values()) else {}


def _create(
    session: Session, practice: str, details: Details, chosen: Sequence[_Choice]
) -> tuple[Patient | None, list[Patient]]:
    """Create a record, or return those that may be the same patient's, unless the member has seen them."""
    alike = [] if "anyway" in request.form else find_alike(session, practice, details, _addresses(chosen))
    if not alike:
        return create_patient(session, practice, details), []
    record_listing(session, practice, "patients_searched", [row.id for row in alike])
    return None, alike


def _addresses(chosen: Sequence[_Choice]) -> list[str]:
    """Return the numbers and email addresses among what a member chose; those that are neither are refused later."""
    found = []
    for choice in chosen:
        with suppress(IntakeError):
            found += [normalise_address(choice.value)] if choice.is_address else []
    return found


def _existing(session: Session, practice: str, typed: str) -> Patient | None:
    query = select(Patient).where(
        Patient.id == (read_row_id(typed) or 0), Patient.practice == practice, Patient.merged_into.is_(None)
    )
    return session.scalar(query.with_for_update())


def _fill(
    session: Session, patient: Patient, conversation: Conversation, chosen: Sequence[_Choice], *, is_new: bool
) -> None:
    """Link a conversation to a record, with the addresses that the member chose."""
    added = []
    for choice in chosen:
        is_shared = choice.whose is Whose.SHARED
        try:
            if choice.is_address and add_address(session, patient, choice.value, is_shared=is_shared) is not None:
                added.append(choice.kind)
        except IntakeError:
            abort(400, "That is no number or email address that can be used. Leave it out.")
    linked = link_conversation(session, patient, conversation)
    if not is_new and (added or linked):
        touch_patient(patient)
    action = "record_created" if is_new else "patient_linked"
    used = sorted({*added, "name", "dob"} & {choice.kind for choice in chosen}) if is_new else added
    whose = sorted({choice.whose.value for choice in chosen if choice.whose is not None})
    said = {"whose": whose} if whose else {}
    record_on_patient(session, patient, action, conversation=conversation.id, used=used, **said)
    record_on_conversation(session, conversation.id, conversation.practice, "patient_linked", patient=patient.id)


def _show(conversation_id: int, **changes: Any) -> str:
    services = services_of(current_app)
    with services.database.write() as session:
        conversation = unborrowed_conversation(session, conversation_id)
        practice = services.practices.require(conversation.practice)
        proposals = read_offered(session, conversation, practice).all
        offers = read_offers(session, conversation)
        unsafe = read_flags(session, practice.slug).among(set(offers.values()))
        given = {key: offers[key] for key in ("phone", "email") if key in offers}
        zone = practice.time_zone
        writers = read_writers(session, practice.slug, zone, set(given.values()), besides=[conversation.id])
        shown: dict[str, Any] = {
            "conversation": conversation,
            "practice": practice,
            "found": proposals,
            "offers": {key: display.spoken(value) for key, value in offers.items()},
            "warnings": {key: NOT_SAFE for key, value in offers.items() if value in unsafe},
            "writers": {key: writers[value] for key, value in given.items() if value in writers},
            "said": {key: request.form.get(f"whose-{key}", "") for key in _read_used()},
            "known": patients_of_conversation(session, conversation),
            "labels": LABELS,
            "typed": dict.fromkeys(FIELDS, ""),
            "wrong": {},
            "used": ["address"] if offers.get("address") not in unsafe else [],
            "wanted": "",
            "matches": [],
            "alike": [],
            "problem": "",
        }
        known = [patient.id for patient in shown["known"]]
        record_on_conversation(
            session,
            conversation.id,
            conversation.practice,
            "patient_offered",
            patients=known,
            offers=list(shown["offers"]),
            found=[proposal.offer.key for proposal in proposals],
        )
    return render_template("staff/patient_new.html", **(shown | changes))
