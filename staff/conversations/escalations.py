"""The page that an urgent notification links to: the message, who was notified, and a button to acknowledge it."""

from __future__ import annotations

from flask import Blueprint, abort, current_app, redirect, render_template, url_for
from werkzeug.wrappers import Response

from inbox.contact.consent import number_of
from inbox.contact.unsafe_contact import flag_on, hours_of, lifted_until
from inbox.models import AlarmEnd, ConversationState, Role, UndoKind, now
from inbox.patients.book import record_names
from intake.vocabulary import SAMPLE, Channel
from staff import display
from staff.auth.access import member, open_to, own_conversation, own_escalation, record_on_conversation
from staff.conversations.actions import change_status, finish_action
from staff.conversations.alarms import read_alarm, whom_to_call
from staff.conversations.changes import change_assignee
from staff.conversations.no_word import read_way
from staff.conversations.people import may_be_assigned
from staff.conversations.phone_calls import CallOutcome
from staff.conversations.rows import text_of
from staff.conversations.unseen import newest_shown, require_seen
from staff.undo.offers import begin_action, offer_undo
from tasks.notification.alarms import acknowledge, end_alarms, open_alarms
from tasks.notification.escalation import PAGED_AGAIN_EVERY, page_again, was_paged_lately
from tasks.notification.models import tickets_for
from tasks.pubsub import topics_of
from tasks.queues.queue import AfterCommit
from web.services import services_of

blueprint = Blueprint("acknowledge", __name__, url_prefix="/staff/escalations/<int:escalation_id>")


@blueprint.get("")
@open_to(Role.STAFF)
def page(escalation_id: int) -> str | Response:
    """Show the message and who was notified about it; of an alarm that was raised anew since, the open one."""
    services = services_of(current_app)
    with services.database.read() as session:
        escalation = own_escalation(session, escalation_id)
        raised = open_alarms(session, escalation.conversation_id)
        if raised and escalation.acknowledged_at is not None:
            return redirect(url_for("acknowledge.page", escalation_id=raised[-1].id), 303)
        practice = services.practices.require(escalation.practice)
        conversation, found = escalation.conversation, escalation.message.classification
        own, is_fictional = member().practices, escalation.message.provider == SAMPLE
        alarm = read_alarm(session, escalation, practice, now(), own)
        names = record_names(session, [conversation], own)
        flagged = flag_on(session, conversation)
        until = lifted_until(conversation, now()) if flagged and flagged.by is None else None
        hours = hours_of(conversation) if flagged and flagged.by is None else None
        shown = render_template(
            "staff/acknowledge.html",
            escalation=escalation,
            said=text_of(escalation.message),
            practice=practice.name,
            conversation=conversation,
            flag=found and display.triage_flag(found.triage, found.danger),
            language=display.foreign_language(escalation.message),
            channel=display.CHANNELS[conversation.channel],
            who=display.who(conversation, names.get(conversation.id, "")),
            received=display.clock(escalation.message.received_at, practice.time_zone),
            alarm=alarm,
            outcomes=list(CallOutcome),
            way=None if is_fictional else alarm.way or read_way(session, escalation, (), now(), own),
            has_number=number_of(conversation) is not None,
            is_chat=conversation.channel == Channel.CHAT,
            unsafe_at=flagged.conversation_id if flagged else None,
            safe_until=until and display.clock(until, practice.time_zone),
            safe_hours=hours and hours.words,
        )
    with services.database.write() as session:
        record_on_conversation(session, conversation.id, practice.slug, "viewed", escalation=escalation_id)
    return shown


@blueprint.post("")
@open_to(Role.STAFF)
def press(escalation_id: int) -> Response:
    """Acknowledge the message, take on its conversation, and redirect to it; or back here if it was acknowledged."""
    conversation_id = _take_on(escalation_id, closes=False)
    if conversation_id is None:
        return redirect(url_for("acknowledge.page", escalation_id=escalation_id), 303)
    return finish_action(conversation_id)


@blueprint.post("/close")
@open_to(Role.STAFF)
def press_and_close(escalation_id: int) -> Response:
    """Do the same, then close the conversation as the Close button does, which asks first if nobody has answered."""
    conversation_id = _take_on(escalation_id, closes=True)
    if conversation_id is None:
        return redirect(url_for("acknowledge.page", escalation_id=escalation_id), 303)
    return change_status(conversation_id, ConversationState.CLOSED)


def _take_on(escalation_id: int, *, closes: bool) -> int | None:
    """Acknowledge a message, and return the conversation that the member has taken on; None if somebody else has.

    What closes it, too, has to have shown all that the patient wrote.
    """
    services = services_of(current_app)
    with services.database.write() as session:
        escalation = own_escalation(session, escalation_id)
        conversation_id, practice = escalation.conversation_id, escalation.practice
        conversation = own_conversation(session, conversation_id, lock=True)
        if closes:
            require_seen(session, conversation, newest_shown(session, conversation_id))
        beginning = begin_action(session, conversation)
        is_first = acknowledge(session, escalation_id, member().name, member().id, AlarmEnd.BUTTON)
        if is_first:  # an older version of Intake raised several alarms for one conversation
            end_alarms(session, conversation_id, member().name, member().id, AlarmEnd.BUTTON)
            if conversation.assigned_to is None and may_be_assigned(session, practice, member().id):
                detail = change_assignee(session, conversation, member().id)
                record_on_conversation(session, conversation_id, practice, "assigned", **detail)
            offer_undo(session, conversation, UndoKind.ALARM, beginning)
    if not is_first:
        return None
    services.queue.announce(*topics_of(conversation_id, practice))
    return conversation_id


@blueprint.post("/again")
@open_to(Role.STAFF)
def press_again(escalation_id: int) -> Response:
    """Page everyone once more who has been paged about an open alarm."""
    services = services_of(current_app)
    with services.database.write() as session:
        escalation = own_escalation(session, escalation_id)
        conversation_id, slug = escalation.conversation_id, escalation.practice
        own_conversation(session, conversation_id, lock=True)
        session.refresh(escalation)
        if escalation.acknowledged_at is not None:
            abort(409, "Someone has acknowledged this already, so nobody is paged again.")
        practice = services.practices.require(slug)
        whom = whom_to_call(practice)
        if was_paged_lately(session, conversation_id):
            minutes = int(PAGED_AGAIN_EVERY.total_seconds() / 60)
            abort(409, f"They were paged again less than {minutes} minutes ago. If it cannot wait, {whom}.")
        notices = page_again(session, escalation, practice, services.settings)
        if not notices:
            abort(409, f"Nobody was paged: no address can be reached, or they are being notified now. Instead, {whom}.")
        record_on_conversation(session, conversation_id, slug, "paged_again", escalation=escalation_id)
    services.queue.put_all(AfterCommit(notifications=tickets_for(notices), topics=topics_of(conversation_id, slug)))
    return finish_action(conversation_id)
