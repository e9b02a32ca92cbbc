"""Keeping a conversation's state up to date: whether staff must act, which team, and how soon."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from inbox.models import Conversation, ConversationState, Message, now
from intake.vocabulary import DangerKind, Priority, Team, TriageLevel


def note_message(conversation: Conversation) -> None:
    """Reopen a conversation because the patient wrote, even if it was snoozed."""
    conversation.last_activity_at = conversation.listed_at = now()
    conversation.state = ConversationState.OPEN
    conversation.snoozed_until = None
    conversation.waiting_since = conversation.waiting_since or conversation.last_activity_at


def note_decision(
    conversation: Conversation,
    intent: str | None,
    team: str | None,
    priority: Priority | None,
    message: Message | None = None,
) -> None:
    """Apply the routing decision about a message to its conversation.

    Until staff answer, the highest priority of several messages counts, and what that message is about, so that neither
    an "ok thanks" nor a question about prices hides it. If no one must look, nobody is waiting. If staff answered or
    closed it before the message was handled, it is open again unless they had seen the message; an emergency always is.

    Args:
        conversation: the message's conversation.
        intent: what the patient wants, one of `intake.vocabulary.TOPICS`, None if the message does not show it.
        team: the team that must look, None for no one.
        priority: how soon they must look, None for no one.
        message: the message, None if the conversation is open in any case.
    """
    if message is not None and priority is not None:
        _open_unseen(conversation, message, priority)
    outranked = conversation.priority is not None and priority is not None and priority < conversation.priority
    if not outranked:
        conversation.intent = intent or conversation.intent
    if priority is not None and not outranked:
        conversation.team, conversation.priority = team, priority
    if conversation.priority is None:
        conversation.waiting_since = None
    elif conversation.state == ConversationState.OPEN:
        since = message.received_at if message is not None else conversation.last_activity_at
        conversation.waiting_since = conversation.waiting_since or since


def _open_unseen(conversation: Conversation, message: Message, priority: Priority) -> None:
    is_seen = message.id <= (conversation.answered_up_to or 0)
    if conversation.state != ConversationState.OPEN and (not is_seen or priority == Priority.URGENT):
        conversation.state = ConversationState.OPEN
        end_snooze(conversation)


def note_triage(conversation: Conversation, level: TriageLevel, danger: DangerKind | None) -> None:
    """Raise a conversation's triage level to that of a message; until staff answer, it is never lowered.

    Its kind of danger stays, also while the level of an answered emergency is an ordinary one, unless a message tells
    of one that comes before it.

    Args:
        conversation: the message's conversation.
        level: the message's level.
        danger: the kind of danger, if it is an emergency.
    """
    levels, kinds = list(TriageLevel), list(DangerKind)  # the most serious comes first
    if conversation.triage is None or levels.index(level) <= levels.index(TriageLevel(conversation.triage)):
        conversation.triage = level
    known = [DangerKind(kind) for kind in (conversation.danger, danger) if kind is not None]
    conversation.danger = min(known, key=kinds.index, default=None)


def note_answer(conversation: Conversation, state: ConversationState, up_to: int | None) -> None:
    """Set the state after staff answered or closed, and clear the priority, the triage level, and the snooze.

    What is written ends no danger, so its kind goes only once the conversation is closed.

    Args:
        conversation: the conversation.
        state: its state from now on.
        up_to: the newest message that they had been shown, None if nothing tells.
    """
    conversation.answered_up_to = None if up_to is None else min(up_to, conversation.last_message_id or 0)
    conversation.state, conversation.priority = state, None
    conversation.triage = None
    if state == ConversationState.CLOSED:
        conversation.danger = None
    conversation.waiting_since = conversation.snoozed_until = None


def end_wait(conversation: Conversation) -> None:
    """Let nobody wait in a conversation whose patient was called; it stays open, and as pressing as it is."""
    conversation.waiting_since = None


def note_false_alarm(conversation: Conversation, level: TriageLevel, team: str | None, priority: Priority) -> None:
    """Let a conversation be no emergency; if staff have answered it, nobody needs to look sooner or later."""
    conversation.triage, conversation.danger = level, None
    if conversation.priority is not None:
        conversation.team, conversation.priority = team, priority


def note_transfer(conversation: Conversation, team: str) -> Priority:
    """Give a conversation to a team, which has to look at it now, and return how pressing it is."""
    conversation.state, conversation.team = ConversationState.OPEN, team
    conversation.placed_at = now()
    conversation.priority = conversation.priority or Priority.NORMAL
    end_snooze(conversation)
    return Priority(conversation.priority)


def note_reply(conversation: Conversation) -> None:
    """Move a conversation to the top of the inbox because staff wrote."""
    conversation.last_activity_at = conversation.listed_at = now()


def snooze(conversation: Conversation, until: datetime) -> None:
    """Hide a conversation from the inbox until a moment, when it comes back on top, or until the patient writes."""
    conversation.snoozed_until = conversation.listed_at = until


def end_snooze(conversation: Conversation) -> None:
    """Show a snoozed conversation again, where its last activity puts it."""
    if conversation.snoozed_until is not None:
        conversation.snoozed_until, conversation.listed_at = None, conversation.last_activity_at


def note_untold(conversation: Conversation, team: str, priority: Priority) -> None:
    """Put a conversation on top of the inbox because a notice of it reached nobody.

    One that staff have answered, closed, or snoozed is left alone: they know of it.

    Args:
        conversation: the conversation, locked.
        team: the team that was to be notified.
        priority: how soon it was to look.
    """
    moment = now()
    is_snoozed = conversation.snoozed_until is not None and conversation.snoozed_until > moment
    if conversation.state != ConversationState.OPEN or is_snoozed:
        return
    conversation.listed_at = moment
    note_decision(conversation, None, conversation.team or team, max(priority, conversation.priority or priority))


def unanswered_of(conversation: Conversation) -> dict[str, Any]:
    """Return how pressing a conversation is before staff answer it, as JSON has it, for `bring_back`."""
    values = {name: getattr(conversation, name) for name in ("priority", "triage", "danger", "intent")}
    since = conversation.waiting_since
    return values | {"waiting_since": since.isoformat() if since else None}


def bring_back(conversation: Conversation, unanswered: Mapping[str, Any] | None = None) -> None:
    """Reopen a conversation because an answer did not reach the patient, or may not have.

    Its priority is high, or what it was before the answer if that is more: an emergency is one again, and the patient
    has waited since the message that nobody has answered.

    Args:
        conversation: the conversation.
        unanswered: what `unanswered_of` returned before the answer, None if nothing was pressing.
    """
    before = unanswered or {}
    priority = Priority(before.get("priority") or Priority.LOW)
    note_message(conversation)
    conversation.answered_up_to = None
    intent = before.get("intent") if priority >= Priority.HIGH else None
    note_decision(conversation, intent, conversation.team or Team.FRONT_DESK, max(priority, Priority.HIGH))
    if before.get("triage"):
        danger = before["danger"]
        note_triage(conversation, TriageLevel(before["triage"]), DangerKind(danger) if danger else None)
    if before.get("waiting_since"):
        since = datetime.fromisoformat(before["waiting_since"])
        conversation.waiting_since = min(since, conversation.waiting_since or since)
