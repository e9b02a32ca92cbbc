"""How long patients waited for the first answer: by Intake, and in writing by a person."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Integer,
    Select,
    and_,
    case,
    func,
    literal,
    not_,
    or_,
    select,
    union_all,
)
from sqlalchemy.orm import Session

from inbox.models import Conversation, Decision, Delivery, DeliveryState, Message
from intake.vocabulary import KEYWORD_REPLIES, Language, SenderDoubt, reply_in
from staff.figures.local_time import EpochSeconds
from staff.figures.period import Period
from staff.figures.row_age import came_in, came_in_since, is_of, is_staffs, message_of_reply, was_written_since
from staff.figures.statistics import DAY, HOUR, MINUTE

SILENCE = timedelta(days=7)
"""After this long, a patient who writes again begins anew: what nobody answered was settled in another way."""

NEVER_ARRIVED = (DeliveryState.FAILED, DeliveryState.SUPPRESSED, DeliveryState.NOT_SENT, DeliveryState.HELD)
CONFIRMATIONS = tuple(reply_in(language, name) for name in KEYWORD_REPLIES for language in (Language.EN, Language.ES))
SENT_AT: ColumnElement[datetime] = func.coalesce(Delivery.sending_at, Delivery.scheduled_for, Delivery.created_at)
_PRECISE = 10 * MINUTE


@dataclass(frozen=True, slots=True)
class AnswerTimes:
    """How long those waited who got an answer.

    Attributes:
        seconds: how many waited for each number of seconds, which is rounded down for long waits.
        unanswered: how many have no answer, or none in writing.
    """

    seconds: Counter[int] = field(default_factory=Counter)
    unanswered: int = 0


def read_automatic(session: Session, practice: str, period: Period) -> AnswerTimes:
    """Return how long after each message of a period its first automatic answer was sent, in one query.

    The confirmations that carriers require after STOP, START, and HELP are no answers. A responder's mail waits
    for none.
    """
    first = (
        select(Delivery.message_id.label("message_id"), func.min(SENT_AT).label("at"))
        .where(
            message_of_reply().is_not(None),
            Delivery.reply.not_in(CONFIRMATIONS),
            Delivery.state.not_in(NEVER_ARRIVED),
            was_written_since(period.start),  # no answer comes before its message
        )
        .group_by(message_of_reply())
        .subquery()
    )
    waits = (
        select(_round_down(EpochSeconds(first.c.at) - EpochSeconds(Message.received_at)).label("seconds"))
        .join(Conversation, Message.conversation_id == Conversation.id)
        .outerjoin(first, first.c.message_id == Message.id)
        .where(
            is_of(practice),
            came_in(period),
            Message.keyword.is_(None),
            Message.doubt.is_distinct_from(SenderDoubt.AUTO_REPLY),
        )
    )
    return _count(session, waits)


def read_human(session: Session, practice: str, period: Period) -> AnswerTimes:
    """Return how long patients waited for a person to write, in one query.

    A wait begins with a message that somebody had to look at, unless one is running; automatic answers do not end it.
    """
    events = _events(practice, period)
    order = {"partition_by": events.c.conversation_id, "order_by": (events.c.at, events.c.is_answer)}
    marked = select(
        events,
        func.lag(events.c.is_answer).over(**order).label("after_answer"),
        func.lag(events.c.at_seconds).over(**order).label("before_seconds"),
    ).subquery()
    silent = marked.c.at_seconds - marked.c.before_seconds > int(SILENCE.total_seconds())
    begins = or_(marked.c.is_answer == 1, marked.c.after_answer.is_(None), marked.c.after_answer == 1, silent)
    order = {"partition_by": marked.c.conversation_id, "order_by": (marked.c.at, marked.c.is_answer)}
    turns = (
        select(
            marked.c.at,
            marked.c.is_answer,
            marked.c.at_seconds,
            func.lead(marked.c.is_answer).over(**order).label("next_is_answer"),
            func.lead(marked.c.at_seconds).over(**order).label("next_seconds"),
        )
        .where(begins)
        .subquery()
    )
    waited = case((turns.c.next_is_answer == 1, turns.c.next_seconds - turns.c.at_seconds))
    is_wait = and_(turns.c.is_answer == 0, turns.c.at >= period.start, turns.c.at < period.end)
    return _count(session, select(_round_down(waited).label("seconds")).where(is_wait))


def has_left() -> ColumnElement[bool]:
    """Return the condition that a reply went out, or is going out now: what only waits for its time does not count."""
    is_waiting = and_(Delivery.state == DeliveryState.PENDING, Delivery.scheduled_for.is_not(None))
    return and_(Delivery.state.not_in(NEVER_ARRIVED), not_(is_waiting))


def _events(practice: str, period: Period) -> Any:
    """Return the messages that somebody had to look at, and what staff wrote, from a little before the period on."""
    since = period.start - SILENCE
    asked = (
        select(
            Message.conversation_id.label("conversation_id"),
            Message.received_at.label("at"),
            EpochSeconds(Message.received_at).label("at_seconds"),
            literal(0, Integer()).label("is_answer"),
        )
        .join(Conversation, Message.conversation_id == Conversation.id)
        .join(Decision, Decision.message_id == Message.id)
        .where(is_of(practice), came_in_since(since), Decision.priority.is_not(None))
    )
    answered = (
        select(Delivery.conversation_id, SENT_AT, EpochSeconds(SENT_AT), literal(1, Integer()))
        .join(Conversation, Delivery.conversation_id == Conversation.id)
        .where(
            is_of(practice),
            is_staffs(),
            was_written_since(since),
            has_left(),
        )
    )
    return union_all(asked, answered).subquery()


def _count(session: Session, waits: Select[Any]) -> AnswerTimes:
    found = waits.subquery()
    seconds: Counter[int] = Counter()
    unanswered = 0
    for value, count in session.execute(select(found.c.seconds, func.count()).group_by(found.c.seconds)):
        if value is None:
            unanswered += count
        else:
            seconds[max(0, value)] += count
    return AnswerTimes(seconds, unanswered)


def _round_down(seconds: ColumnElement[Any]) -> ColumnElement[Any]:
    """Round a duration down to what is worth telling apart, so that there are few different ones."""

    def to(unit: int) -> ColumnElement[Any]:
        return seconds - seconds % literal(unit, BigInteger())

    return case((seconds < _PRECISE, seconds), (seconds < DAY, to(MINUTE)), else_=to(HOUR))
