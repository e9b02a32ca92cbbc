"""The page that an urgent notification links to: the message, who was notified, and a button to acknowledge it."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, current_app, redirect, render_template, url_for
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from inbox.models import Escalation, Notification, NotificationState, Role
from intake.practices import Practice
from intake.vocabulary import Priority, words_of
from staff import display
from staff.auth.access import member, open_to, own_escalation, record_on_conversation
from tasks.notification.escalation import acknowledge
from tasks.notification.escalation_policy import NEVER
from tasks.notification.models import CONSOLE, telephone_of
from tasks.pubsub import topics_of
from web.services import services_of

blueprint = Blueprint("acknowledge", __name__, url_prefix="/staff/escalations/<int:escalation_id>")

_STATES = {
    NotificationState.PENDING: "notifying",
    NotificationState.SENDING: "notifying",
    NotificationState.SENT: "notified",
    NotificationState.FAILED: "could not be notified",
    NotificationState.DROPPED: "not notified: already acknowledged",
}


@dataclass(frozen=True, slots=True)
class Step:
    """One notification of a contact, in display words."""

    who: str
    state: str
    at: str


@blueprint.get("")
@open_to(Role.STAFF)
def page(escalation_id: int) -> str:
    """Show the message and who was notified about it."""
    services = services_of(current_app)
    with services.database.read() as session:
        escalation = own_escalation(session, escalation_id)
        practice = services.practices.require(escalation.practice)
        conversation, found = escalation.message.conversation, escalation.message.classification
        shown = render_template(
            "staff/acknowledge.html",
            escalation=escalation,
            practice=practice.name,
            conversation=conversation,
            flag=found and display.triage_flag(found.triage, found.danger),
            language=display.foreign_language(found),
            channel=display.CHANNELS[conversation.channel],
            who=display.who(conversation),
            received=display.clock(escalation.message.received_at, practice.time_zone),
            acknowledged=escalation.acknowledged_at and display.clock(escalation.acknowledged_at, practice.time_zone),
            goes_on=escalation.next_step_at < NEVER,
            steps=_steps(session, escalation, practice),
        )
    with services.database.write() as session:
        record_on_conversation(session, conversation.id, practice.slug, "viewed", escalation=escalation_id)
    return shown


@blueprint.post("")
@open_to(Role.STAFF)
def press(escalation_id: int) -> Response:
    """Acknowledge the message and redirect to the conversation, or back here if someone else already did."""
    services = services_of(current_app)
    with services.database.write() as session:
        escalation = own_escalation(session, escalation_id)
        conversation_id, practice = escalation.message.conversation_id, escalation.practice
        is_first = acknowledge(session, escalation_id, member().name, member().id)
    if not is_first:
        return redirect(url_for("acknowledge.page", escalation_id=escalation_id), 303)
    services.queue.announce(*topics_of(conversation_id, practice))
    return redirect(f"/staff/conversations/{conversation_id}", 303)


def _steps(session: Session, escalation: Escalation, practice: Practice) -> list[Step]:
    query = select(Notification).where(
        Notification.message_id == escalation.message_id,
        Notification.priority == Priority.URGENT,
        Notification.target != CONSOLE,
    )
    return [
        Step(
            _who(row, practice),
            _STATES[NotificationState(row.state)],
            display.clock(row.updated_at, practice.time_zone),
        )
        for row in session.scalars(query.order_by(Notification.id))
    ]


def _who(row: Notification, practice: Practice) -> str:
    return words_of(row.team) if telephone_of(practice, row.escalation_step) is None else "On-call phone"
