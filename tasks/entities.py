"""Finding the entities of messages: while a message is handled if its answer needs them, otherwise after it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Final

import structlog
from rq.timeouts import JobTimeoutException
from sqlalchemy import Select, func, select, update
from sqlalchemy.orm import Session

from classifier.entities.entity import Entity
from classifier.entities.recorded import Recorded, find_recorded
from inbox.found_entities import MOST_ATTEMPTS, pack_entities, recorded_of, stored_entities
from inbox.models import FoundEntities, Message, now
from intake.error_reporting import report_error
from intake.errors import MissingKeyError
from intake.practices import Practice, Practices
from intake.vocabulary import Intent
from tasks.carriers.backoff import wait_after
from tasks.due import is_due, is_ripe
from tasks.pubsub import conversation_topic
from tasks.queue import Ticket

if TYPE_CHECKING:
    from classifier import Understanding
    from classifier.entities.recognizer import Recognizer
    from tasks.context import Context

log = structlog.get_logger(__name__)

MOST_CHARACTERS: Final = 4_000
"""How much of a text is read: what follows has no entities, so that no email keeps a worker busy."""
MOST_AT_ONCE: Final = 16
MOST_BYTES: Final = 16_000
"""How many bytes of encrypted text are taken along, so that nothing else waits long."""
WITHOUT_KEY = timedelta(minutes=5)
_SEARCHED: Final = 200
_SPACE = re.compile(r"\s")


_TO_FIND = (FoundEntities.spans.is_(None), FoundEntities.attempts < MOST_ATTEMPTS)


def find_in_text(text: str, recorded: Recorded) -> tuple[Entity, ...]:
    """Return the entities in the beginning of a text, which for all but long emails is all of it."""
    read = beginning_of(text)
    return _recognizer().find(read, find_recorded(read, recorded))


def beginning_of(text: str) -> str:
    """Return what of a text is read, up to the end of a word."""
    if len(text) <= MOST_CHARACTERS:
        return text
    spaces = [match.start() for match in _SPACE.finditer(text, MOST_CHARACTERS - _SEARCHED, MOST_CHARACTERS)]
    return text[: spaces[-1] if spaces else MOST_CHARACTERS]


@cache
def _recognizer() -> Recognizer:
    """Return what finds entities, kept by a process from job to job."""
    from classifier.entities.recognizer import Recognizer  # with the model's libraries, which the web does without
    from classifier.errors import ModelError

    try:
        return Recognizer.load()
    except ModelError as error:
        log.error("entity_model_unusable", reason=str(error), now="the rules alone")
        return Recognizer()


def needs_entities(practice: Practice, understanding: Understanding) -> bool:
    """Return whether the decision about a message, or its notices, need its entities."""
    return practice.redacts_notices or Intent.BILLING_INQUIRY in (
        understanding.intent,
        *(other.intent for other in understanding.also),
    )


def find_at_once(
    practices: Practices, messages: Iterable[Message], understandings: Mapping[int, Understanding]
) -> dict[int, tuple[Entity, ...]]:
    """Return the entities of the messages whose decision or notices need them, by message id.

    An error costs no answer: the job that follows tries again.
    """
    found: dict[int, tuple[Entity, ...]] = {}
    for message in messages:
        understanding = understandings.get(message.id)
        if understanding is not None and needs_entities(
            practices.require(message.conversation.practice), understanding
        ):
            try:
                found[message.id] = find_in_text(message.text, recorded_of(message))
            except JobTimeoutException:
                raise
            except Exception as error:
                report_error(error)
                log.error("entities_not_found", message_id=message.id, error=type(error).__name__)
    return found


def note_entities(session: Session, message: Message, entities: Sequence[Entity] | None) -> tuple[Ticket, ...]:
    """Store the entities of a message that is being handled; None if they are still to be found.

    Returns:
        The job that finds them, if any is needed.
    """
    row = FoundEntities(message_id=message.id, spans=None if entities is None else pack_entities(entities))
    session.add(row)
    return (Ticket("find_entities", message.id),) if entities is None else ()


def find_entities(context: Context, message_ids: Sequence[int]) -> Mapping[int, Exception]:
    """Find and store the entities of messages, and of the next ones that wait for it.

    A message that was handled before its entities were kept gets a row now. An attempt is counted before it begins,
    also one that ends its worker; a message that failed before is tried by itself.

    Returns:
        Message id → why its entities could not be found.
    """
    with context.database.read() as session:
        asked = set(message_ids) - stored_entities(session, message_ids).keys()
    if not asked:
        return {}
    with context.database.write() as session:
        claimed = _claim(session, sorted(asked), now())
    errors: dict[int, Exception] = {}
    found: dict[int, tuple[Entity, ...]] = {}
    for row_id, message_id in claimed.items():
        try:
            found[row_id] = _find_of(context, message_id)
        except JobTimeoutException:
            raise
        except MissingKeyError as error:
            errors[message_id] = error
            _postpone(context, row_id)
        except Exception as error:
            errors[message_id] = error
    context.queue.announce(*_store(context, found))
    return errors


def waiting_messages(moment: datetime, young: datetime) -> Select[int]:
    """Return the query for the messages whose entities are to be found and whose job is likely lost."""
    columns = FoundEntities.next_attempt_at, FoundEntities.attempts, FoundEntities.created_at
    return (
        select(FoundEntities.message_id).where(*_TO_FIND, is_ripe(*columns, moment, young)).order_by(FoundEntities.id)
    )


def _claim(session: Session, message_ids: Sequence[int], moment: datetime) -> dict[int, int]:
    """Count an attempt at these messages and, if none of them has failed before, at a few that wait.

    Returns:
        Row id → message id.
    """
    _add_rows(session, message_ids)
    due = select(FoundEntities).where(
        *_TO_FIND,
        is_due(FoundEntities.next_attempt_at, FoundEntities.attempts, FoundEntities.created_at, moment),
    )
    due = due.order_by(FoundEntities.id).with_for_update(skip_locked=True, of=FoundEntities)
    rows = list(session.scalars(due.where(FoundEntities.message_id.in_(message_ids))))
    if rows and not any(row.attempts for row in rows):
        others = due.where(FoundEntities.attempts == 0, FoundEntities.message_id.not_in(message_ids))
        sizes = others.join(FoundEntities.message).add_columns(func.length(Message.text)).limit(MOST_AT_ONCE)
        left = MOST_BYTES
        for row, size in session.execute(sizes):
            left -= size
            if left >= 0:
                rows.append(row)
    for row in rows:
        row.attempts += 1
        row.next_attempt_at = moment + wait_after(row.attempts)
    return {row.id: row.message_id for row in rows}


def _add_rows(session: Session, message_ids: Sequence[int]) -> None:
    """Add the rows of messages that were handled without."""
    # locked, so that two jobs for one message do not both add it
    handled = select(Message.id).where(
        Message.id.in_(message_ids), Message.handled_at.is_not(None), Message.emptied_at.is_(None)
    )
    ids = session.scalars(handled.with_for_update()).all()
    known = set(session.scalars(select(FoundEntities.message_id).where(FoundEntities.message_id.in_(ids))))
    session.add_all(FoundEntities(message_id=message_id) for message_id in ids if message_id not in known)
    session.flush()


def _find_of(context: Context, message_id: int) -> tuple[Entity, ...]:
    with context.database.read() as session:
        message = session.get(Message, message_id)
        if message is None:
            return ()
        text, recorded = message.text, recorded_of(message)
    return find_in_text(text, recorded)


def _postpone(context: Context, row_id: int) -> None:
    """Subtract an attempt that failed because this process lacks an encryption key."""
    with context.database.write() as session:
        values = {"attempts": FoundEntities.attempts - 1, "next_attempt_at": now() + WITHOUT_KEY}
        session.execute(update(FoundEntities).where(FoundEntities.id == row_id).values(values))


def _store(context: Context, found: Mapping[int, tuple[Entity, ...]]) -> tuple[str, ...]:
    """Store what was found, unless the message was deleted or replaced meanwhile; return the topics that changed."""
    if not found:
        return ()
    with context.database.write() as session:
        for row_id, entities in found.items():
            to_fill = update(FoundEntities).where(FoundEntities.id == row_id, FoundEntities.spans.is_(None))
            session.execute(to_fill.values(spans=pack_entities(entities)))
        conversations = select(Message.conversation_id).join(FoundEntities, FoundEntities.message_id == Message.id)
        ids = session.scalars(conversations.where(FoundEntities.id.in_(found)).distinct()).all()
    return tuple(conversation_topic(conversation_id) for conversation_id in ids)
