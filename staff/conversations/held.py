"""Scheduled messages since which the patient has written: sending them anyway, and taking that back."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from inbox.contact.chat_contact import reply_address
from inbox.contact.quiet import may_others_see
from inbox.contact.text_permission import why_not_text
from inbox.contact.unsafe_contact import is_silenced
from inbox.conversations.state import note_answer, note_reply, unanswered_of
from inbox.conversations.written_since import find_news
from inbox.models import Conversation, ConversationState, Delivery, DeliveryState, Undo
from inbox.patients.book import patients_of_conversation
from intake.practices import Practice
from intake.vocabulary import Medium
from staff import display
from staff.conversations.alarms import UNACKNOWLEDGED, count_open_of
from staff.conversations.conversation_queries import read_reach
from staff.conversations.reply import take_over
from staff.conversations.send_later import quiet_until
from staff.conversations.text_wishes import why_untimely
from tasks.delivery.outbox import WRITTEN_SINCE

HELD_BY_NOW = "Not sent: its time has come, and it is held. Look at it again, then decide."
ACKNOWLEDGE_FIRST = f"{UNACKNOWLEDGED} Do that first."
NOT_SAFE = "The patient said that it is not safe to write here. Press Edit, and send it from the reply box if you must."
EDIT_SEEN = "Not sent: someone else may see it. Press Edit, and send it from the reply box if you must."
EDIT_UNTIMELY = "Press Edit to choose another time, or to send it from the reply box all the same."
HELD_FOR = "held_for"
"""What the way to undo that a held message was sent calls when it was scheduled for."""


def read_newest(session: Session, conversation: Conversation, delivery: Delivery) -> int:
    """Return the id of the newest of what the patient has written since a message was scheduled, 0 if nothing."""
    news = find_news(session, conversation, [delivery]).get(delivery.id)
    return news.message_id if news else 0


def why_not_anyway(
    session: Session, conversation: Conversation, practice: Practice, delivery: Delivery, moment: datetime
) -> str:
    """Return why a held message can't be sent now, empty if it can: what is checked of any reply, and hours."""
    medium = Medium(delivery.medium)
    if count_open_of(session, conversation.id):
        return ACKNOWLEDGE_FIRST
    if is_silenced(session, conversation, medium):
        return NOT_SAFE
    if may_others_see(session, conversation, medium, moment):
        return EDIT_SEEN
    reach = read_reach(session, conversation, practice)
    if reach.obstacle and reach.medium is medium:
        return reach.obstacle
    if problem := why_untimely(session, conversation, practice, moment, EDIT_UNTIMELY):
        return problem
    if medium is not Medium.SMS:
        return ""
    number = reply_address(conversation, medium) or ""
    if problem := why_not_text(session, practice.slug, number, patients_of_conversation(session, conversation)):
        return problem
    span = display.hours(practice.patient_quiet_hours)
    is_quiet = quiet_until(practice, moment) is not None
    return f"Not sent: no new texts go out between {span}. Press Edit to choose a time." if is_quiet else ""


def send_anyway(
    session: Session, conversation: Conversation, delivery: Delivery, staff_id: int, newest: int | None, due: datetime
) -> None:
    """Let a held message go out; it counts as the answer to what the member has read, like any reply.

    Args:
        session: an open write transaction that holds the conversation's lock.
        conversation: the conversation.
        delivery: the message, locked.
        staff_id: the member who sends it.
        newest: the newest message that their page showed, None if nothing tells.
        due: when it can no longer be undone.
    """
    delivery.answered = unanswered_of(conversation)
    delivery.state, delivery.error_code = DeliveryState.PENDING, None
    delivery.scheduled_for, delivery.next_attempt_at = None, due
    take_over(session, conversation, staff_id)
    note_answer(conversation, ConversationState.WAITING, newest)
    note_reply(conversation)


def hold_again(session: Session, conversation: Conversation, undo: Undo) -> bool:
    """Hold a message again that was sent anyway and is not being sent yet, and return whether that went."""
    query = select(Delivery).where(Delivery.id == undo.delivery_id, Delivery.conversation_id == conversation.id)
    delivery = session.scalar(query.with_for_update().execution_options(populate_existing=True))
    if delivery is None or delivery.state != DeliveryState.PENDING or delivery.attempts:
        return False
    delivery.state, delivery.error_code = DeliveryState.HELD, WRITTEN_SINCE
    delivery.scheduled_for = datetime.fromisoformat((undo.added or {})[HELD_FOR])
    return True
