"""Emergencies that staff acknowledged and nobody answered: nothing that is done to several at once may hide them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from inbox.models import AlarmEnd, Conversation, ConversationState, Delivery, DeliveryState, Escalation
from inbox.patients.book import conversations_of_patient, patients_of_conversation
from staff.conversations.no_word import find_called
from tasks.messages.marked_emergencies import is_emergency
from tasks.routing.silence import NEVER_REACHED

_DEALT_WITH = (AlarmEnd.CLOSE, AlarmEnd.FALSE_ALARM)


def find_wordless(session: Session, conversations: Sequence[Conversation]) -> set[int]:
    """Return which conversations have an acknowledged emergency since which no member wrote or noted a call.

    One that a member closed, or found to be no emergency, is dealt with. One that waits on a patient to whom nobody
    wrote is not.

    Args:
        session: an open transaction.
        conversations: the conversations.
    """
    standing = {
        row.id: row
        for row in conversations
        if row.state == ConversationState.WAITING or (row.state == ConversationState.OPEN and is_emergency(row))
    }
    alarms = select(Escalation).where(
        Escalation.conversation_id.in_(standing),
        Escalation.acknowledged_at.is_not(None),
        or_(Escalation.acknowledged_how.is_(None), Escalation.acknowledged_how.not_in(_DEALT_WITH)),
    )
    left = session.scalars(alarms).all()
    called = find_called(session, left)
    return {
        alarm.conversation_id
        for alarm in left
        if alarm.id not in called and not _has_written_since(session, standing[alarm.conversation_id], alarm.created_at)
    }


def _has_written_since(session: Session, conversation: Conversation, since: datetime) -> bool:
    """Return whether a member has written to a patient since, on any channel; what waits or failed does not count."""
    ids = {conversation.id}
    patients = patients_of_conversation(session, conversation)
    if len(patients) == 1:  # of those who share a number, nobody knows to whom another conversation went
        ids.update(conversations_of_patient(session, patients[0]))
    written = select(Delivery.id).where(
        Delivery.conversation_id.in_(ids),
        Delivery.staff_id.is_not(None),
        Delivery.message_id.is_(None),
        Delivery.created_at >= since,
        Delivery.state.not_in(NEVER_REACHED),
        or_(Delivery.state != DeliveryState.PENDING, Delivery.scheduled_for.is_(None)),
    )
    return session.scalar(written.limit(1)) is not None
