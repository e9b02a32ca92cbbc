"""Telling a team that a colleague has transferred a conversation to it, and taking that back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from inbox.models import Conversation, Message, Notification, NotificationState
from intake.practices import Practice
from intake.vocabulary import NotificationReason, Priority
from tasks.notification.models import add_notifications, tickets_for
from tasks.notification.targets import CONSOLE
from tasks.queues.queue import Ticket


@dataclass(frozen=True, slots=True)
class Told:
    """Telling a team.

    Attributes:
        notice_ids: the notices.
        tickets: the jobs to queue.
        goes_out: whether there is a notice to any address, and not to the console alone.
    """

    notice_ids: list[int]
    tickets: tuple[Ticket, ...]
    goes_out: bool


def notice_priority(priority: Priority) -> Priority:
    """Return how soon a team must look at what it was given: a colleague asks, so not in a digest; and no alarm."""
    return min(max(priority, Priority.NORMAL), Priority.HIGH)


def tell_team(
    session: Session, conversation: Conversation, practice: Practice, team: str, priority: Priority, hold: timedelta
) -> Told:
    """Notify a team of a conversation that is now theirs.

    Several transfers that are due at the same time go out as one notice. What is quoted is the patient's last message;
    of a conversation in which the patient has not written yet, the notice has no words.

    Args:
        session: an open write transaction that holds the conversation's lock.
        conversation: the conversation.
        practice: its practice.
        team: the team.
        priority: how pressing the conversation is.
        hold: how long the transfer can still be undone.
    """
    newest = select(Message).where(Message.conversation_id == conversation.id).order_by(Message.id.desc()).limit(1)
    message = session.scalar(newest)
    own = (
        Notification.message_id == message.id if message else Notification.conversation_id == conversation.id,
        Notification.reason == NotificationReason.TRANSFERRED,
        Notification.team == team,
    )
    session.execute(delete(Notification).where(*own))  # it had the conversation before
    rows = add_notifications(
        session,
        message or conversation,
        practice,
        team=team,
        priority=notice_priority(priority),
        reason=NotificationReason.TRANSFERRED,
        hold=hold,
        together=True,
    )
    return Told([row.id for row in rows], tickets_for(rows, hold), any(row.target != CONSOLE for row in rows))


def take_back_notices(session: Session, notice_ids: Sequence[int]) -> bool:
    """Delete notices of a transfer unless one is on its way, and return whether they are gone."""
    query = select(Notification).where(Notification.id.in_(notice_ids)).order_by(Notification.id)
    notices = session.scalars(query.with_for_update().execution_options(populate_existing=True)).all()
    outside = [notice for notice in notices if notice.target != CONSOLE]
    if any(notice.state != NotificationState.PENDING or notice.attempts for notice in outside):
        return False
    for notice in notices:
        session.delete(notice)
    return True
