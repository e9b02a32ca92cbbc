"""One action on several conversations of the list: assign, transfer, tag, close, or snooze them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from flask import Blueprint, abort, current_app, flash, redirect, request
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from inbox.conversations.member_notices import pending_mail
from inbox.models import Conversation, ConversationState, Role, UndoKind, now
from intake.vocabulary import words_of
from staff import display
from staff.auth.access import open_to, own_conversations, record_on_conversation
from staff.conversations.alarms import has_open_alarm
from staff.conversations.answered import find_unanswered
from staff.conversations.bulk_words import BulkAction, Left
from staff.conversations.changes import (
    UNANSWERED,
    change_assignee,
    change_snooze,
    change_state,
    check_tag,
    has_room_for,
    read_assignee,
    tag_conversation,
    transfer,
    untag_conversation,
)
from staff.conversations.close_question import CHOICE, CloseChoice
from staff.conversations.inbox import INBOX
from staff.conversations.inbox_queries import PAGE
from staff.conversations.list_pane import address_of, read_chosen, read_filters
from staff.conversations.people import may_be_assigned
from staff.conversations.teams import teams_for
from staff.conversations.unseen import why_unseen
from staff.conversations.wordless import find_wordless
from staff.undo.offers import UndoBatch, begin_action, hold_for, offer_undo
from tasks.pubsub import topics_of
from tasks.queues.queue import AfterCommit, Ticket
from web.services import services_of

blueprint = Blueprint("bulk", __name__, url_prefix="/staff")

NOTHING = "No conversation was selected."


@dataclass(frozen=True, slots=True)
class _Done:
    """What was done to one conversation: the audit trail's detail and the jobs; of a transfer, see `Transferred`."""

    detail: dict[str, Any]
    tickets: tuple[Ticket, ...] = ()
    added: dict[str, Any] | None = None
    untold: str = ""


_Change = Callable[[Session, Conversation, int | None], _Done | None]
"""Changes a conversation, whose newest message in the list is the one given, or returns None and leaves it alone."""


@dataclass(frozen=True, slots=True)
class _Kind:
    """One of the actions.

    Attributes:
        audited: the audit trail's name of it.
        change: what it does to one conversation.
        words: what is said of the conversations afterwards.
        waits_for_alarm: whether it leaves those alone whose alarm nobody has acknowledged.
        undo: what is offered to undo, None for nothing.
        answers: whether it says that what the patients wrote is dealt with, so that the list must have shown all of it,
            and an emergency that nobody answered is left alone.
        asks_first: whether it changes nothing until the member has decided about those that nobody answered.
    """

    audited: str
    change: _Change
    words: Callable[[], str]
    waits_for_alarm: bool = field(default=True)
    undo: UndoKind | None = None
    answers: bool = False
    asks_first: bool = False


@blueprint.post("/bulk")
@open_to(Role.STAFF)
def change_several() -> Response:
    """Change the chosen conversations, except those that the action can't be used on, which are named."""
    wanted = request.form.get("do", "")
    if wanted not in _KINDS:
        abort(400, "Choose whether to assign, transfer, tag, close, or snooze them.")
    kind = _KINDS[BulkAction(wanted)]
    chosen = _read_chosen()
    tickets: tuple[Ticket, ...] = ()
    untold: set[str] = set()
    services = services_of(current_app)
    with services.database.write() as session:
        sorted_out = _sort_out(session, kind, chosen)
        changed, left = [], sorted_out.left
        batch = UndoBatch()
        for conversation in sorted_out.meant:
            beginning, was_closed = begin_action(session, conversation), conversation.state == ConversationState.CLOSED
            done = kind.change(session, conversation, chosen[conversation.id])
            if done is None:
                left[conversation.id] = Left.OTHER
                continue
            changed.append(conversation)
            tickets += done.tickets
            untold |= {done.untold} if done.untold else set()
            if kind.undo is not None and not (kind.undo is UndoKind.CLOSE and was_closed):
                offer_undo(session, conversation, kind.undo, beginning, batch=batch, added=done.added)
            if done.detail:
                slug = conversation.practice
                detail = done.detail | ({UNANSWERED: True} if conversation.id in sorted_out.unanswered else {})
                record_on_conversation(session, conversation.id, slug, kind.audited, bulk=True, **detail)
        mail = pending_mail(session, [found.id for found in changed], now())
    topics = tuple(topic for found in changed for topic in topics_of(found.id, found.practice))
    mails = tuple(Ticket("mail_notice", row_id) for row_id in mail)
    services.queue.put_all(AfterCommit(notifications=tickets, later=mails, topics=topics))
    missing = _say_missing(len(chosen) - sorted_out.found)
    said = [] if sorted_out.asked else [_say(changed, kind), *_say_open(sorted_out.left_open)]
    if said or missing:
        flash(" ".join([*said, *missing, *sorted(untold)]) if chosen else NOTHING)
    query = read_filters().whole_query()
    if left:
        query |= {"refused": ",".join(f"{row_id}.{why}" for row_id, why in left.items()), "left": wanted}
    if sorted_out.asked:
        query |= {"asked": ",".join(f"{asked.id}:{chosen[asked.id] or ''}" for asked in sorted_out.asked)}
    return redirect(address_of(INBOX, query), 303)


@dataclass(slots=True)
class _SortedOut:
    """What becomes of the conversations that a member chose.

    Attributes:
        found: how many there are that the member may open.
        meant: those to change.
        left: those that are left alone, and why.
        asked: those to change once the member has decided about the unanswered among them; then nothing is meant.
        unanswered: those of them that nobody answered.
        left_open: how many the member leaves open, as nobody answered them.
    """

    found: int
    meant: list[Conversation] = field(default_factory=list)
    left: dict[int, Left] = field(default_factory=dict)
    asked: list[Conversation] = field(default_factory=list)
    unanswered: set[int] = field(default_factory=set)
    left_open: int = 0


def _sort_out(session: Session, kind: _Kind, chosen: dict[int, int | None]) -> _SortedOut:
    """Return which of the chosen conversations to change, to leave alone, and to ask about."""
    own = own_conversations(session, chosen)
    alarming = select(Conversation.id).where(Conversation.id.in_(chosen), has_open_alarm())
    urgent = set(session.scalars(alarming)) if kind.waits_for_alarm else set()
    wordless = find_wordless(session, own) if kind.answers else set()
    result = _SortedOut(len(own))
    for conversation in own:
        if conversation.id in urgent:
            result.left[conversation.id] = Left.ALARM
        elif conversation.id in wordless:
            result.left[conversation.id] = Left.WORDLESS
        elif kind.answers and why_unseen(session, conversation, chosen[conversation.id]):
            result.left[conversation.id] = Left.UNSEEN
        else:
            result.meant.append(conversation)
    if not kind.asks_first:
        return result
    still_open = [conversation for conversation in result.meant if conversation.state != ConversationState.CLOSED]
    result.unanswered = find_unanswered(session, still_open)
    choice = request.form.get(CHOICE, "")
    if choice == CloseChoice.CLOSE or not result.unanswered:
        return result
    if choice == CloseChoice.LEAVE:
        result.meant = [conversation for conversation in result.meant if conversation.id not in result.unanswered]
        result.left_open = len(result.unanswered)
    else:
        result.asked, result.meant = result.meant, []
    return result


def _read_chosen() -> dict[int, int | None]:
    """Return the chosen conversations, each with the newest message that the list showed, None if it does not say."""
    return read_chosen(request.form.getlist("c")[:PAGE])


def _say(changed: Sequence[Conversation], kind: _Kind) -> str:
    """Return what was done to how many, such as "2 conversations snoozed until Thu, Jul 2, 8:00 AM."."""
    number = f"{len(changed)} {'conversation' if len(changed) == 1 else 'conversations'}"
    until = _until(changed) if kind.undo is UndoKind.SNOOZE else ""
    return f"{number} {kind.words()}{until}."


def _say_missing(count: int) -> list[str]:
    """Return what to say of the chosen conversations that are deleted, or that the member may not open."""
    if not count:
        return []
    return [
        "1 of those you selected is no longer there."
        if count == 1
        else f"{count} of those you selected are no longer there."
    ]


def _say_open(count: int) -> list[str]:
    """Return what to say of those that the member leaves open."""
    if not count:
        return []
    return [f"{count} left open, as nobody has answered {'it' if count == 1 else 'them'} yet."]


def _until(changed: Sequence[Conversation]) -> str:
    """Return until when conversations were snoozed, such as " until Thu, Jul 2, 8:00 AM"; empty if that differs."""
    practices = services_of(current_app).practices
    ends = {
        display.day_and_clock(found.snoozed_until, practices.require(found.practice).time_zone)
        for found in changed
        if found.snoozed_until
    }
    return f" until {ends.pop()}" if len(ends) == 1 else ""


def _close(session: Session, conversation: Conversation, shown: int | None) -> _Done:
    return _Done(change_state(conversation, ConversationState.CLOSED, shown))


def _assign(session: Session, conversation: Conversation, _: int | None) -> _Done | None:
    """Assign a conversation, unless the person does not work for its practice."""
    chosen = read_assignee(request.form.get("to"))
    if chosen is not None and not may_be_assigned(session, conversation.practice, chosen):
        return None
    return _Done(change_assignee(session, conversation, chosen))


def _transfer(session: Session, conversation: Conversation, _: int | None) -> _Done | None:
    """Transfer a conversation, unless its practice has no such team, or the team has it already."""
    team = request.form.get("team", "")
    if not team:
        abort(400, "Choose a team first.")
    practice = services_of(current_app).practices.require(conversation.practice)
    if team not in teams_for(practice) or team == conversation.team:
        return None
    done = transfer(session, conversation, practice, team, "", hold_for())
    return _Done(done.detail, done.tickets, done.added, done.untold)


def _tag(session: Session, conversation: Conversation, _: int | None) -> _Done | None:
    """Add a tag to a conversation, unless it has as many as it may; one that has the tag stays as it is."""
    tag = check_tag(request.form.get("tag", ""))
    if not has_room_for(session, conversation, tag):
        return None
    done = tag_conversation(session, conversation, tag)
    return _Done(done if done["tag"] else {})


def _untag(session: Session, conversation: Conversation, _: int | None) -> _Done:
    """Remove a tag from a conversation; one that does not have it stays as it is."""
    done = untag_conversation(session, conversation, check_tag(request.form.get("tag", "")))
    return _Done(done if done["tags"] else {})


def _snooze(session: Session, conversation: Conversation, _: int | None) -> _Done:
    practice = services_of(current_app).practices.require(conversation.practice)
    return _Done(change_snooze(conversation, request.form.get("until", ""), practice.time_zone))


_KINDS: dict[BulkAction, _Kind] = {
    BulkAction.ASSIGN: _Kind("assigned", _assign, lambda: "assigned"),
    BulkAction.TRANSFER: _Kind(
        "transferred",
        _transfer,
        lambda: f"transferred to {words_of(request.form.get('team', ''))}",
        undo=UndoKind.TRANSFER,
    ),
    BulkAction.TAG: _Kind("tagged", _tag, lambda: "tagged", waits_for_alarm=False),
    BulkAction.UNTAG: _Kind("untagged", _untag, lambda: "without the tag", waits_for_alarm=False),
    BulkAction.CLOSE: _Kind(
        "state_changed", _close, lambda: "closed", undo=UndoKind.CLOSE, answers=True, asks_first=True
    ),
    BulkAction.SNOOZE: _Kind("snoozed", _snooze, lambda: "snoozed", undo=UndoKind.SNOOZE, answers=True),
}
