"""The conversation page: the thread, how each message was handled, and the actions for staff."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, abort, current_app, redirect, render_template, request
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from inbox.chat import end_chat
from inbox.consent import is_opted_out, number_of, record_consent
from inbox.conversation_state import note_answer
from inbox.legal_hold import hold_conversation, release_conversation
from inbox.models import AlarmEnd, Conversation, ConversationState, Note, Role, now
from intake.vocabulary import words_of
from staff import display
from staff.auth.access import member, open_to, own_conversation, record_on_conversation
from staff.conversations.alarms import read_alarms
from staff.conversations.conversation_queries import (
    mark_read,
    read_acts,
    read_contact,
    read_language,
    read_reach,
    read_thread,
)
from staff.conversations.inbox_queries import assignable, names_of
from staff.conversations.reply import (
    LONGEST,
    Draft,
    Outcome,
    ReplyCheck,
    first_text_wording,
    hand_back,
    quick_replies,
    send,
    take_over,
)
from staff.displays import is_new_display, seal_of
from staff.live import Presence, stream
from tasks.notification.alarms import end_alarms
from tasks.pubsub import conversation_topic, topics_of
from web.row_ids import read_row_id
from web.services import Services, services_of

blueprint = Blueprint("conversation", __name__, url_prefix="/staff/conversations/<int:conversation_id>")

LONGEST_NOTE = 4000
_ALARM_ENDS: dict[str, AlarmEnd] = {
    ConversationState.WAITING: AlarmEnd.WAITING,
    ConversationState.CLOSED: AlarmEnd.CLOSE,
}


@blueprint.get("")
@open_to(Role.STAFF)
def page(conversation_id: int) -> str:
    """Show a conversation."""
    services = services_of(current_app)
    before = read_row_id(request.args.get("before", ""))
    return _show(services, conversation_id, before)


@blueprint.get("/events")
@open_to(Role.STAFF)
def events(conversation_id: int) -> Response:
    """Stream an event whenever the conversation or its viewers may have changed."""
    services, staff_id = services_of(current_app), member().id
    with services.database.read() as session:
        own_conversation(session, conversation_id)

    def present() -> list[int]:
        _enter(services, conversation_id, staff_id)
        return Presence(services.queue.connection, conversation_id).others(staff_id)

    return stream(services, [conversation_topic(conversation_id)], present)


@blueprint.post("/reply")
@open_to(Role.STAFF)
def reply(conversation_id: int) -> AnyResponse | str | tuple[str, int]:
    """Send a staff reply, once even if the form is sent repeatedly; or put a quick reply in the box."""
    services = services_of(current_app)
    text = request.form.get("text", "")
    if "insert" in request.form:
        return _insert(services, conversation_id, text, request.form["insert"])
    draft = Draft(
        text=text,
        form_id=request.form.get("form_id", ""),
        seen=read_row_id(request.form.get("seen", "")) or 0,
        closes=request.form.get("then") == ConversationState.CLOSED,
    )
    with services.database.write() as session:
        conversation = own_conversation(session, conversation_id, lock=True)
        practice = services.practices.require(conversation.practice)
        outcome = send(session, conversation, practice, member().id, draft)
        if outcome.verdict is ReplyCheck.SENT:
            _record(session, conversation, "replied", delivery=outcome.delivery_id, closed=draft.closes)
            _end_alarm(session, conversation, AlarmEnd.REPLY)
    services.queue.put_all(outcome.after_commit)
    if outcome.verdict in (ReplyCheck.SENT, ReplyCheck.SENT_BEFORE):
        return _done(conversation_id, "#newest")
    return _again(services, conversation_id, text, outcome)


@blueprint.post("/take-over")
@open_to(Role.STAFF)
def begin_taking_over(conversation_id: int) -> AnyResponse:
    """Turn off auto-replies in this conversation."""

    def change(session: Session, conversation: Conversation) -> dict[str, Any]:
        take_over(conversation, member().id)
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
    """Assign a conversation to a member of its practice, to the signed-in member (`me`), or to no one."""
    wanted = request.form.get("to", "")

    def change(session: Session, conversation: Conversation) -> dict[str, Any]:
        chosen = member().id if wanted == "me" else read_row_id(wanted)
        if chosen is not None and chosen not in [person.id for person in assignable(session, conversation.practice)]:
            abort(400, "That person cannot be assigned to this conversation. Reload the page and choose again.")
        conversation.assigned_to = chosen
        return {"to": chosen}

    ends = AlarmEnd.ASSIGN if wanted in ("me", str(member().id)) else None
    return _act(conversation_id, "assigned", change, ends=ends)


@blueprint.post("/notes")
@open_to(Role.STAFF)
def note(conversation_id: int) -> AnyResponse:
    """Add a note for other staff."""
    text = request.form.get("note", "").strip()

    def change(session: Session, conversation: Conversation) -> dict[str, Any]:
        if not 0 < len(text) <= LONGEST_NOTE:
            abort(400, f"A note must be 1 to {LONGEST_NOTE} characters long.")
        written = Note(conversation_id=conversation.id, staff_id=member().id, text=text)
        session.add(written)
        session.flush()
        return {"note": written.id}

    return _act(conversation_id, "noted", change, place="#newest")


@blueprint.post("/state")
@open_to(Role.STAFF)
def set_state(conversation_id: int) -> AnyResponse:
    """Change the state to open, waiting, or closed; closing turns auto-replies back on.

    Waiting and closed say that someone has dealt with the patient, so they end the alarm.
    """
    wanted = request.form.get("state", "")

    def change(session: Session, conversation: Conversation) -> dict[str, Any]:
        if wanted not in set(ConversationState):
            abort(400, "The status must be open, waiting, or closed.")
        if wanted == ConversationState.OPEN:
            conversation.state = ConversationState.OPEN
        else:
            note_answer(conversation, ConversationState(wanted))
        if wanted == ConversationState.CLOSED:
            hand_back(conversation)
        return {"state": wanted}

    return _act(conversation_id, "state_changed", change, ends=_ALARM_ENDS.get(wanted))


@blueprint.post("/end-chat")
@open_to(Role.STAFF)
def end_patients_chat(conversation_id: int) -> AnyResponse:
    """End a website chat, so that no browser can continue or read it, for example one at a shared computer."""
    services = services_of(current_app)
    with services.database.write() as session:
        conversation = own_conversation(session, conversation_id, lock=True)
        if end_chat(session, conversation):
            _record(session, conversation, "chat_ended")
    services.queue.announce(*topics_of(conversation.id, conversation.practice))
    return _done(conversation_id, "")


@blueprint.post("/opt-out")
@open_to(Role.STAFF)
def record_opt_out(conversation_id: int) -> AnyResponse:
    """Record that the patient wants no more texts, however they said so."""

    def change(session: Session, conversation: Conversation) -> dict[str, Any]:
        number = number_of(conversation)
        if number is None:
            abort(400, "This conversation has no phone number to opt out.")
        return {"changed": record_consent(session, conversation.practice, number, opted_out=True)}

    return _act(conversation_id, "opted_out", change)


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
    return _done(conversation_id, "")


def _act(
    conversation_id: int,
    action: str,
    change: Callable[[Session, Conversation], dict[str, Any]],
    *,
    ends: AlarmEnd | None = None,
    place: str = "",
) -> AnyResponse:
    """Change a conversation, end its alarm if the change means that someone deals with it, and wake its viewers."""
    services = services_of(current_app)
    with services.database.write() as session:
        conversation = own_conversation(session, conversation_id, lock=True)
        _record(session, conversation, action, **change(session, conversation))
        if ends is not None:
            _end_alarm(session, conversation, ends)
    services.queue.announce(*topics_of(conversation.id, conversation.practice))
    return _done(conversation_id, place)


def _end_alarm(session: Session, conversation: Conversation, how: AlarmEnd) -> None:
    end_alarms(session, conversation.id, member().name, member().id, how)


def _record(session: Session, conversation: Conversation, action: str, **detail: Any) -> None:
    record_on_conversation(session, conversation.id, conversation.practice, action, **detail)


def _done(conversation_id: int, place: str) -> AnyResponse:
    """Answer a script with an empty response, and a form with a redirect to the page."""
    if request.accept_mimetypes.best == "application/json":
        return Response(status=204)
    return redirect(f"/staff/conversations/{conversation_id}{place}", 303)


def _again(services: Services, conversation_id: int, text: str, outcome: Outcome) -> tuple[str, int]:
    """Show the page again, with the draft still in the box and the reason it was not sent."""
    overtaken = outcome.verdict is ReplyCheck.OVERTAKEN
    shown = _show(services, conversation_id, None, draft=text, problem=outcome.message, overtaken=overtaken)
    return shown, 409 if overtaken else 422


def _insert(services: Services, conversation_id: int, text: str, name: str) -> str:
    """Show the page again with a quick reply in the box, for browsers without scripts."""
    words = _read(services, conversation_id, None)["quick"].get(name)
    if words is None:
        abort(400, "This quick reply does not exist.")
    return _show(services, conversation_id, None, draft=f"{text.rstrip()}\n{words}".strip())


def _read(services: Services, conversation_id: int, before: int | None) -> dict[str, Any]:
    """Load everything that the page shows."""
    moment = now()
    with services.database.read() as session:
        conversation = own_conversation(session, conversation_id)
        practice = services.practices.require(conversation.practice)
        zone = practice.time_zone
        reach, number = read_reach(session, conversation, practice), number_of(conversation)
        others = Presence(services.queue.connection, conversation_id).others(member().id)
        colleagues = assignable(session, conversation.practice)
        alarms = read_alarms(session, [conversation_id], {practice.slug: practice}, moment)
        return {
            "conversation": conversation,
            "practice": practice,
            "thread": read_thread(session, conversation, zone, before),
            "acts": read_acts(session, conversation_id, zone),
            "contact": read_contact(session, conversation, zone),
            "reach": reach,
            "has_number": number is not None,
            "opted_out": number is not None and is_opted_out(session, conversation.practice, number),
            "alarm": alarms.get(conversation_id),
            "flag": display.urgency_flag(conversation),
            "medium": reach.medium.words,
            "colleagues": colleagues,
            "assignee": names_of(session, [conversation.assigned_to]).get(conversation.assigned_to or 0, ""),
            "may_hold": member().may(Role.MANAGER) and practice.slug in member().practices,
            "held_since": display.clock(conversation.held_at, zone) if conversation.held_at else "",
            "present": list(names_of(session, others).values()),
            "quick": quick_replies(practice, reach.medium, moment, read_language(session, conversation)),
            "state": display.STATES[ConversationState(conversation.state)],
            "channel": display.CHANNELS,
            "label": words_of,
            "draft": "",
            "problem": "",
            "overtaken": False,
            "before": before,
        }


def _show(services: Services, conversation_id: int, before: int | None, **changes: Any) -> str:
    """Return the page, and record the view unless the page is a refresh that shows nothing new."""
    shown = _read(services, conversation_id, before) | changes
    conversation, thread, contact = shown["conversation"], shown["thread"], shown["contact"]
    said = [(entry.key, entry.subject, entry.text) for entry in thread.entries]
    seal = seal_of(f"conversation {conversation_id}", [before, contact.who, contact.lines, said])
    _enter(services, conversation.id, member().id)
    if is_new_display(seal):
        with services.database.write() as session:
            mark_read(session, member().id, conversation.id, thread.last_message)
            _record(session, conversation, "viewed", up_to=thread.last_message)
    return _render(shown, seal)


def _render(shown: dict[str, Any], seal: str) -> str:
    before, after = first_text_wording(shown["practice"], shown["reach"])
    return render_template(
        "staff/conversation.html",
        seal=seal,
        form_id=secrets.token_hex(16),
        longest=LONGEST[shown["reach"].medium],
        wording=(before, after),
        **shown,
    )


def _enter(services: Services, conversation_id: int, staff_id: int) -> None:
    """Mark the member as present, and let the other viewers know if they just arrived."""
    if Presence(services.queue.connection, conversation_id).enter(staff_id):
        services.queue.announce(conversation_topic(conversation_id))
