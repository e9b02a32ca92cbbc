"""Sending a message from a patient's record, and sending a scheduled one at once, changing it, or cancelling it."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, abort, current_app, flash, redirect, request, url_for
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from inbox.models import Conversation, DeliveryState, Patient, Role, UndoKind, now
from staff import display
from staff.auth.access import member, open_to, record_on_conversation
from staff.conversations.send_later import as_typed
from staff.patients.access import current_patient, own_patient
from staff.patients.outgoing import (
    NOT_WAITING,
    MessageDraft,
    Outgoing,
    cancel_message,
    find_message,
    send_message,
    send_scheduled,
)
from staff.patients.page import PREFIX, back_to_record, show_record
from staff.undo.offers import Beginning, hold_for, offer_undo
from web.row_ids import read_row_id
from web.services import Services, services_of

CANCELLED = "The message is cancelled. Its words are in the box again."
QUEUED = "The message is queued. The history below says what becomes of it."
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
        despite=bool(request.form.get("despite")),
        untimely=bool(request.form.get("untimely")),
    )
    try:
        outcome = _send(services, slug, patient_id, draft)
    except IntegrityError:  # the patient's first text arrived at the same time; its conversation is visible now
        outcome = _send(services, slug, patient_id, draft)
    services.queue.put_all(outcome.after_commit)
    if outcome.problem:
        shown: dict[str, Any] = {
            "draft": draft,
            "message_problem": outcome.problem,
            "send_at": outcome.next_time or draft.send_at,
        }
        shown["asks_untimely"] = outcome.is_untimely
        return show_record(slug, patient_id, **shown), 409
    waits = outcome.delivery and outcome.delivery.scheduled_for
    zone = services.practices.require(slug).time_zone
    flash(f"The message is scheduled for {display.clock(waits, zone)}." if waits else QUEUED)
    return back_to_record(slug, patient_id)


@blueprint.post("/messages/<int:delivery_id>/send-now")
@open_to(Role.STAFF)
def send_now(slug: str, patient_id: int, delivery_id: int) -> Response | tuple[str, int]:
    """Send a scheduled message at once, if the patient may be written to now."""
    services = services_of(current_app)
    with services.database.write() as session:
        patient = current_patient(session, slug, patient_id)
        practice = services.practices.require(slug)
        delivery = find_message(session, patient, delivery_id) or abort(404)
        outcome = send_scheduled(
            session,
            patient,
            practice,
            member().id,
            delivery,
            now(),
            hold_for(),
            despite=bool(request.form.get("despite")),
            untimely=bool(request.form.get("untimely")),
        )
        _finish(session, patient, outcome, "schedule_sent_now")
    services.queue.put_all(outcome.after_commit)
    if outcome.is_untimely:
        return show_record(slug, patient_id, asked_about=delivery_id, asked=outcome.problem), 409
    if outcome.problem:
        return show_record(slug, patient_id, message_problem=outcome.problem), 409
    flash(QUEUED)
    return back_to_record(slug, patient_id)


@blueprint.post("/messages/<int:delivery_id>/cancel")
@open_to(Role.STAFF)
def cancel(slug: str, patient_id: int, delivery_id: int) -> Response:
    """Cancel a scheduled message, unless it is being sent, and give its words back to the box."""
    _take_back(slug, patient_id, delivery_id)
    flash(CANCELLED)
    return _to_box(slug, patient_id, delivery_id)


@blueprint.post("/messages/<int:delivery_id>/edit")
@open_to(Role.STAFF)
def edit(slug: str, patient_id: int, delivery_id: int) -> Response:
    """Do the same, and put its time in the form, too, to be scheduled again."""
    at = _take_back(slug, patient_id, delivery_id)
    return _to_box(slug, patient_id, delivery_id, at or None)


def _to_box(slug: str, patient_id: int, delivery_id: int, send_at: str | None = None) -> Response:
    """Redirect to the record's form, which has the words of a message that was taken back, and a time."""
    page = url_for("patient.page", slug=slug, patient_id=patient_id, again=delivery_id, send_at=send_at)
    return redirect(f"{page}#new-message", 303)


def _take_back(slug: str, patient_id: int, delivery_id: int) -> str:
    """Cancel a scheduled message, and return its time as a form has it; empty for a held one, as it has passed."""
    services = services_of(current_app)
    with services.database.write() as session:
        patient = own_patient(session, slug, patient_id)
        delivery = find_message(session, patient, delivery_id) or abort(404)
        is_held = delivery.state == DeliveryState.HELD
        if not cancel_message(delivery):
            abort(409, NOT_WAITING)
        record_on_conversation(session, delivery.conversation_id, slug, "schedule_cancelled", delivery=delivery.id)
        zone = ZoneInfo(services.practices.require(slug).time_zone)
        return "" if is_held else as_typed((delivery.scheduled_for or delivery.created_at).astimezone(zone))


def _send(services: Services, slug: str, patient_id: int, draft: MessageDraft) -> Outgoing:
    with services.database.write() as session:
        patient = current_patient(session, slug, patient_id)
        practice = services.practices.require(slug)
        outcome = send_message(session, patient, practice, member().id, draft, now(), hold_for())
        _finish(session, patient, outcome, "message_scheduled" if draft.send_at else "message_sent")
    return outcome


def _finish(session: Session, patient: Patient, outcome: Outgoing, action: str) -> None:
    """Record what was done with a message, and offer to undo it unless it waits for its time."""
    delivery = outcome.delivery
    if delivery is None:
        return
    conversation = session.get_one(Conversation, delivery.conversation_id)
    detail: dict[str, Any] = {"patient": patient.id, "delivery": delivery.id}
    if outcome.although_unsafe:
        detail["although_unsafe"] = True
    if outcome.outside_hours:
        detail["outside_hours"] = True
    record_on_conversation(session, delivery.conversation_id, patient.practice, action, **detail)
    if delivery.scheduled_for is not None:
        return
    was_for = outcome.was_for.isoformat() if outcome.was_for else None
    offer_undo(
        session,
        conversation,
        UndoKind.MESSAGE,
        Beginning(outcome.before, []),
        delivery_id=delivery.id,
        added={"patient": patient.id, "began": outcome.began, "scheduled_for": was_for},
    )
