"""What staff do with a conversation apart from answering: each change, whoever asks for it and for how many at once."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from flask import abort, current_app
from sqlalchemy.orm import Session

from inbox.conversations.member_notices import call_members, note_seen
from inbox.conversations.mentions import find_mentions
from inbox.conversations.state import end_snooze, note_answer, note_transfer, snooze
from inbox.conversations.tag_words import MOST_TAGS, find_tag_problem, fold_tag, tidy_tag
from inbox.conversations.tags import TooManyTagsError, add_tag, remove_tag, tags_of
from inbox.models import Conversation, ConversationState, Note, NoticeReason, now
from intake.practices import Practice, TeamSettings
from intake.settings import Settings
from intake.vocabulary import words_of
from staff.auth.access import member
from staff.conversations.alarms import ADD_ADDRESS, IS_SAMPLE, SET_UP_CARRIER, TEXT_START
from staff.conversations.people import assignable, may_be_assigned, names_among
from staff.conversations.reply import hand_back
from staff.conversations.snooze import snooze_end
from staff.conversations.teams import teams_for
from tasks.notification.stopped_phones import find_stopped
from tasks.notification.targets import usable_addresses
from tasks.notification.transfers import tell_team
from tasks.queues.due import NO_HOLD
from tasks.queues.queue import Ticket
from web.row_ids import read_row_id
from web.services import services_of

ME = "me"
AWAKE = "now"
LONGEST_NOTE = 4000
UNANSWERED = "unanswered"
"""What the audit trail calls that a member closed a conversation, or let it wait, knowing that nobody had answered."""


@dataclass(frozen=True, slots=True)
class Transferred:
    """What a transfer did.

    Attributes:
        detail: what the audit trail says.
        added: what undoing it deletes.
        tickets: the jobs that notify the team.
        untold: why nobody is notified, and what to do about it; empty if somebody is.
    """

    detail: dict[str, Any]
    added: dict[str, Any]
    tickets: tuple[Ticket, ...]
    untold: str


def change_state(conversation: Conversation, wanted: str, shown: int | None) -> dict[str, Any]:
    """Make a conversation open, waiting, or closed; closing turns auto-replies back on.

    Args:
        conversation: the conversation.
        wanted: its state from now on.
        shown: the newest message that the member was shown, None if nothing tells.
    """
    if wanted not in set(ConversationState):
        abort(400, "The status must be open, waiting, or closed.")
    if wanted == ConversationState.OPEN:
        conversation.state = ConversationState.OPEN
        end_snooze(conversation)
    else:
        note_answer(conversation, ConversationState(wanted), shown)
    if wanted == ConversationState.CLOSED:
        hand_back(conversation)
    return {"state": wanted}


def read_assignee(wanted: str | None) -> int | None:
    """Return the member whom a form names: by id, as the signed-in one (`me`), or None for no one (empty)."""
    if wanted == "":
        return None
    chosen = member().id if wanted == ME else read_row_id(wanted or "")
    return chosen or abort(400, "Choose who gets it, or no one.")


def change_assignee(session: Session, conversation: Conversation, chosen: int | None) -> dict[str, Any]:
    """Assign a conversation to a member of its practice, or to no one."""
    is_new = chosen is not None and chosen != conversation.assigned_to
    if chosen is not None and is_new and not may_be_assigned(session, conversation.practice, chosen):
        abort(400, "That person cannot be assigned to this conversation. Reload the page and choose again.")
    if conversation.assigned_to not in (None, chosen):
        note_seen(session, conversation.assigned_to, conversation.id, NoticeReason.ASSIGNED)  # no longer theirs
    if chosen is not None and is_new:
        call_members(session, conversation, [chosen], NoticeReason.ASSIGNED, member().id)
    conversation.assigned_to = chosen
    if chosen is not None:
        conversation.placed_at = now()
    return {"to": chosen}


def transfer(
    session: Session, conversation: Conversation, practice: Practice, team: str, text: str, hold: timedelta
) -> Transferred:
    """Give a conversation to a team of its practice, unassigned and with any note, and notify the team."""
    if team not in teams_for(practice):
        abort(400, "This practice has no such team. Choose one of the list.")
    if team == conversation.team:
        abort(409, f"{words_of(team)} already has this conversation. Choose another team.")
    before, had = conversation.team, conversation.assigned_to
    note, calls = write_note(session, conversation, text, hold) if text else ({}, [])
    if had is not None:
        change_assignee(session, conversation, None)
    told = tell_team(session, conversation, practice, team, note_transfer(conversation, team), hold)
    settings, stopped = services_of(current_app).settings, find_stopped(session, practice)
    untold = why_untold(practice, team, settings, stopped, goes_out=told.goes_out)
    detail = {"to": team, **({"from": before} if before else {}), **({"assignee": had} if had else {}), **note}
    added = {"notices": told.notice_ids, "note": note.get("note"), "calls": calls, "tells": not untold}
    return Transferred(detail, added, told.tickets, untold)


def why_untold(practice: Practice, team: str, settings: Settings, stopped: Collection[str], *, goes_out: bool) -> str:
    """Return why no address of a team gets a notice, and what to do about it; empty if one does.

    Args:
        practice: the practice.
        team: the team.
        settings: which carriers are set up.
        stopped: the addresses that texted STOP.
        goes_out: whether there is a notice to any address.
    """
    addresses = practice.teams.get(team, TeamSettings())
    if not addresses.notify:
        why, remedy = f"{words_of(team)} has no address", ADD_ADDRESS
    elif not goes_out:
        return f"Nobody was notified. {IS_SAMPLE}"
    elif usable_addresses(practice, addresses, settings, stopped):
        return ""
    elif usable_addresses(practice, addresses, settings, ()):
        why, remedy = f"every phone of {words_of(team)} texted STOP", TEXT_START
    else:
        why, remedy = f"no texts or emails can be sent to {words_of(team)}", SET_UP_CARRIER
    return f"Nobody was notified: {why}, so it sees this only on the console. {remedy}"


def add_note(session: Session, conversation: Conversation, text: str) -> dict[str, Any]:
    """Add a note for other staff, and call those whom it mentions."""
    detail, _ = write_note(session, conversation, text, NO_HOLD)
    return detail


def write_note(
    session: Session, conversation: Conversation, text: str, hold: timedelta
) -> tuple[dict[str, Any], list[int]]:
    """Add a note that can be undone for a while, and return it for the audit trail, and the ids of its calls."""
    if not 0 < len(text) <= LONGEST_NOTE:
        abort(400, f"A note must be 1 to {LONGEST_NOTE} characters long.")
    written = Note(conversation_id=conversation.id, staff_id=member().id, text=text)
    session.add(written)
    session.flush()
    names = names_among(assignable(session, [conversation.practice]))
    mentioned = [staff_id for staff_id in find_mentions(text, names) if staff_id != member().id]
    calls = call_members(session, conversation, mentioned, NoticeReason.MENTIONED, member().id, hold)
    return {"note": written.id} | ({"mentioned": mentioned} if mentioned else {}), calls


def check_tag(typed: str) -> str:
    """Return a tag as it is kept, or abort if it can't be one."""
    tag = tidy_tag(typed)
    if problem := find_tag_problem(tag):
        abort(400, problem)
    return tag


def has_room_for(session: Session, conversation: Conversation, tag: str) -> bool:
    """Return whether a conversation can get a tag, or has it."""
    known = tags_of(session, [conversation.id]).get(conversation.id, [])
    return len(known) < MOST_TAGS or fold_tag(tag) in {fold_tag(other.word) for other in known}


def tag_conversation(session: Session, conversation: Conversation, typed: str) -> dict[str, Any]:
    """Add a tag."""
    tag = check_tag(typed)
    try:
        added = add_tag(session, conversation, tag)
    except TooManyTagsError:
        abort(400, f"A conversation has at most {MOST_TAGS} tags. Remove one first.")
    return {"tag": added}


def untag_conversation(session: Session, conversation: Conversation, typed: str) -> dict[str, Any]:
    """Remove a tag."""
    return {"tags": remove_tag(session, conversation, tidy_tag(typed))}


def change_snooze(conversation: Conversation, wanted: str, zone: str) -> dict[str, Any]:
    """Hide a conversation from the views until a moment in the practice's time zone, or show it again (`now`)."""
    if wanted == AWAKE:
        end_snooze(conversation)
        return {"until": None}
    until = snooze_end(wanted, now(), zone)
    if until is None:
        abort(400, "A snooze must end within a year. Choose a date and time that are still to come.")
    snooze(conversation, until)
    return {"until": until.isoformat()}
