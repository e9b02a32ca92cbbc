"""A message that waits for its time, or is held, in its conversation: cancelling, changing, and sending it."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from flask import Blueprint, Response, abort, current_app, request
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from inbox.conversations.written_since import is_undecided
from inbox.models import Conversation, Delivery, DeliveryState, DraftKind, Role, UndoKind, now
from inbox.replies.drafts import add_to_draft
from inbox.replies.files import detach_from_reply
from staff.auth.access import member, open_to, own_conversation, record_on_conversation
from staff.conversations.actions import finish_action
from staff.conversations.alarms import count_open_of
from staff.conversations.conversation import show_conversation
from staff.conversations.held import (
    ACKNOWLEDGE_FIRST,
    HELD_BY_NOW,
    HELD_FOR,
    read_newest,
    send_anyway,
    why_not_anyway,
)
from staff.conversations.inbox import INBOX
from staff.conversations.list_pane import address_of, read_filters
from staff.conversations.reply import typed_words
from staff.conversations.send_later import as_typed
from staff.conversations.unseen import UNSEEN, UnseenMessageError, newest_shown, require_seen
from staff.patients.outgoing import NOT_WAITING, cancel_message
from staff.undo.offers import begin_action, hold_for, offer_undo
from tasks.pubsub import topics_of
from tasks.queues.queue import AfterCommit, Ticket
from web.row_ids import read_row_id
from web.services import services_of

blueprint = Blueprint("scheduled", __name__, url_prefix="/staff/conversations/<int:conversation_id>/scheduled")


@blueprint.post("/<int:delivery_id>/cancel")
@open_to(Role.STAFF)
def cancel(conversation_id: int, delivery_id: int) -> AnyResponse:
    """Cancel a scheduled message, unless it is being sent, and give its words back to the box."""
    _take_back(conversation_id, delivery_id)
    return finish_action(conversation_id, "#newest")


@blueprint.post("/<int:delivery_id>/edit")
@open_to(Role.STAFF)
def edit(conversation_id: int, delivery_id: int) -> Response:
    """Do the same, and show the box with the words and the time, to be scheduled again; of a held one, no time."""
    at = _take_back(conversation_id, delivery_id)
    shown = show_conversation(services_of(current_app), conversation_id, None, send_at=at, is_edited=bool(at))
    place = address_of(f"{INBOX}conversations/{conversation_id}", read_filters().whole_query())
    return Response(shown, mimetype="text/html", headers={"Content-Location": place})


@blueprint.post("/<int:delivery_id>/confirm")
@open_to(Role.STAFF)
def confirm(conversation_id: int, delivery_id: int) -> AnyResponse:
    """Let a message go out at its time although the patient has written since; what they write from now on holds it."""
    services = services_of(current_app)
    with services.database.write() as session:
        conversation = own_conversation(session, conversation_id, lock=True)
        delivery = _find(session, conversation_id, delivery_id)
        if delivery.state == DeliveryState.HELD:
            raise UnseenMessageError(conversation_id, HELD_BY_NOW)
        if not is_undecided(delivery):
            abort(409, NOT_WAITING)
        require_seen(session, conversation, newest_shown(session, conversation_id))
        seen_up_to = _require_read(session, conversation, delivery)
        if count_open_of(session, conversation_id):
            abort(409, ACKNOWLEDGE_FIRST)
        delivery.seen_up_to = seen_up_to
        record_on_conversation(
            session, conversation_id, conversation.practice, "schedule_confirmed", delivery=delivery.id
        )
    services.queue.announce(*topics_of(conversation_id, conversation.practice))
    return finish_action(conversation_id, "#newest")


@blueprint.post("/<int:delivery_id>/send")
@open_to(Role.STAFF)
def send_held(conversation_id: int, delivery_id: int) -> AnyResponse:
    """Send a held message although the patient has written since, if the patient may be written to now."""
    services, moment = services_of(current_app), now()
    with services.database.write() as session:
        conversation = own_conversation(session, conversation_id, lock=True)
        delivery = _find(session, conversation_id, delivery_id)
        was_for = delivery.scheduled_for
        if delivery.state != DeliveryState.HELD or was_for is None:
            abort(409, NOT_WAITING)
        newest = newest_shown(session, conversation_id)
        require_seen(session, conversation, newest)
        seen_up_to = _require_read(session, conversation, delivery)
        practice = services.practices.require(conversation.practice)
        if problem := why_not_anyway(session, conversation, practice, delivery, moment):
            abort(409, problem)
        beginning, hold = begin_action(session, conversation), hold_for()
        delivery.seen_up_to = seen_up_to
        send_anyway(session, conversation, delivery, member().id, newest, moment + hold)
        offer_undo(
            session,
            conversation,
            UndoKind.REPLY,
            beginning,
            delivery_id=delivery.id,
            added={HELD_FOR: was_for.isoformat()},
        )
        record_on_conversation(session, conversation_id, practice.slug, "schedule_sent_anyway", delivery=delivery.id)
        ticket = Ticket("deliver", delivery.id, not_before=delivery.next_attempt_at if hold else None)
    services.queue.put_all(AfterCommit(later=(ticket,), topics=topics_of(conversation_id, practice.slug)))
    return finish_action(conversation_id, "#newest")


def _find(session: Session, conversation_id: int, delivery_id: int) -> Delivery:
    """Return a message of a locked conversation, locked, or abort with 404."""
    query = select(Delivery).where(Delivery.id == delivery_id, Delivery.conversation_id == conversation_id)
    return session.scalar(query.with_for_update().execution_options(populate_existing=True)) or abort(404)


def _require_read(session: Session, conversation: Conversation, delivery: Delivery) -> int:
    """Return up to which message the member has read, or refuse if the patient has written more than the page named."""
    newest = read_newest(session, conversation, delivery)
    if newest > (read_row_id(request.form.get("since", "")) or 0):
        raise UnseenMessageError(conversation.id, UNSEEN)
    return max(newest, delivery.seen_up_to or 0)


def _take_back(conversation_id: int, delivery_id: int) -> str:
    """Cancel a scheduled message, give its words back to the box, and return its time as a form has it.

    That of a held one has passed, so it is empty.
    """
    services = services_of(current_app)
    with services.database.write() as session:
        conversation = own_conversation(session, conversation_id, lock=True)
        delivery = _find(session, conversation_id, delivery_id)
        is_held = delivery.state == DeliveryState.HELD
        if not cancel_message(delivery):
            abort(409, NOT_WAITING)
        practice = services.practices.require(conversation.practice)
        at = as_typed((delivery.scheduled_for or delivery.created_at).astimezone(ZoneInfo(practice.time_zone)))
        words = typed_words(delivery, practice)
        add_to_draft(session, conversation_id, member().id, words, DraftKind.REPLY)
        if delivery.staff_id == member().id:
            detach_from_reply(session, delivery.id)
        record_on_conversation(session, conversation_id, practice.slug, "schedule_cancelled", delivery=delivery.id)
    services.queue.announce(*topics_of(conversation_id, practice.slug))
    return "" if is_held else at
