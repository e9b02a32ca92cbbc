"""Counting the attempts to handle a message, and handing it to a person after a few.

Whoever is on call is told of it as of an emergency, unless the model has understood it and found none: a defect in some
later step must not keep a person in danger from being seen.

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

from classifier.rules.screen import screen_text
from inbox.contact.unsafe_contact import flag_on
from inbox.conversations.state import note_decision, note_triage
from inbox.models import Conversation, Decision, Message, now
from inbox.storage.key_registry import lacks_keys
from intake.errors import IntakeError, MissingKeyError
from intake.practices import Practice
from intake.vocabulary import NEVER_ALARMS, DangerKind, NotificationReason, Priority, Route, Team, TriageLevel
from tasks.carriers.backoff import wait_after
from tasks.notification.models import add_notifications, tickets_for
from tasks.pubsub import topics_of
from tasks.queues.queue import AfterCommit
from tasks.routing.facts import needs_no_model
from tasks.routing.table import team_and_priority
from tasks.routing.unsafe_contact import note_unsafe_contact

if TYPE_CHECKING:
    from classifier import Understanding
    from tasks.context import Context

log = structlog.get_logger(__name__)

MAX_FAILURES = 5
WITHOUT_PRACTICE = timedelta(minutes=5)
AFTER_OUTAGE = timedelta(seconds=5)
WHY = "the message could not be processed"
_LOCKED = (
    select(Message)
    .join(Message.conversation)
    .where(Message.id.in_(bindparam("ids", expanding=True)))
    .order_by(Message.id)
    .options(contains_eager(Message.conversation))
    .with_for_update(of=Message)
    .execution_options(populate_existing=True)
)
# Always in one order, so that two batches never wait for each other; what refers to a conversation, such as the search
# index of a transcription, may be added meanwhile.
_LOCKED_CONVERSATIONS = (
    select(Conversation.id)
    .where(Conversation.id.in_(bindparam("ids", expanding=True)))
    .order_by(Conversation.id)
    .with_for_update(key_share=True)
)
OUTAGES = (OperationalError, InterfaceError, NoConnectionError, redis.RedisError)


@dataclass(slots=True)
class Begun:
    """The attempts that were counted, and what came of the other messages.

    Attributes:
        messages: the messages to handle now, with their conversations.
        alone: ids of messages that failed before. Nothing was counted for them: each must be tried by itself, because
            it may end its worker.
        exhausted: ids of messages that have failed too often, which a person gets.
        errors: message id → why there can be no attempt.
        after: what follows for those that a person gets.
    """

    messages: list[Message] = field(default_factory=list)
    alone: list[int] = field(default_factory=list)
    exhausted: list[int] = field(default_factory=list)
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
                _begin_attempt(context, message, moment, begun)
    for message_id in begun.exhausted:
        begun.after |= _hand_over(context, message_id, None)
    return begun


def _begin_attempt(context: Context, message: Message, moment: datetime, begun: Begun) -> None:
    try:
        context.practices.require(message.conversation.practice)
    except IntakeError as error:
        message.next_attempt_at = moment + WITHOUT_PRACTICE  # it may be added to the file again
        begun.errors[message.id] = error
        return
    if message.failures >= MAX_FAILURES:
        begun.exhausted.append(message.id)
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


def lock_conversations(session: Session, conversation_ids: Collection[int]) -> None:
    """Lock the conversations of messages, before the messages themselves, until the transaction ends."""
    session.scalars(_LOCKED_CONVERSATIONS, {"ids": list(conversation_ids)}).all()


def fail_attempt(
    context: Context, message_id: int, error: Exception, understanding: Understanding | None = None
) -> AfterCommit:
    """Note that an attempt failed. After the last one, hand the message to a person.

    An attempt that failed because the database, Redis, or an encryption key was away does not count.

    Args:
        context: the worker's context.
        message_id: the message.
        error: why it failed.
        understanding: what the attempt had understood before, None if it failed earlier.
    """
    if isinstance(error, (*OUTAGES, MissingKeyError)):
        _subtract_attempt(context, message_id)
        return AfterCommit()
    return _hand_over(context, message_id, understanding)


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


def _hand_over(context: Context, message_id: int, understanding: Understanding | None) -> AfterCommit:
    """Give a message that cannot be handled to people, with a notice, once it has failed often enough."""
    with context.database.write() as session:
        conversation_id = session.scalar(select(Message.conversation_id).where(Message.id == message_id))
        lock_conversations(session, [conversation_id or 0])
        message = next(iter(lock_messages(session, [message_id])), None)
        if message is None or message.handled_at is not None or message.failures < MAX_FAILURES:
            return AfterCommit()
        practice = context.practices.by_slug(message.conversation.practice)
        return AfterCommit() if practice is None else _tell_people(session, message, practice, understanding)


def _tell_people(
    session: Session, message: Message, practice: Practice, understanding: Understanding | None
) -> AfterCommit:
    conversation = message.conversation
    level, danger = find_level(message, understanding)
    _note_unsafe(session, message, practice)
    if message.doubt in NEVER_ALARMS:
        level, danger = TriageLevel.ROUTINE, None
    is_urgent = level is None or level is TriageLevel.EMERGENCY
    team, priority = team_and_priority(Route.URGENT, practice) if is_urgent else (Team.REVIEW, Priority.HIGH)
    reason = NotificationReason.UNPROCESSED
    if level is TriageLevel.EMERGENCY:
        is_unsafe = flag_on(session, conversation, named=not lacks_keys(session)) is not None
        reason = NotificationReason.UNANSWERED_UNSAFE if is_unsafe else NotificationReason.UNANSWERED_EMERGENCY
    route = Route.URGENT if level is TriageLevel.EMERGENCY else Route.REVIEW
    session.add(Decision(message_id=message.id, route=route, reply=None, team=team, priority=priority, why=WHY))
    message.handled_at = now()
    note_decision(conversation, None, team, priority, message)
    if level is not None:
        note_triage(conversation, level, danger)
    rows = add_notifications(
        session,
        message,
        practice,
        team=team,
        priority=priority,
        reason=reason,
        again=True,  # as of a voicemail whose transcription cannot be handled, either
        regardless=True,  # its kind of danger may be another than that of the open alarm
    )
    log.error("message_handed_over", message_id=message.id, failures=message.failures, priority=priority)
    return AfterCommit(notifications=tickets_for(rows), topics=topics_of(conversation.id, practice.slug))


def find_level(message: Message, understanding: Understanding | None) -> tuple[TriageLevel | None, DangerKind | None]:
    """Return how soon a person must see a message that cannot be handled, and its danger; None if nothing tells.

    The danger signs alone can tell of an emergency, and never that there is none.

    Args:
        message: the message.
        understanding: what the model made of it in the last attempt, None if it did not get that far.
    """
    if understanding is not None:
        return understanding.triage, understanding.danger
    if needs_no_model(message):
        return TriageLevel.ROUTINE, None
    try:
        found = screen_text(message.text)
    except Exception as error:  # which may be why it cannot be handled
        log.error("screen_failed", message_id=message.id, error=type(error).__name__)
        return None, None
    danger = found.certain or found.possible
    return (TriageLevel.EMERGENCY, danger) if danger is not None else (None, None)


def _note_unsafe(session: Session, message: Message, practice: Practice) -> None:
    """Flag a phone that the message says is not safe, as the attempts that did so were rolled back."""
    try:
        with session.begin_nested():
            note_unsafe_contact(session, message, now(), practice.time_zone)
    except Exception as error:  # which may be why it cannot be handled
        log.error("unsafe_contact_not_noted", message_id=message.id, error=type(error).__name__)
