"""Whether the patient has written since staff scheduled a reply: then it is held at its time, until staff decide.

"See you Tuesday!" must not reach somebody who has written since that they can't come. Everything that a patient writes
counts, on any channel, except thanks and the like, and what a program wrote. What no decision has been made about yet
counts, too. Staff who have read it may let the reply go out all the same; then only what comes after that holds it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import Session

from inbox.models import Conversation, Decision, Delivery, DeliveryState, Message
from inbox.patients.book import conversations_of_patient, patients_of_conversation
from inbox.patients.conversations import conversations_of
from intake.vocabulary import NEVER_ALARMS, Route, SenderDoubt

_NO_NEWS = (Route.ACKNOWLEDGEMENT, Route.AUTO_REPLY)
_BY_NO_PATIENT = (*NEVER_ALARMS, SenderDoubt.STAFF)


class WrittenSince(NamedTuple):
    """The newest of what a patient has written since a reply was scheduled, and where.

    Attributes:
        message_id: the message.
        conversation_id: its conversation, which need not be that of the reply.
    """

    message_id: int
    conversation_id: int


def is_news(route: str | None, doubt: SenderDoubt | None) -> bool:
    """Return whether a message may change what staff want to say.

    Args:
        route: how the message was routed, None if it has not been yet.
        doubt: why it gets no automatic reply, None if it may.
    """
    return route not in _NO_NEWS and doubt not in _BY_NO_PATIENT


def is_undecided(reply: Delivery) -> bool:
    """Return whether a scheduled reply waits for its time, or is held: staff can change or cancel it."""
    is_waiting = reply.state == DeliveryState.PENDING and not reply.attempts
    return reply.scheduled_for is not None and (is_waiting or reply.state == DeliveryState.HELD)


def waits_for_its_time() -> ColumnElement[bool]:
    """Return the condition that a message by staff is sent later, or held until they decide."""
    states = (DeliveryState.PENDING, DeliveryState.HELD)
    return and_(Delivery.state.in_(states), Delivery.scheduled_for.is_not(None), Delivery.attempts == 0)


def has_held() -> ColumnElement[bool]:
    """Return the condition that a conversation has a held message."""
    return Conversation.id.in_(select(Delivery.conversation_id).where(Delivery.state == DeliveryState.HELD))


def find_news(session: Session, conversation: Conversation, replies: Sequence[Delivery]) -> dict[int, WrittenSince]:
    """Return what the patient has written since each of a conversation's scheduled replies, by the reply's id.

    A reply since which they have written nothing that matters is left out.

    Args:
        session: an open transaction.
        conversation: the conversation.
        replies: its replies that wait for their time, or are held.
    """
    if not replies:
        return {}
    seen = {reply.id: reply.seen_up_to or 0 for reply in replies}
    query = (
        select(Message.id, Message.conversation_id, Decision.route, Message.doubt)
        .outerjoin(Decision, Decision.message_id == Message.id)
        .where(Message.conversation_id.in_(_same_patient(session, conversation)), Message.id > min(seen.values()))
        .order_by(Message.id.desc())
    )
    rows = session.execute(query)
    newest = next((WrittenSince(row_id, place) for row_id, place, route, doubt in rows if is_news(route, doubt)), None)
    return {reply_id: newest for reply_id, up_to in seen.items() if newest is not None and newest.message_id > up_to}


def newest_message(session: Session, conversation: Conversation) -> int:
    """Return the id of the newest message of a conversation's patient, on any channel; 0 if there is none."""
    of_patient = Message.conversation_id.in_(_same_patient(session, conversation))
    return session.scalar(select(func.max(Message.id)).where(of_patient)) or 0


def _same_patient(session: Session, conversation: Conversation) -> set[int]:
    """Return the conversations of the same patient; of those who share a number, only those of the number."""
    ids = {conversation.id}
    if conversation.patient_address:
        same = conversations_of(conversation.practice, conversation.patient_address)
        ids.update(session.scalars(select(Conversation.id).where(same)))
    patients = patients_of_conversation(session, conversation)
    if len(patients) == 1:
        ids.update(conversations_of_patient(session, patients[0]))
    return ids
