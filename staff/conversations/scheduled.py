"""Cancelling a message that waits for its time, in its conversation, and changing it."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from flask import Blueprint, Response, abort, current_app
from sqlalchemy import select
from werkzeug.wrappers import Response as AnyResponse

from inbox.models import Delivery, DraftKind, Role
from inbox.reply_drafts import add_to_draft
from inbox.reply_files import detach_from_reply
from staff.auth.access import member, open_to, own_conversation, record_on_conversation
from staff.conversations.actions import finish_action
from staff.conversations.conversation import show_conversation
from staff.conversations.inbox import INBOX
from staff.conversations.list_pane import address_of, read_filters
from staff.conversations.reply import typed_words
from staff.conversations.send_later import as_typed
from staff.patients.outgoing import cancel_message
from tasks.pubsub import topics_of
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
    """Do the same, and show the box with the words and the time, to be scheduled again."""
    at = _take_back(conversation_id, delivery_id)
    shown = show_conversation(services_of(current_app), conversation_id, None, send_at=at, is_edited=True)
    place = address_of(f"{INBOX}conversations/{conversation_id}", read_filters().whole_query())
    return Response(shown, mimetype="text/html", headers={"Content-Location": place})


def _take_back(conversation_id: int, delivery_id: int) -> str:
    """Cancel a scheduled message, give its words back to the box, and return its time as a form has it."""
    services = services_of(current_app)
    with services.database.write() as session:
        conversation = own_conversation(session, conversation_id, lock=True)
        query = select(Delivery).where(Delivery.id == delivery_id, Delivery.conversation_id == conversation_id)
        delivery = session.scalar(query.with_for_update().execution_options(populate_existing=True)) or abort(404)
        if not cancel_message(delivery):
            abort(409, "This message is not waiting to be sent. Reload the page to see what became of it.")
        practice = services.practices.require(conversation.practice)
        at = as_typed((delivery.scheduled_for or delivery.created_at).astimezone(ZoneInfo(practice.time_zone)))
        words = typed_words(delivery, practice)
        add_to_draft(session, conversation_id, member().id, words, DraftKind.REPLY)
        if delivery.staff_id == member().id:
            detach_from_reply(session, delivery.id)
        record_on_conversation(session, conversation_id, practice.slug, "schedule_cancelled", delivery=delivery.id)
    services.queue.announce(*topics_of(conversation_id, practice.slug))
    return at
