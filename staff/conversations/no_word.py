"""Emergencies whose patient has had no word, and how to reach them: until one went out, or a call reached them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from sqlalchemy import String, and_, cast, literal, or_, select
from sqlalchemy.orm import Session

from inbox.contact.unsafe_contact import flag_on
from inbox.incoming.chat import CHAT_COPIES
from inbox.models import (
    AlarmEnd,
    AuditEntry,
    ConversationState,
    Delivery,
    DeliveryState,
    Escalation,
    Message,
    Notification,
)
from intake.vocabulary import ABOUT_FILES, NotificationReason
from staff.conversations.phone_calls import CALL_UNDONE, IN_PERSON, calls_left
from tasks.routing.silence import NEVER_REACHED, is_left_alone
from tasks.routing.way_to_patient import NO_REPLY, Way, read_known, way_to

NO_WORD = "The patient has had no word yet"


@dataclass(frozen=True, slots=True)
class NoWord:
    """What is said of an emergency whose patient has had no word.

    Attributes:
        lead: that they have had none, without a period.
        way: how to reach them.
    """

    lead: str
    way: Way


@dataclass(frozen=True, slots=True)
class Owed:
    """The alarms whose patients still wait for a word.

    Attributes:
        no_word: what to say of those who have had none at all, by the alarm's id.
        of_person: those acknowledged alarms since which no person has written to or called the patient, whatever
            automatic reply there was.
    """

    no_word: Mapping[int, NoWord]
    of_person: Collection[int]


@dataclass(frozen=True, slots=True)
class Since:
    """What has become of an acknowledged alarm.

    Attributes:
        how: what ended it.
        state: its conversation's state.
        is_shown: whether whoever last answered or closed the conversation had been shown all its urgent messages.
        is_called: whether a member noted since it was raised that a call reached the patient.
        answers: the states of the automatic replies to its messages.
        by_hand: the states of what staff have sent since; without what waits for its time.
    """

    how: AlarmEnd | None
    state: str
    is_shown: bool = False
    is_called: bool = False
    answers: Collection[str] = ()
    by_hand: Collection[str] = ()


def is_over(since: Since) -> bool:
    """Return whether nobody owes the patient of an acknowledged alarm a word anymore."""
    if since.is_called or since.how == AlarmEnd.FALSE_ALARM or since.state == ConversationState.CLOSED:
        return True
    if not NEVER_REACHED.issuperset([*since.answers, *since.by_hand]):
        return True
    # somebody closed it without a word, and the patient wrote again
    return since.is_shown and since.state == ConversationState.OPEN and not since.by_hand


def read_owed(
    session: Session, alarms: Mapping[Escalation, Sequence[Notification]], moment: datetime, own: Collection[str]
) -> Owed:
    """Return which alarms' patients have had no word, and what to say of it.

    Args:
        session: an open transaction.
        alarms: the alarms and their notices.
        moment: the current time, aware.
        own: the practices whose patient records the member may open.
    """
    found, of_person = _find_owed(session, alarms)
    no_word = {
        alarm.id: NoWord(
            NO_REPLY if alarm.acknowledged_at is None else NO_WORD, read_way(session, alarm, alarms[alarm], moment, own)
        )
        for alarm in alarms
        if alarm.id in found
    }
    return Owed(no_word, of_person)


def read_way(
    session: Session, alarm: Escalation, notices: Sequence[Notification], moment: datetime, own: Collection[str]
) -> Way:
    """Return how to reach the patient of an alarm; see `read_owed`."""
    conversation = alarm.conversation
    was_unsafe = any(notice.reason == NotificationReason.UNANSWERED_UNSAFE for notice in notices)
    facts = read_known(
        session,
        conversation,
        session.get(Message, alarm.message_id),
        moment,
        is_unsafe=was_unsafe or flag_on(session, conversation) is not None,
        opens_record=conversation.practice in own,
    )
    return way_to(facts)


def _find_owed(session: Session, alarms: Mapping[Escalation, Sequence[Notification]]) -> tuple[set[int], set[int]]:
    """Return the alarms whose patients have had no word, and the acknowledged ones that no person has seen to since."""
    if not alarms:
        return set(), set()
    messages = {
        alarm.id: {alarm.message_id, *(notice.message_id for notice in notices if notice.message_id is not None)}
        for alarm, notices in alarms.items()
    }
    sent = _read_sent(session, messages)
    since = {
        alarm.id: _read_since(alarm, sent[alarm.id], max(messages[alarm.id]))
        for alarm in alarms
        if alarm.acknowledged_at is not None
    }
    unwritten = [alarm for alarm in alarms if alarm.id in since and not is_over(replace(since[alarm.id], answers=()))]
    of_person = {alarm.id for alarm in unwritten} - find_called(session, unwritten)
    left_alone = {
        alarm.id
        for alarm, notices in alarms.items()
        if is_left_alone({notice.reason for notice in notices}, sent[alarm.id].answers)
        and (alarm.id not in since or (alarm.id in of_person and not is_over(since[alarm.id])))
    }
    return left_alone, of_person


@dataclass(frozen=True, slots=True)
class _Sent:
    answers: list[str] = field(default_factory=list)
    by_hand: list[str] = field(default_factory=list)


def _read_sent(session: Session, messages: Mapping[int, Collection[int]]) -> dict[int, _Sent]:
    """Return the states of what was sent to the patients of alarms since, by the alarm's id."""
    by_hand = and_(Delivery.message_id.is_(None), Delivery.created_at >= Escalation.created_at)
    every = {message_id for own in messages.values() for message_id in own}
    query = (
        select(Escalation.id, Delivery.message_id, Delivery.state, Delivery.scheduled_for)
        .join(Delivery, Delivery.conversation_id == Escalation.conversation_id)
        .where(
            Escalation.id.in_(messages),
            or_(Delivery.message_id.in_(every), by_hand),
            Delivery.reply.not_in((*CHAT_COPIES.values(), *ABOUT_FILES)),
        )
    )
    sent = {alarm_id: _Sent() for alarm_id in messages}
    for alarm_id, message_id, state, scheduled_for in session.execute(query):
        if message_id in messages[alarm_id]:
            sent[alarm_id].answers.append(state)
        elif message_id is None and not (state in (DeliveryState.PENDING, DeliveryState.HELD) and scheduled_for):
            sent[alarm_id].by_hand.append(state)
    return sent


def _read_since(alarm: Escalation, sent: _Sent, newest: int) -> Since:
    conversation = alarm.conversation
    return Since(
        how=alarm.acknowledged_how,
        state=conversation.state,
        is_shown=(conversation.answered_up_to or 0) >= newest,
        answers=sent.answers,
        by_hand=sent.by_hand,
    )


def find_called(session: Session, alarms: Sequence[Escalation]) -> set[int]:
    """Return the alarms since which a member has noted that a call reached the patient."""
    if not alarms:
        return set()
    query = (
        select(Escalation.id)
        .join(AuditEntry, AuditEntry.subject == literal("conversation:") + cast(Escalation.conversation_id, String))
        .where(
            Escalation.id.in_([alarm.id for alarm in alarms]),
            AuditEntry.action.in_((*IN_PERSON, CALL_UNDONE)),
            AuditEntry.at >= Escalation.created_at,
        )
        .group_by(Escalation.id)
        .having(calls_left() > 0)
    )
    return set(session.scalars(query))
