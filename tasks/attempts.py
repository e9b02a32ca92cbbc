"""Counting the attempts to handle a message, and handing it to a person after a few.

An attempt counts as failed from its start until it succeeds. A message that kills its worker is therefore counted, too.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import redis
import structlog
from sqlalchemy import bindparam, select
from sqlalchemy.exc import InterfaceError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as NoConnectionError
from sqlalchemy.orm import Session, contains_eager

from inbox.conversation_state import note_decision
from inbox.models import Decision, Message, now
from intake.errors import IntakeError, MissingKeyError
from intake.practices import Practice
from intake.vocabulary import NotificationReason, Priority, Route, Team
from tasks.carriers.backoff import wait_after
from tasks.notification.models import add_notifications, tickets_for
from tasks.pubsub import topics_of
from tasks.queue import AfterCommit

if TYPE_CHECKING:
    from tasks.context import Context

log = structlog.get_logger(__name__)

MAX_FAILURES = 5
WITHOUT_PRACTICE = timedelta(minutes=5)
AFTER_OUTAGE = timedelta(seconds=5)
_LOCKED = (
    select(Message)
    .join(Message.conversation)
    .where(Message.id.in_(bindparam("ids", expanding=True)))
    .order_by(Message.id)
    .options(contains_eager(Message.conversation))
    .with_for_update(of=Message)
    .execution_options(populate_existing=True)
)
OUTAGES = (OperationalError, InterfaceError, NoConnectionError, redis.RedisError)


@dataclass(slots=True)
class Begun:
    """The attempts that were counted, and what came of the other messages.

    Attributes:
        messages: the messages to handle now, with their conversations.
        alone: ids of messages that failed before. Nothing was counted for them: each must be tried by itself, because
            it may end its worker.
        errors: message id → why there can be no attempt.
        after: what follows for messages that have failed too often.
    """

    messages: list[Message] = field(default_factory=list)
    alone: list[int] = field(default_factory=list)
    errors: dict[int, Exception] = field(default_factory=dict)
    after: AfterCommit = field(default_factory=AfterCommit)


def begin_attempts(context: Context, message_ids: Sequence[int]) -> Begun:
    """Count an attempt at each message that is to be handled, in a transaction before the work.

    Messages that were handled or are not due are left out.
    """
    begun = Begun()
    with context.database.write() as session:
        moment = now()
        for message in lock_messages(session, message_ids):
            has_failed = bool(message.failures) or message.id in context.not_subtracted
            # the first attempt needs no date: the clock that wrote it may be ahead of this one
            if message.handled_at is not None or (message.failures and message.next_attempt_at > moment):
                continue
            if has_failed and len(message_ids) > 1:
                begun.alone.append(message.id)
            else:
                _begin_attempt(context, session, message, moment, begun)
    return begun


def _begin_attempt(context: Context, session: Session, message: Message, moment: datetime, begun: Begun) -> None:
    try:
        practice = context.practices.require(message.conversation.practice)
    except IntakeError as error:
        message.next_attempt_at = moment + WITHOUT_PRACTICE  # it may be added to the file again
        begun.errors[message.id] = error
        return
    if message.failures >= MAX_FAILURES:
        begun.after |= _hand_over(session, message, practice)
    else:
        message.failures += message.id not in context.not_subtracted
        context.not_subtracted.discard(message.id)
        message.next_attempt_at = moment + wait_after(message.failures)
        begun.messages.append(message)


def lock_messages(session: Session, message_ids: Collection[int]) -> Sequence[Message]:
    """Return messages with their conversations, oldest first, locked until the transaction ends."""
    return session.scalars(_LOCKED, {"ids": list(message_ids)}).all()


def end_attempt(message: Message) -> None:
    """Note that the running attempt succeeded."""
    message.handled_at = now()
    message.failures -= 1


def fail_attempt(context: Context, message_id: int, error: Exception) -> AfterCommit:
    """Note that an attempt failed. After the last one, hand the message to a person.

    An attempt that failed because the database, Redis, or an encryption key was away does not count.
    """
    if isinstance(error, (*OUTAGES, MissingKeyError)):
        _subtract_attempt(context, message_id)
        return AfterCommit()
    with context.database.write() as session:
        message = session.get(Message, message_id, with_for_update=True)
        if message is None or message.handled_at is not None or message.failures < MAX_FAILURES:
            return AfterCommit()
        practice = context.practices.by_slug(message.conversation.practice)
        return AfterCommit() if practice is None else _hand_over(session, message, practice)


def _subtract_attempt(context: Context, message_id: int) -> None:
    try:
        with context.database.write() as session:
            message = session.get(Message, message_id, with_for_update=True)
            if message is not None and message.handled_at is None and message.failures:
                message.failures -= 1
                message.next_attempt_at = now() + AFTER_OUTAGE
    except (SQLAlchemyError, MissingKeyError) as error:
        context.not_subtracted.add(message_id)
        log.warning("attempt_not_subtracted", message_id=message_id, error=type(error).__name__)


def _hand_over(session: Session, message: Message, practice: Practice) -> AfterCommit:
    """Send a message that cannot be handled to the review queue, with a notice."""
    why = "the message could not be processed"
    session.add(
        Decision(
            message_id=message.id, route=Route.REVIEW, reply=None, team=Team.REVIEW, priority=Priority.HIGH, why=why
        )
    )
    message.handled_at = now()
    note_decision(message.conversation, None, Team.REVIEW, Priority.HIGH, message)
    rows = add_notifications(
        session,
        message,
        practice,
        team=Team.REVIEW,
        priority=Priority.HIGH,
        reason=NotificationReason.UNPROCESSED,
    )
    log.error("message_handed_over", message_id=message.id, failures=message.failures)
    return AfterCommit(notifications=tickets_for(rows), topics=topics_of(message.conversation_id, practice.slug))
