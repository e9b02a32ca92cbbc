"""One action on several conversations of the list: assign, close, or snooze them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from flask import Blueprint, abort, current_app, flash, redirect, request
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from inbox.member_notices import pending_mail
from inbox.models import Conversation, ConversationState, Role, now
from staff import display
from staff.auth.access import member, open_to, own_conversation, record_on_conversation
from staff.conversations.alarms import has_open_alarm
from staff.conversations.changes import ME, change_assignee, change_snooze, change_state, may_be_assigned
from staff.conversations.inbox import INBOX
from staff.conversations.inbox_queries import PAGE
from staff.conversations.list_pane import address_of, read_filters
from tasks.pubsub import topics_of
from tasks.queue import AfterCommit, Ticket
from web.row_ids import read_row_id
from web.services import services_of

blueprint = Blueprint("bulk", __name__, url_prefix="/staff")

NOTHING = "No conversation was selected."
Change = Callable[[Session, Conversation], dict[str, Any] | None]


@blueprint.post("/bulk")
@open_to(Role.STAFF)
def change_several() -> Response:
    """Change the chosen conversations, except those whose alarm nobody has acknowledged, which are named."""
    action, change, words = _chosen_change()
    ids = sorted({row_id for value in request.form.getlist("c")[:PAGE] if (row_id := read_row_id(value)) is not None})
    changed: list[Conversation] = []
    refused: list[Conversation] = []
    services = services_of(current_app)
    with services.database.write() as session:
        own = [own_conversation(session, row_id, lock=True) for row_id in ids]
        urgent = set(session.scalars(select(Conversation.id).where(Conversation.id.in_(ids), has_open_alarm())))
        for conversation in own:
            detail = None if conversation.id in urgent else change(session, conversation)
            (refused if detail is None else changed).append(conversation)
            if detail is not None:
                record_on_conversation(session, conversation.id, conversation.practice, action, bulk=True, **detail)
        mail = pending_mail(session, [found.id for found in changed], now())
    topics = tuple(topic for found in changed for topic in topics_of(found.id, found.practice))
    tickets = tuple(Ticket("mail_notice", row_id) for row_id in mail)
    services.queue.put_all(AfterCommit(later=tickets, topics=topics))
    flash(
        f"{len(changed)} {'conversation' if len(changed) == 1 else 'conversations'} {words}{_until(changed)}."
        if ids
        else NOTHING
    )
    query = read_filters().whole_query()
    if refused:
        query["refused"] = ",".join(str(conversation.id) for conversation in refused)
    return redirect(address_of(INBOX, query), 303)


def _chosen_change() -> tuple[str, Change, str]:
    """Return what the form asks for: the audit trail's name of the action, the change, and what is said of it."""
    wanted = request.form.get("do", "")
    if wanted not in _CHANGES:
        abort(400, "Choose whether to assign, close, or snooze them.")
    return _CHANGES[wanted]


def _until(changed: Sequence[Conversation]) -> str:
    """Return until when conversations were snoozed, such as " until Thu, Jul 2, 8:00 AM"; empty if that differs."""
    practices = services_of(current_app).practices
    ends = {
        display.day_and_clock(found.snoozed_until, practices.require(found.practice).time_zone)
        for found in changed
        if found.snoozed_until
    }
    return f" until {ends.pop()}" if len(ends) == 1 else ""


def _close(session: Session, conversation: Conversation) -> dict[str, Any]:
    return change_state(conversation, ConversationState.CLOSED)


def _assign(session: Session, conversation: Conversation) -> dict[str, Any] | None:
    """Assign a conversation, unless the person does not work for its practice."""
    wanted = request.form.get("to", "")
    chosen = member().id if wanted == ME else read_row_id(wanted)
    if chosen is not None and not may_be_assigned(session, conversation.practice, chosen):
        return None
    return change_assignee(session, conversation, wanted)


def _snooze(session: Session, conversation: Conversation) -> dict[str, Any]:
    practice = services_of(current_app).practices.require(conversation.practice)
    return change_snooze(conversation, request.form.get("until", ""), practice.time_zone)


_CHANGES: dict[str, tuple[str, Change, str]] = {
    "assign": ("assigned", _assign, "assigned"),
    "close": ("state_changed", _close, "closed"),
    "snooze": ("snoozed", _snooze, "snoozed"),
}
