"""Adding what was found in a message to a patient's record, or to the conversation as its name.

The form names a place in a message. The value is read from there again, so the form holds none.
"""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, abort, current_app, request
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from inbox.models import Conversation, Patient, Role, now
from inbox.patients.book import (
    FIELDS,
    add_address,
    check_details,
    edit_patient,
    patients_of_conversation,
    touch_patient,
)
from intake.practices import Practice
from intake.vocabulary import EntityKind
from staff.auth.access import open_to, record_on_conversation
from staff.conversations.actions import finish_action
from staff.conversations.earlier_writers import UNANSWERED, Whose, read_choice, read_writers
from staff.conversations.found import find_offer
from staff.conversations.offers import Offer
from staff.patients.access import current_patient, record_on_patient, unborrowed_conversation
from tasks.pubsub import topics_of
from web.services import services_of

blueprint = Blueprint("found_values", __name__, url_prefix="/staff/conversations/<int:conversation_id>/found")

GONE = "This is no longer offered, as the message has changed. Go back and reload the page."


@blueprint.post("")
@open_to(Role.STAFF)
def name_conversation(conversation_id: int) -> Response:
    """Give a conversation without a name the name that was found."""
    services = services_of(current_app)
    with services.database.write() as session:
        conversation = unborrowed_conversation(session, conversation_id, lock=True)
        offer = _offered(session, conversation, EntityKind.NAME)
        if conversation.patient_name is not None:
            abort(409, "This conversation has a name by now. Reload the page.")
        conversation.patient_name = offer.value
        record_on_conversation(
            session, conversation.id, conversation.practice, "name_added", message=offer.said.message
        )
    services.queue.announce(*topics_of(conversation.id, conversation.practice))
    return finish_action(conversation_id)


@blueprint.post("/<int:patient_id>")
@open_to(Role.STAFF)
def add_to_record(conversation_id: int, patient_id: int) -> Response:
    """Add a number, email address, or birth date that was found to a record of the conversation's patient."""
    services = services_of(current_app)
    with services.database.write() as session:
        conversation = unborrowed_conversation(session, conversation_id, lock=True)
        patient = current_patient(session, conversation.practice, patient_id)
        practice = services.practices.require(conversation.practice)
        if patient.id not in [known.id for known in patients_of_conversation(session, conversation)]:
            abort(409, "This conversation does not belong to that record. Reload the page.")
        offer = _offered(session, conversation, EntityKind.PHONE, EntityKind.EMAIL, EntityKind.DOB)
        whose = read_choice(request.args)
        if whose is None and offer.kind is not EntityKind.DOB:
            _require_unused(session, conversation, practice, patient, offer.value)
        source = {"message": offer.said.message, "kind": offer.kind.value}
        if whose is not None:
            source["whose"] = whose.value
        changes = _write(session, patient, offer, practice.time_zone, is_shared=whose is Whose.SHARED)
        if changes is not None:
            record_on_patient(session, patient, "found_added", conversation=conversation.id, **source, **changes)
            record_on_conversation(
                session, conversation.id, conversation.practice, "found_added", patient=patient.id, **source
            )
    services.queue.announce(*topics_of(conversation.id, conversation.practice))
    return finish_action(conversation_id)


def _require_unused(
    session: Session, conversation: Conversation, practice: Practice, patient: Patient, address: str
) -> None:
    """Abort with 409 if somebody has written from an address, as staff have to say then whose it is."""
    slug, zone = practice.slug, practice.time_zone
    writer = read_writers(session, slug, zone, [address], besides=[conversation.id]).get(address)
    if writer is not None and patient.id not in writer.linked_to:
        abort(409, f"{UNANSWERED} Go back and reload the page.")


def _write(session: Session, patient: Patient, offer: Offer, zone: str, *, is_shared: bool) -> dict[str, Any] | None:
    """Write a value into a locked record, and return what the trail says besides; None if it is there already."""
    if offer.kind is not EntityKind.DOB:
        added = add_address(session, patient, offer.value, is_shared=is_shared)
        if added is not None:
            touch_patient(patient)
        return None if added is None else {}
    if patient.birth_date == offer.value:
        return None
    known = {name: getattr(patient, name) or "" for name in FIELDS}
    details, _ = check_details(known | {"birth_date": offer.value}, now().astimezone(ZoneInfo(zone)).date())
    if patient.birth_date is not None or details is None:
        abort(409, "This record has another birth date, or this one cannot be right. Reload the page.")
    return {"fields": edit_patient(patient, details), "version": patient.version}


def _offered(session: Session, conversation: Conversation, *kinds: EntityKind) -> Offer:
    """Return what the form names, or abort with 409."""
    practice = services_of(current_app).practices.require(conversation.practice)
    offer = find_offer(session, conversation, practice, request.form.get("found", ""))
    if offer is None or offer.kind not in kinds:
        abort(409, GONE)
    return offer
