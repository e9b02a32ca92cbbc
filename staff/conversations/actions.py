"""The actions on one conversation: assignee, team, state, snooze, notes, tags, opt-outs, holds, ending a chat.

What takes a conversation out of the list (closing, snoozing) leads to the next one in it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from flask import Blueprint, Response, abort, current_app, flash, redirect, request
from markupsafe import Markup
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from inbox.contact.consent import number_of, record_consent, undo_opt_out
from inbox.contact.quiet import end_quiet
from inbox.contact.text_only import clear_text_only
from inbox.contact.unsafe_contact import clear_unsafe, set_unsafe
from inbox.conversations.legal_hold import hold_conversation, release_conversation
from inbox.conversations.member_notices import pending_mail
from inbox.conversations.state import end_wait
from inbox.conversations.written_since import has_held
from inbox.incoming.chat import end_chat
from inbox.models import AlarmEnd, Conversation, ConversationState, DraftKind, Message, Role, UndoKind, now
from inbox.replies.drafts import forget_draft
from intake.vocabulary import DangerKind, OptOutMistake
from staff import display
from staff.auth.access import member, open_to, own_conversation, record_on_conversation
from staff.conversations.alarms import UNACKNOWLEDGED, count_open_of, whom_to_call
from staff.conversations.changes import (
    AWAKE,
    ME,
    UNANSWERED,
    add_note,
    change_assignee,
    change_snooze,
    change_state,
    read_assignee,
    tag_conversation,
    transfer,
    untag_conversation,
)
from staff.conversations.filters import View
from staff.conversations.inbox import INBOX
from staff.conversations.inbox_queries import cursor, next_in_list
from staff.conversations.list_pane import address_of, read_filters
from staff.conversations.people import names_of
from staff.conversations.phone_calls import (
    COUNTED,
    IN_PERSON,
    WORDS_TO_PATIENT,
    CallOutcome,
)
from staff.conversations.reply import hand_back, take_over
from staff.conversations.second_look import (
    NobodyAnsweredError,
    address_asking,
    require_answer,
    require_word,
    stays_here,
)
from staff.conversations.unseen import newest_shown, require_seen, why_unseen
from staff.undo.offers import begin_action, hold_for, offer_undo
from tasks.messages.marked_emergencies import MARKED_AS, is_emergency, lower_emergency, mark_emergency, raise_again
from tasks.notification.alarms import end_alarms
from tasks.notification.stopped_phones import pages_somebody
from tasks.pubsub import topics_of
from tasks.queues.queue import AfterCommit, Ticket
from tasks.samples import is_a_sample
from web.errors import error_response
from web.services import services_of

blueprint = Blueprint("actions", __name__, url_prefix="/staff/conversations/<int:conversation_id>")

Change = Callable[[Session, Conversation], dict[str, Any]]
NOBODY_PAGED = "The alarm is open again, but nobody was paged: no address can be reached. Instead, {}."
_CALLS = {
    CallOutcome.REACHED: "call_reached",
    CallOutcome.LEFT_MESSAGE: "call_message_left",
    CallOutcome.NO_ANSWER: "call_not_answered",
}
"""What the audit trail calls a call to a patient, by how it went."""
_LEAVING = {ConversationState.CLOSED: UndoKind.CLOSE, ConversationState.WAITING: UndoKind.WAITING}


@blueprint.post("/take-over")
@open_to(Role.STAFF)
def begin_taking_over(conversation_id: int) -> AnyResponse:
    """Turn off auto-replies in this conversation."""

    def change(session: Session, conversation: Conversation) -> dict[str, Any]:
        take_over(session, conversation, member().id)
        return {}

    return _act(conversation_id, "took_over", change, ends=AlarmEnd.TAKE_OVER)


@blueprint.post("/hand-back")
@open_to(Role.STAFF)
def end_taking_over(conversation_id: int) -> AnyResponse:
    """Turn auto-replies back on."""

    def change(session: Session, conversation: Conversation) -> dict[str, Any]:
        hand_back(conversation)
        return {}

    return _act(conversation_id, "handed_back", change)


@blueprint.post("/assign")
@open_to(Role.STAFF)
def assign(conversation_id: int) -> AnyResponse:
    """Assign a conversation to a member of its practice, to the signed-in member (`me`), or to no one.

    A page that says whose it was (`was`) takes it from nobody who got it since.
    """
    wanted, was = request.form.get("to"), request.form.get("was")

    def change(session: Session, conversation: Conversation) -> dict[str, Any]:
        if was is not None and was != str(conversation.assigned_to or ""):
            name = names_of(session, [conversation.assigned_to]).get(conversation.assigned_to or 0, "Nobody")
            abort(409, f"Not assigned: {name} has it since a moment ago. Assign it again if you still want to.")
        return change_assignee(session, conversation, read_assignee(wanted))

    ends = AlarmEnd.ASSIGN if wanted in (ME, str(member().id)) else None
    return _act(conversation_id, "assigned", change, ends=ends, calls=True)


@blueprint.post("/transfer")
@open_to(Role.STAFF)
def transfer_to_team(conversation_id: int) -> AnyResponse:
    """Give a conversation to a team, with a note for it; the alarm has to be acknowledged before."""
    services = services_of(current_app)
    team, text = request.form.get("team", ""), request.form.get("note", "").strip()
    with services.database.write() as session:
        conversation = own_conversation(session, conversation_id, lock=True)
        if count_open_of(session, conversation.id):
            abort(400, f"{UNACKNOWLEDGED} Do that first; then you can transfer it.")
        practice, beginning = services.practices.require(conversation.practice), begin_action(session, conversation)
        done = transfer(session, conversation, practice, team, text, hold_for())
        forget_draft(session, conversation_id, member().id, DraftKind.TRANSFER)
        offer_undo(session, conversation, UndoKind.TRANSFER, beginning, added=done.added)
        _record(session, conversation, "transferred", **done.detail)
        mail = pending_mail(session, [conversation_id], now())
    tickets = tuple(Ticket("mail_notice", row_id) for row_id in mail)
    topics = topics_of(conversation.id, conversation.practice)
    services.queue.put_all(AfterCommit(notifications=done.tickets, later=tickets, topics=topics))
    if done.untold:
        flash(done.untold)
    return finish_action(conversation_id, "#newest" if text else "")


@blueprint.post("/emergency")
@open_to(Role.STAFF)
def mark_as_emergency(conversation_id: int) -> AnyResponse:
    """Make a conversation an emergency and notify on-call; the patient gets the emergency reply if that is checked."""
    danger = next((kind for kind in MARKED_AS if kind == request.form.get("danger", DangerKind.OTHER)), None)
    services = services_of(current_app)
    with services.database.write() as session:
        conversation = own_conversation(session, conversation_id, lock=True)
        message = session.get(Message, conversation.last_message_id or 0)
        if not request.form.get("sure"):
            abort(400, "Check first that on-call should be notified now.")
        if danger is None:
            abort(400, "Choose what kind of emergency it is.")
        if message is None:
            abort(409, "The patient has not written yet, so this cannot be an emergency. Call on-call yourself.")
        if count_open_of(session, conversation.id):
            abort(409, "This conversation is an emergency already.")
        practice = services.practices.require(conversation.practice)
        plan, after_commit = mark_emergency(
            session,
            message,
            practice,
            danger,
            now(),
            answers=bool(request.form.get("answer")),
            can_page=pages_somebody(session, practice, services.settings),
        )
        _record(session, conversation, "marked_emergency", message=message.id, danger=danger, reply=plan.reply)
    services.queue.put_all(after_commit)
    return finish_action(conversation_id)


@blueprint.post("/page-again")
@open_to(Role.STAFF)
def page_on_call_again(conversation_id: int) -> AnyResponse:
    """Raise the alarm of an emergency anew that was acknowledged and not answered: by a slip, or as help is needed."""
    services = services_of(current_app)
    with services.database.write() as session:
        conversation = own_conversation(session, conversation_id, lock=True)
        if count_open_of(session, conversation.id):
            abort(409, "This emergency is open again already.")
        if not is_emergency(conversation):
            abort(409, "This conversation is no emergency anymore. If it is one, mark it in the “…” menu.")
        practice = services.practices.require(conversation.practice)
        alarm, after_commit = raise_again(session, conversation, practice, services.settings)
        nobody = {} if after_commit.notifications else {"nobody": True}
        _record(session, conversation, "paged_again", escalation=alarm.id, anew=True, **nobody)
    services.queue.put_all(after_commit)
    if nobody:
        flash(Markup('<span class="problem">{}</span>').format(NOBODY_PAGED.format(whom_to_call(practice))))
    return finish_action(conversation_id)


@blueprint.post("/no-emergency")
@open_to(Role.STAFF)
def take_alarm_down(conversation_id: int) -> AnyResponse:
    """End the alarm of what is no emergency, and give the conversation the level that it has instead.

    Labels stay as they are.
    """
    level = next((known for known in display.LOWER_LEVELS if known == request.form.get("level")), None)

    def change(session: Session, conversation: Conversation) -> dict[str, Any]:
        if level is None:
            abort(400, "Choose what it is instead: for a nurse today, or ordinary.")
        is_one = is_emergency(conversation) or conversation.danger is not None  # which staff may have answered
        if not is_one and not count_open_of(session, conversation.id):
            abort(409, "This conversation is not an emergency.")
        lower_emergency(conversation, level, services_of(current_app).practices.require(conversation.practice))
        return {"level": level, "priority": conversation.priority}

    return _act(
        conversation_id, "emergency_lowered", change, ends=AlarmEnd.FALSE_ALARM, undo=UndoKind.LOWERING, answers=True
    )


@blueprint.post("/notes")
@open_to(Role.STAFF)
def note(conversation_id: int) -> AnyResponse:
    """Add a note for other staff."""
    text = request.form.get("note", "").strip()

    def change(session: Session, conversation: Conversation) -> dict[str, Any]:
        forget_draft(session, conversation_id, member().id, DraftKind.NOTE)
        return add_note(session, conversation, text)

    return _act(conversation_id, "noted", change, place="#newest", calls=True)


@blueprint.post("/called")
@open_to(Role.STAFF)
def note_call(conversation_id: int) -> AnyResponse:
    """Note for other staff how the member's call to the patient went; if nobody answered, the patient had no word."""
    outcome = next((known for known in CallOutcome if known == request.form.get("outcome")), None)

    def change(session: Session, conversation: Conversation) -> dict[str, Any]:
        if outcome is None:
            abort(400, "Choose how the call went: reached, left a message, or no answer.")
        if outcome in WORDS_TO_PATIENT:
            end_wait(conversation)
        return add_note(session, conversation, outcome.note)

    noted = _CALLS[outcome or CallOutcome.NO_ANSWER]
    return _act(conversation_id, noted, change, place="#newest", undo=UndoKind.CALL)


@blueprint.post("/tags")
@open_to(Role.STAFF)
def add_tag(conversation_id: int) -> AnyResponse:
    """Add a tag."""
    typed = request.form.get("tag", "")
    return _act(conversation_id, "tagged", lambda session, conversation: tag_conversation(session, conversation, typed))


@blueprint.post("/tags/remove")
@open_to(Role.STAFF)
def remove_tag(conversation_id: int) -> AnyResponse:
    """Remove a tag."""
    typed = request.form.get("tag", "")
    return _act(
        conversation_id, "untagged", lambda session, conversation: untag_conversation(session, conversation, typed)
    )


@blueprint.post("/state")
@open_to(Role.STAFF)
def set_state(conversation_id: int) -> AnyResponse:
    """Change the state to open, waiting, or closed.

    The last two need that the alarm has ended, and a second press if nobody has answered the patient.
    """
    return change_status(conversation_id, request.form.get("state", ""))


def change_status(conversation_id: int, wanted: str) -> AnyResponse:
    """Give a conversation a state, as `set_state` does."""
    leaves = {ConversationState.CLOSED: "close it", ConversationState.WAITING: "mark it as waiting on the patient"}

    def change(session: Session, conversation: Conversation) -> dict[str, Any]:
        if wanted in leaves and count_open_of(session, conversation.id):
            abort(400, f"{UNACKNOWLEDGED} Do that first; then you can {leaves[ConversationState(wanted)]}.")
        knowing = {UNANSWERED: True} if require_answer(session, conversation, wanted) else {}
        return change_state(conversation, wanted, newest_shown(session, conversation_id)) | knowing

    goes_on, answers = wanted == ConversationState.CLOSED and not stays_here(), wanted != ConversationState.OPEN
    return _act(conversation_id, "state_changed", change, goes_on=goes_on, answers=answers)


@blueprint.app_errorhandler(NobodyAnsweredError)
def ask_first(error: NobodyAnsweredError) -> AnyResponse:
    """Lead back to the conversation, which asks; tell a script why nothing was done."""
    if request.accept_mimetypes.best == "application/json":
        return error_response(409, "nobody_answered", f"{error.look.words} Open it to answer or close it.")
    query = read_filters().whole_query() | address_asking(error.look)
    return redirect(address_of(f"{INBOX}conversations/{error.conversation_id}", query), 303)


@blueprint.post("/snooze")
@open_to(Role.STAFF)
def set_snooze(conversation_id: int) -> AnyResponse:
    """Hide the conversation from the views until a moment, or until the patient writes; `now` shows it again.

    An emergency to which nobody has written since needs a second press.
    """
    wanted = request.form.get("until", "")

    def change(session: Session, conversation: Conversation) -> dict[str, Any]:
        if count_open_of(session, conversation.id):
            abort(400, f"{UNACKNOWLEDGED} Do that first; then you can snooze it.")
        knowing = {UNANSWERED: True} if wanted != AWAKE and require_word(session, conversation, wanted) else {}
        zone = services_of(current_app).practices.require(conversation.practice).time_zone
        detail = change_snooze(conversation, wanted, zone) | knowing
        if conversation.snoozed_until and not hold_for() and request.accept_mimetypes.best != "application/json":
            flash(f"Snoozed the previous conversation until {display.day_and_clock(conversation.snoozed_until, zone)}.")
        return detail

    return _act(
        conversation_id, "snoozed", change, undo=UndoKind.SNOOZE, goes_on=wanted != AWAKE, answers=wanted != AWAKE
    )


@blueprint.post("/end-chat")
@open_to(Role.STAFF)
def end_patients_chat(conversation_id: int) -> AnyResponse:
    """End a website chat, so that no browser can continue or read it, for example one at a shared computer.

    Whoever is in danger may sit in it, so the alarm has to be acknowledged before.
    """
    services = services_of(current_app)
    with services.database.write() as session:
        conversation = own_conversation(session, conversation_id, lock=True)
        if count_open_of(session, conversation.id):
            abort(400, f"{UNACKNOWLEDGED} Do that first; then you can end the chat.")
        if end_chat(session, conversation):
            _record(session, conversation, "chat_ended")
    services.queue.announce(*topics_of(conversation.id, conversation.practice))
    return finish_action(conversation_id)


@blueprint.post("/opt-out")
@open_to(Role.STAFF)
def record_opt_out(conversation_id: int) -> AnyResponse:
    """Record that the patient wants no more texts, however they said so."""

    def change(session: Session, conversation: Conversation) -> dict[str, Any]:
        number = number_of(conversation)
        if number is None:
            abort(400, "This conversation has no phone number to opt out.")
        return {
            "changed": record_consent(session, conversation.practice, number, opted_out=True, recorded_by=member().id)
        }

    return _act(conversation_id, "opted_out", change)


@blueprint.post("/unsafe-contact")
@open_to(Role.STAFF)
def mark_unsafe(conversation_id: int) -> AnyResponse:
    """Mark a patient's number or address as not safe to contact, so that no automatic reply goes there; or as safe."""
    wanted = request.form.get("unsafe", "")

    def change(session: Session, conversation: Conversation) -> dict[str, Any]:
        if wanted not in ("yes", "no"):
            abort(400, "Choose whether it is safe to contact the patient here.")
        if wanted == "no":
            return {"changed": clear_unsafe(session, conversation)}
        return {"changed": set_unsafe(session, conversation, now(), by=member().id)}

    return _act(conversation_id, "unsafe_set" if wanted == "yes" else "unsafe_cleared", change)


@blueprint.post("/can-be-called")
@open_to(Role.STAFF)
def mark_callable(conversation_id: int) -> AnyResponse:
    """Take away that the patient can't be called, which a message seemed to say."""

    def change(session: Session, conversation: Conversation) -> dict[str, Any]:
        changed, address = conversation.text_only_since is not None, conversation.patient_address
        if address:
            clear_text_only(session, conversation.practice, address)
        conversation.text_only_since = None
        return {"changed": changed}

    return _act(conversation_id, "text_only_cleared", change)


@blueprint.post("/automatic-replies")
@open_to(Role.STAFF)
def answer_again(conversation_id: int) -> AnyResponse:
    """Let automatic replies go out again that were kept back as somebody else might see them."""
    return _act(conversation_id, "quiet_ended", lambda session, conversation: {"changed": end_quiet(conversation)})


@blueprint.post("/undo-opt-out")
@open_to(Role.STAFF)
def undo_recorded_opt_out(conversation_id: int) -> AnyResponse:
    """Undo an opt-out that staff recorded by mistake; only the patient can undo their own."""
    reason = request.form.get("reason", "")

    def change(session: Session, conversation: Conversation) -> dict[str, Any]:
        number = number_of(conversation)
        if conversation.practice in member().emergency:
            abort(403, "Emergency access does not allow this. Ask a member of the practice.")
        if reason not in set(OptOutMistake):
            abort(400, "Choose why the opt-out was a mistake.")
        if number is None or not undo_opt_out(session, conversation.practice, number):
            abort(409, "Staff did not record this opt-out. Only the patient can undo it, by texting START.")
        return {"reason": reason}

    return _act(conversation_id, "opt_out_undone", change)


@blueprint.post("/hold")
@open_to(Role.MANAGER)
def change_hold(conversation_id: int) -> AnyResponse:
    """Place or release a legal hold."""
    services, wanted = services_of(current_app), request.form.get("hold", "")
    with services.database.write() as session:
        conversation = own_conversation(session, conversation_id, lock=True)
        if conversation.practice in member().emergency:
            abort(403, "Emergency access does not allow this. Ask a manager of the practice.")
        if wanted not in ("place", "release"):
            abort(400, "The hold must be placed or released.")
        if wanted == "place" and hold_conversation(conversation, member().id):
            _record(session, conversation, "held")
        elif wanted == "release" and (since := release_conversation(conversation)):
            _record(session, conversation, "hold_released", since=since.isoformat())
    services.queue.announce(*topics_of(conversation.id, conversation.practice))
    return finish_action(conversation_id)


def end_alarm(session: Session, conversation: Conversation, how: AlarmEnd) -> None:
    """End a conversation's alarm, because the signed-in member deals with the patient."""
    end_alarms(session, conversation.id, member().name, member().id, how)


def place_of(session: Session, conversation: Conversation) -> str:
    """Return where a conversation is in the list, before anything moves it."""
    filters = read_filters()
    own = select(Conversation.id).where(Conversation.id == conversation.id, has_held())
    is_first = filters.view is View.SCHEDULED and session.scalar(own) is not None
    is_last = is_a_sample(session, conversation)
    return cursor(conversation, filters.order, is_of_samples=is_last, is_of_held=is_first)


def next_after(session: Session, conversation: Conversation, place: str | None) -> int | None:
    """Return the conversation after a place in the member's list, or without one the most pressing.

    It is None if the list is done, or a search.
    """
    filters = read_filters()
    if filters.search:
        return None
    session.flush()
    return next_in_list(session, member(), filters, place, now(), conversation.id)


def finish_action(conversation_id: int, place: str = "") -> AnyResponse:
    """Answer a script with an empty response, and a form with a redirect to the conversation, beside the same list."""
    if request.accept_mimetypes.best == "application/json":
        return Response(status=204)
    return redirect(address_of(f"{INBOX}conversations/{conversation_id}", read_filters().whole_query(), place), 303)


def go_on(following: int | None) -> AnyResponse:
    """Answer a script with an empty response, and a form with a redirect to the next conversation, or to the list."""
    if following is not None or request.accept_mimetypes.best == "application/json":
        return finish_action(following or 0)
    return redirect(address_of(INBOX, read_filters().whole_query()), 303)


def _act(
    conversation_id: int,
    action: str,
    change: Change,
    *,
    ends: AlarmEnd | None = None,
    undo: UndoKind | None = None,
    place: str = "",
    goes_on: bool = False,
    calls: bool = False,
    answers: bool = False,
) -> AnyResponse:
    """Change a conversation, end its alarm if the change means that someone deals with it, and wake its viewers.

    An alarm that the page did not show goes on; ending one can be undone. If the change may call colleagues to the
    conversation, those who want it get mail. If it says that what the patient wrote is dealt with, the page must have
    shown all of that.
    """
    services = services_of(current_app)
    following = None
    with services.database.write() as session:
        conversation = own_conversation(session, conversation_id, lock=True)
        shown = newest_shown(session, conversation_id)
        if answers:
            require_seen(session, conversation, shown)
        stood, beginning = place_of(session, conversation), begin_action(session, conversation)
        state, deals = conversation.state, ends is not None and not why_unseen(session, conversation, shown)
        detail = change(session, conversation)
        if conversation.state != state:
            undo = _LEAVING.get(ConversationState(conversation.state), undo)
        if deals and beginning.alarms:
            undo = undo or UndoKind.ALARM
        if undo is UndoKind.CALL:
            word = "spoken" if action in IN_PERSON else "message" if action in COUNTED else ""
            added = {"note": detail["note"], "word": word}
            offer_undo(session, conversation, undo, replace(beginning, alarms=[]), added=added)
        elif undo is not None:
            offer_undo(session, conversation, undo, beginning)
        if goes_on:
            following = next_after(session, conversation, stood)
        _record(session, conversation, action, **detail)
        if ends is not None and deals:
            end_alarm(session, conversation, ends)
        mail = pending_mail(session, [conversation_id], now()) if calls else []
    tickets = tuple(Ticket("mail_notice", row_id) for row_id in mail)
    services.queue.put_all(AfterCommit(later=tickets, topics=topics_of(conversation.id, conversation.practice)))
    return go_on(following) if goes_on else finish_action(conversation_id, place)


def _record(session: Session, conversation: Conversation, action: str, **detail: Any) -> None:
    record_on_conversation(session, conversation.id, conversation.practice, action, **detail)
