"""The page that an urgent notification links to: the message, who was notified, and a button to acknowledge it."""

from __future__ import annotations

from flask import Blueprint, current_app, redirect, render_template, url_for
from werkzeug.wrappers import Response

from inbox.models import AlarmEnd, Role, now
from inbox.patient_book import record_names
from staff import display
from staff.auth.access import member, open_to, own_conversation, own_escalation, record_on_conversation
from staff.conversations.actions import finish_action
from staff.conversations.alarms import show_alarms
from staff.conversations.changes import ME, change_assignee, may_be_assigned
from tasks.notification.alarms import acknowledge, end_alarms
from tasks.pubsub import topics_of
from web.services import services_of

blueprint = Blueprint("acknowledge", __name__, url_prefix="/staff/escalations/<int:escalation_id>")


@blueprint.get("")
@open_to(Role.STAFF)
def page(escalation_id: int) -> str:
    """Show the message and who was notified about it."""
    services = services_of(current_app)
    with services.database.read() as session:
        escalation = own_escalation(session, escalation_id)
        practice = services.practices.require(escalation.practice)
        conversation, found = escalation.conversation, escalation.message.classification
        alarm = show_alarms(session, [escalation], {practice.slug: practice}, now())[conversation.id]
        names = record_names(session, [conversation], member().practices)
        shown = render_template(
            "staff/acknowledge.html",
            escalation=escalation,
            practice=practice.name,
            conversation=conversation,
            flag=found and display.triage_flag(found.triage, found.danger),
            language=display.foreign_language(found),
            channel=display.CHANNELS[conversation.channel],
            who=display.who(conversation, names.get(conversation.id, "")),
            received=display.clock(escalation.message.received_at, practice.time_zone),
            alarm=alarm,
        )
    with services.database.write() as session:
        record_on_conversation(session, conversation.id, practice.slug, "viewed", escalation=escalation_id)
    return shown


@blueprint.post("")
@open_to(Role.STAFF)
def press(escalation_id: int) -> Response:
    """Acknowledge the message, take on its conversation, and redirect to it; or back here if it was acknowledged."""
    services = services_of(current_app)
    with services.database.write() as session:
        escalation = own_escalation(session, escalation_id)
        conversation_id, practice = escalation.conversation_id, escalation.practice
        conversation = own_conversation(session, conversation_id, lock=True)
        is_first = acknowledge(session, escalation_id, member().name, member().id, AlarmEnd.BUTTON)
        if is_first:  # an older version of Intake raised several alarms for one conversation
            end_alarms(session, conversation_id, member().name, member().id, AlarmEnd.BUTTON)
            if conversation.assigned_to is None and may_be_assigned(session, practice, member().id):
                detail = change_assignee(session, conversation, ME)
                record_on_conversation(session, conversation_id, practice, "assigned", **detail)
    if not is_first:
        return redirect(url_for("acknowledge.page", escalation_id=escalation_id), 303)
    services.queue.announce(*topics_of(conversation_id, practice))
    return finish_action(conversation_id)
