"""Handling several stored messages at once: one look by the model, and a transaction for every few.

A batch must harm none of its messages. The attempts are counted before the work; messages that failed before are tried
one by one, because one of them may end its worker; and if a batch fails, each of its messages is tried by itself.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import structlog
from rq.timeouts import JobTimeoutException

from inbox.models import Message
from tasks.messages.attempts import OUTAGES, Begun, begin_attempts, fail_attempt, lock_conversations, lock_messages
from tasks.messages.handle_message import handle_message
from tasks.metrics import CLASSIFY_SECONDS, Measure
from tasks.queues.queue import AfterCommit
from tasks.routing.facts import needs_no_model
from tasks.understanding.entities import find_at_once
from tasks.understanding.questions import FoundQuestion, find_questions

if TYPE_CHECKING:
    from classifier import Understanding
    from classifier.entities.entity import Entity
    from tasks.context import Context

log = structlog.get_logger(__name__)

# SQLite lets one transaction write at a time, and webhooks wait for it.
IN_ONE_TRANSACTION = 4

# Errors that trying the messages one by one would only repeat, or for which no time is left.
_FOR_ALL = (*OUTAGES, JobTimeoutException)


def handle_messages(context: Context, message_ids: Sequence[int]) -> Mapping[int, Exception]:
    """Classify and route messages, unless they have already been handled.

    Returns:
        Message id → why it was not handled.
    """
    try:
        begun = begin_attempts(context, message_ids)
    except Exception as error:  # one of them may be written with a key that this process lacks
        if len(message_ids) == 1 or isinstance(error, _FOR_ALL):
            return _give_up(context, message_ids, error, {})
        begun = Begun(alone=list(message_ids))
    context.queue.put_all(begun.after)
    errors = begun.errors
    if begun.messages:
        errors |= _handle_or_degrade(context, begun.messages)
    for message_id in begun.alone:
        if any(isinstance(error, _FOR_ALL) for error in errors.values()):
            break  # nothing was counted for these; the reconciler finds them
        errors |= handle_messages(context, [message_id])
    return errors


def _handle_or_degrade(context: Context, messages: Sequence[Message]) -> dict[int, Exception]:
    """Handle messages together, and those that fail together one by one."""
    understandings: dict[int, Understanding] = {}
    try:
        understandings, after = _understand(context, messages)
        context.queue.put_all(after)
        questions = find_questions(context.database, context.questions, messages, understandings)
        entities = find_at_once(context.practices, messages, understandings)
    except Exception as error:
        return _degrade(context, messages, error, understandings)
    errors: dict[int, Exception] = {}
    for start in range(0, len(messages), IN_ONE_TRANSACTION):
        few = messages[start : start + IN_ONE_TRANSACTION]
        try:
            context.queue.put_all(_write(context, few, understandings, questions, entities))
        except Exception as error:
            if isinstance(error, _FOR_ALL):
                return errors | _give_up(context, [message.id for message in messages[start:]], error, understandings)
            errors |= _degrade(context, few, error, understandings)
    return errors


def _degrade(
    context: Context, messages: Sequence[Message], error: Exception, understandings: Mapping[int, Understanding]
) -> dict[int, Exception]:
    """Handle the messages that failed together one by one, unless that would only repeat the error."""
    if len(messages) == 1 or isinstance(error, _FOR_ALL):
        return _give_up(context, [message.id for message in messages], error, understandings)
    log.warning("batch_failed", messages=len(messages), error=type(error).__name__)
    errors: dict[int, Exception] = {}
    for message in messages:
        errors |= _handle_or_degrade(context, [message])
    return errors


def _give_up(
    context: Context, message_ids: Sequence[int], error: Exception, understandings: Mapping[int, Understanding]
) -> dict[int, Exception]:
    for message_id in message_ids:
        context.queue.put_all(fail_attempt(context, message_id, error, understandings.get(message_id)))
    return dict.fromkeys(message_ids, error)


def _write(
    context: Context,
    messages: Sequence[Message],
    understandings: Mapping[int, Understanding],
    questions: Mapping[int, FoundQuestion],
    entities: Mapping[int, tuple[Entity, ...]],
) -> AfterCommit:
    after = AfterCommit()
    with context.database.write() as session:
        # locked, so that two texts from one patient are counted in sequence
        lock_conversations(session, [message.conversation_id for message in messages])
        # locked, as a late transcription changes the message
        for message in lock_messages(session, [message.id for message in messages]):
            practice = context.practices.require(message.conversation.practice)
            understood, question = understandings.get(message.id), questions.get(message.id)
            found = entities.get(message.id)
            after |= handle_message(session, message, practice, understood, context, question, found)
    return after


def _understand(context: Context, messages: Sequence[Message]) -> tuple[dict[int, Understanding], AfterCommit]:
    unread = [message for message in messages if not needs_no_model(message)]
    if not unread:
        return {}, AfterCommit()
    started = time.perf_counter()
    found = context.classifier.classify([message.text for message in unread])
    each = (time.perf_counter() - started) / len(unread)
    measures = tuple(Measure(CLASSIFY_SECONDS, (), each) for _ in unread)
    understandings = {message.id: understanding for message, understanding in zip(unread, found, strict=True)}
    return understandings, AfterCommit(measures=measures)
