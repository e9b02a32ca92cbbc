"""Undoing what a member just did, such as a reply, a closing, or a label, unless something was sent for it."""

from __future__ import annotations

from typing import Any, NoReturn

from flask import Blueprint, abort, current_app, flash, redirect, request, url_for
from flask_login import current_user
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from inbox.conversations.member_notices import take_back_calls
from inbox.conversations.undo import is_too_old, put_back
from inbox.models import Conversation, ConversationState, DraftKind, Note, Review, Role, Undo, UndoKind, now
from inbox.replies.drafts import LONGEST_DRAFT, add_to_draft
from intake.practices import Practice
from staff.auth.access import member, open_to, own_conversation, record_on_conversation
from staff.conversations.actions import finish_action
from staff.conversations.changes import LONGEST_NOTE, change_state
from staff.conversations.conversation import show_conversation
from staff.conversations.held import HELD_FOR, hold_again
from staff.conversations.inbox import INBOX
from staff.conversations.list_pane import address_of, read_filters
from staff.conversations.reply import take_back_reply
from staff.live import wants_pane
from staff.patients.outgoing import take_back_message
from staff.undo.offers import read_offer, too_late
from tasks.messages.corrections import take_back
from tasks.notification.alarms import reopen_alarms
from tasks.notification.transfers import take_back_notices
from tasks.pubsub import topics_of
from tasks.queues.queue import AfterCommit
from web.services import services_of

blueprint = Blueprint("undo", __name__, url_prefix="/staff/undo")

_WORDS_UNDONE = {"spoken": "call_undone", "message": "call_message_undone"}
"""What the audit trail calls that the note of a call was undone, by the word that it brought the patient."""
_ACTIONS = {
    UndoKind.REPLY: "reply_undone",
    UndoKind.CLOSE: "close_undone",
    UndoKind.LABEL: "review_undone",
    UndoKind.TRANSFER: "transfer_undone",
    UndoKind.MESSAGE: "message_undone",
    UndoKind.SNOOZE: "snooze_undone",
    UndoKind.LOWERING: "lowering_undone",
    UndoKind.ALARM: "alarm_undone",
    UndoKind.WAITING: "waiting_undone",
    UndoKind.CALL: "no_answer_undone",
}


@blueprint.app_context_processor
def offer() -> dict[str, Any]:
    """Let pages show what the member can undo now."""
    return {"undo_offer": read_offer if current_user.is_authenticated else lambda: None}


@blueprint.post("/<int:undo_id>")
@open_to(Role.STAFF)
def undo_action(undo_id: int) -> Response:
    """Undo what the member did, with all that was done together with it; or say that it is too late.

    A label that was chosen in the inbox leads back to its conversation there, another one to Review. The team and the
    note of a transfer are in its form again, as they were. From the list, undoing a closing leads back
    to it.
    """
    services = services_of(current_app)
    after_commit = AfterCommit()
    with services.database.write() as session:
        undo = _own_undo(session, undo_id)
        team, has_note = undo.after["team"], bool((undo.added or {}).get("note"))
        together = select(Undo).where(Undo.batch == undo.batch, Undo.staff_id == member().id, Undo.undone_at.is_(None))
        for each in session.scalars(together.order_by(Undo.id).with_for_update()).all():
            after_commit |= _undo(session, each)
        kind, conversation_id, batch = UndoKind(undo.kind), undo.conversation_id, undo.batch
        place = _record_of(session, undo) if kind is UndoKind.MESSAGE else ""
        is_alone = session.scalar(select(Undo.id).where(Undo.batch == batch, Undo.id != undo.id).limit(1)) is None
    services.queue.put_all(after_commit)
    if place:
        return redirect(place, 303)
    if kind is UndoKind.LABEL and wants_pane():
        return finish_action(conversation_id)
    if kind is UndoKind.LABEL:
        flash("The label is undone.")
        return redirect(url_for("review.page"), 303)
    is_in_list = request.form.get("then") == "list" and kind is not UndoKind.REPLY
    gives_back = kind is UndoKind.TRANSFER and is_alone and (has_note or not is_in_list)
    if gives_back and request.accept_mimetypes.best != "application/json":
        page = show_conversation(services, conversation_id, None, transfer_team=team)
        at = address_of(f"{INBOX}conversations/{conversation_id}", read_filters().whole_query())
        return Response(page, mimetype="text/html", headers={"Content-Location": at})
    if is_alone and not is_in_list:
        return finish_action(conversation_id, "#newest" if kind is UndoKind.REPLY else "")
    return redirect(address_of(INBOX, read_filters().whole_query()), 303)


def _own_undo(session: Session, undo_id: int) -> Undo:
    """Return something that the signed-in member did and can undo, or abort."""
    own = Undo.id == undo_id, Undo.staff_id == member().id
    undo = session.scalar(select(Undo).where(*own).with_for_update()) or abort(404)
    own_conversation(session, undo.conversation_id)
    if undo.undone_at is not None:
        abort(409, "This is undone already.")
    if is_too_old(undo, now()):
        _refuse(undo)
    return undo


def _undo(session: Session, undo: Undo) -> AfterCommit:
    # locked before what would be sent, as a worker does, and after the review, as a reviewer does
    conversation = own_conversation(session, undo.conversation_id, lock=undo.kind != UndoKind.LABEL)
    practice = services_of(current_app).practices.require(conversation.practice)
    detail: dict[str, Any] = {}
    words: str | None = None
    match UndoKind(undo.kind):
        case UndoKind.REPLY:
            detail["delivery"] = undo.delivery_id
            words = _take_back_reply(session, conversation, practice, undo)
            if words is None:
                _refuse(undo)
        case UndoKind.LABEL:
            detail |= _take_back_label(session, undo)
        case UndoKind.MESSAGE:
            detail["delivery"] = undo.delivery_id
            if not take_back_message(session, conversation, undo):
                _refuse(undo)
        case UndoKind.TRANSFER:
            taken, words = _take_back_transfer(session, undo)
            detail |= taken
        case UndoKind.CALL:
            detail |= _take_back_call(session, undo)
    return _restore(session, undo, practice, words, detail)


def _take_back_reply(session: Session, conversation: Conversation, practice: Practice, undo: Undo) -> str | None:
    """Take a reply back, and return its words for the box; a held message waits for a decision again, words and all."""
    if HELD_FOR in (undo.added or {}):
        return "" if hold_again(session, conversation, undo) else None
    return take_back_reply(session, conversation, practice, undo.delivery_id or 0)


def _restore(
    session: Session, undo: Undo, practice: Practice, words: str | None, detail: dict[str, Any]
) -> AfterCommit:
    """Put the conversation, its alarm, and the member's words back where they were."""
    conversation = session.get_one(Conversation, undo.conversation_id, with_for_update=True, populate_existing=True)
    put_back(conversation, undo.before, undo.after)
    # not if the patient has written in it meanwhile
    if undo.kind == UndoKind.MESSAGE and (undo.added or {})["began"] and conversation.last_message_id is None:
        change_state(conversation, ConversationState.CLOSED, None)
    due = reopen_alarms(session, conversation.id, undo.ended["alarms"]) if undo.kind != UndoKind.LABEL else ()
    if words:
        is_note = undo.kind == UndoKind.TRANSFER
        of, longest = (DraftKind.TRANSFER, LONGEST_NOTE) if is_note else (DraftKind.REPLY, LONGEST_DRAFT)
        add_to_draft(session, conversation.id, member().id, words, of, longest)
    if undo.kind != UndoKind.LABEL and undo.ended["alarms"]:
        detail["alarms"] = undo.ended["alarms"]
    undo.undone_at = now()
    word = (undo.added or {})["word"] if undo.kind == UndoKind.CALL else ""
    action = _WORDS_UNDONE[word] if word else _ACTIONS[UndoKind(undo.kind)]
    record_on_conversation(session, conversation.id, practice.slug, action, undo=undo.id, **detail)
    return AfterCommit(notifications=due, topics=topics_of(conversation.id, practice.slug))


def _take_back_label(session: Session, undo: Undo) -> dict[str, Any]:
    review = session.get(Review, undo.review_id, with_for_update=True)
    if review is None or review.staff_id != member().id or review.label is None:
        _refuse(undo)
    detail = {"message": review.message_id, "review": review.id, "label": review.label}
    if take_back(session, review) is None:
        _refuse(undo)
    return detail


def _record_of(session: Session, undo: Undo) -> str:
    """Return the address of the record that a message was sent from, which has its words in the box again."""
    added, practice = undo.added or {}, session.get_one(Conversation, undo.conversation_id).practice
    again = None if added.get("scheduled_for") else undo.delivery_id
    return url_for("patient.page", slug=practice, patient_id=added["patient"], again=again)


def _take_back_transfer(session: Session, undo: Undo) -> tuple[dict[str, Any], str]:
    """Take back the notices and the note of a transfer, and return the note's id and words, if there was one."""
    added = undo.added or {}
    if not take_back_notices(session, added.get("notices", [])):
        _refuse(undo)
    take_back_calls(session, added.get("calls", []))
    note = session.get(Note, added["note"]) if added.get("note") else None
    if note is None:
        return {}, ""
    session.delete(note)
    return {"note": note.id}, note.text


def _take_back_call(session: Session, undo: Undo) -> dict[str, Any]:
    """Take the note of a call out of the thread, and return its id."""
    note = session.get(Note, (undo.added or {})["note"])
    if note is None:
        _refuse(undo)
    session.delete(note)
    return {"note": note.id}


def _refuse(undo: Undo) -> NoReturn:
    abort(409, too_late(undo))
