"""Sending a message from a patient's record, and cancelling a scheduled one."""

from __future__ import annotations

from flask import Blueprint, abort, current_app, flash, request
from sqlalchemy.exc import IntegrityError
from werkzeug.wrappers import Response

from inbox.models import Role, now
from staff.auth.access import member, open_to, record_on_conversation
from staff.patients.access import current_patient, own_patient
from staff.patients.outgoing import MessageDraft, Outgoing, cancel_message, find_message, send_message
from staff.patients.page import PREFIX, back_to_record, show_record
from web.row_ids import read_row_id
from web.services import Services, services_of

blueprint = Blueprint("patient_messages", __name__, url_prefix=PREFIX)


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
        return show_record(slug, patient_id, **shown), 409
    flash("The message is scheduled." if draft.send_at else "The message is on its way.")
    return back_to_record(slug, patient_id)


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
    return back_to_record(slug, patient_id)


def _send(services: Services, slug: str, patient_id: int, draft: MessageDraft) -> Outgoing:
    with services.database.write() as session:
        patient = current_patient(session, slug, patient_id)
        outcome = send_message(session, patient, services.practices.require(slug), member().id, draft, now())
        if outcome.conversation_id is not None:
            action = "message_scheduled" if draft.send_at else "message_sent"
            detail = {"patient": patient.id, "delivery": outcome.delivery_id}
            record_on_conversation(session, outcome.conversation_id, slug, action, **detail)
    return outcome
