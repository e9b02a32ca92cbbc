"""Finding the entities of messages: while a message is handled if its answer needs them, otherwise after it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Final

import structlog
from rq.timeouts import JobTimeoutException
from sqlalchemy import BindParameter, Row, Select, bindparam, func, select, update
from sqlalchemy.orm import Session, contains_eager

from classifier.entities.entity import Entity
from classifier.entities.owners import is_of_another
from classifier.entities.recorded import RecordedPatient, find_recorded
from classifier.entities.rules import find_by_rules
from inbox.models import FoundEntities, Message, now
from inbox.patients.found_entities import MOST_ATTEMPTS, pack_entities, recorded_of
from intake.error_reporting import report_error
from intake.errors import MissingKeyError
from intake.practices import Practice, Practices
from intake.vocabulary import EntityKind, Intent
from tasks.carriers.backoff import wait_after
from tasks.pubsub import conversation_topic
from tasks.queues.due import is_due, is_ripe
from tasks.queues.queue import Ticket

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
_WHOLE_NUMBER: Final = 10
"""The digits of a phone number with its area code."""
_MOST_READ_BACK: Final = 50
"""How many messages of a conversation are searched for a way to reach the patient."""
_SPACE = re.compile(r"\s")


_TO_FIND = (FoundEntities.spans.is_(None), FoundEntities.attempts < MOST_ATTEMPTS)
_WRITTEN = (
    select(Message.text)
    .where(Message.conversation_id == bindparam("conversation"), Message.id <= bindparam("message"))
    .order_by(Message.id.desc())
    .limit(_MOST_READ_BACK)
)
# Built once, as building a statement takes longer than running it.
_KNOWN = select(FoundEntities.message_id, FoundEntities.spans.is_not(None)).where(
    FoundEntities.message_id.in_(bindparam("ids", expanding=True))
)
_DUE = (
    select(FoundEntities, func.length(Message.text))
    .join(FoundEntities.message)
    .where(
        *_TO_FIND,
        is_due(
            FoundEntities.next_attempt_at,
            FoundEntities.attempts,
            FoundEntities.created_at,
            bindparam("moment", type_=FoundEntities.created_at.type),
        ),
    )
    .order_by(FoundEntities.attempts, FoundEntities.id)
    .with_for_update(skip_locked=True, of=FoundEntities)
)
_ASKED = _DUE.where(FoundEntities.message_id.in_(bindparam("ids", expanding=True)))
_OTHERS = _DUE.where(
    FoundEntities.attempts == 0, FoundEntities.message_id.not_in(bindparam("ids", expanding=True))
).limit(MOST_AT_ONCE)
_FILL = (
    update(FoundEntities)
    .where(FoundEntities.id == bindparam("row"), FoundEntities.spans.is_(None))
    .values(spans=bindparam("found"))
)
_WITH_CONVERSATION = (
    select(Message)
    .join(Message.conversation)
    .where(Message.id.in_(bindparam("ids", expanding=True)))
    .options(contains_eager(Message.conversation))
)


def find_in_text(text: str, recorded: RecordedPatient) -> tuple[Entity, ...]:
    """Return the entities in the beginning of a text, which for all but long emails is all of it."""
    read = beginning_of(text)
    return _recognizer().find(read, find_recorded(read, recorded))


def names_contact(text: str) -> bool:
    """Return whether a text has a whole phone number or an email address in it that may be the writer's.

    A number that may be another, such as a member ID, doesn't count.
    """
    read = beginning_of(text)
    found = find_by_rules(read)
    others = [entity for entity in found if entity.kind not in (EntityKind.PHONE, EntityKind.NAME)]
    reaching = [entity for entity in found if not is_of_another(read, entity.start, entity.end)]
    return any(
        entity.kind is EntityKind.EMAIL
        or (
            entity.kind is EntityKind.PHONE
            and sum(map(str.isdigit, read[entity.start : entity.end])) >= _WHOLE_NUMBER
            and not any(other.start < entity.end and entity.start < other.end for other in others)
        )
        for entity in reaching
    )


def has_named_contact(session: Session, conversation_id: int, message_id: int) -> bool:
    """Return whether a patient has written how to reach them, in a message or before it in the same conversation.

    A process that can't read what came before asks rather than leaves the message unhandled.
    """
    try:
        written = session.scalars(_WRITTEN, {"conversation": conversation_id, "message": message_id}).all()
    except MissingKeyError:
        return False
    return any(map(names_contact, written))


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
        is_found: dict[int, bool] = {row[0]: row[1] for row in session.execute(_KNOWN, {"ids": list(message_ids)})}
    asked = sorted(message_id for message_id in set(message_ids) if not is_found.get(message_id))
    if not asked:
        return {}
    with context.database.write() as session:
        _add_rows(session, [message_id for message_id in asked if message_id not in is_found])
        claimed, left = _claim(session, asked, now())
    context.queue.put_tickets([Ticket("find_entities", message_id) for message_id in left])
    errors: dict[int, Exception] = {}
    found: dict[int, tuple[Entity, ...]] = {}
    conversations: set[int] = set()
    texts = _read_texts(context, list(claimed.values()))
    for row_id, message_id in claimed.items():
        try:
            read = texts[message_id] if message_id in texts else _read_texts_of(context, [message_id]).get(message_id)
            found[row_id] = () if read is None else find_in_text(read.text, read.recorded)
            if read is not None:
                conversations.add(read.conversation_id)
        except JobTimeoutException:
            raise
        except MissingKeyError as error:
            errors[message_id] = error
            _postpone(context, row_id)
        except Exception as error:
            errors[message_id] = error
    _store(context, found)
    context.queue.announce(*map(conversation_topic, sorted(conversations)))
    return errors


def waiting_messages(moment: BindParameter[datetime], young: BindParameter[datetime]) -> Select[int]:
    """Return the query for the messages whose entities are to be found and whose job is likely lost."""
    columns = FoundEntities.next_attempt_at, FoundEntities.attempts, FoundEntities.created_at
    return (
        select(FoundEntities.message_id).where(*_TO_FIND, is_ripe(*columns, moment, young)).order_by(FoundEntities.id)
    )


def _claim(session: Session, message_ids: Sequence[int], moment: datetime) -> tuple[dict[int, int], list[int]]:
    """Count an attempt at some of these messages and, if that leaves room, at a few more that wait.

    Returns:
        Row id → message id of those that were claimed, and the messages that need another job: a message that failed
        before is tried by itself, and long ones a few at a time.
    """
    wanted = {"ids": message_ids, "moment": moment}
    asked = session.execute(_ASKED, wanted).all()
    rows, room = _take_first(asked)
    left = [row.message_id for row, _ in asked if row not in rows]
    if rows and not left and not rows[0].attempts:
        for row, size in session.execute(_OTHERS, wanted):
            room -= size
            if room >= 0:
                rows.append(row)
    for row in rows:
        row.attempts += 1
        row.next_attempt_at = moment + wait_after(row.attempts)
    return {row.id: row.message_id for row in rows}, left


def _take_first(asked: Sequence[Row[FoundEntities, int]]) -> tuple[list[FoundEntities], int]:
    """Return which rows are tried together, and how many bytes there is room for beside them."""
    rows: list[FoundEntities] = []
    room = MOST_BYTES
    for row, size in asked:
        if rows and (row.attempts or size > room):
            break
        rows.append(row)
        room -= size
    return rows, room


def _add_rows(session: Session, message_ids: Sequence[int]) -> None:
    """Add the rows of messages that were handled without."""
    if not message_ids:
        return
    # locked, so that two jobs for one message do not both add it
    handled = select(Message.id).where(
        Message.id.in_(message_ids), Message.handled_at.is_not(None), Message.emptied_at.is_(None)
    )
    ids = session.scalars(handled.with_for_update()).all()
    known = set(session.scalars(select(FoundEntities.message_id).where(FoundEntities.message_id.in_(ids))))
    session.add_all(FoundEntities(message_id=message_id) for message_id in ids if message_id not in known)
    session.flush()


@dataclass(frozen=True, slots=True)
class _Read:
    """A message's text, what is recorded of its patient, and its conversation."""

    text: str = field(repr=False)
    recorded: RecordedPatient = field(repr=False)
    conversation_id: int


def _read_texts(context: Context, message_ids: Sequence[int]) -> dict[int, _Read]:
    """Return what messages say, by their ids; nothing if one of them is unreadable."""
    try:
        return _read_texts_of(context, message_ids)
    except MissingKeyError:
        return {}  # each by itself then


def _read_texts_of(context: Context, message_ids: Sequence[int]) -> dict[int, _Read]:
    with context.database.read() as session:
        messages = session.scalars(_WITH_CONVERSATION, {"ids": message_ids}).all()
        return {message.id: _Read(message.text, recorded_of(message), message.conversation_id) for message in messages}


def _postpone(context: Context, row_id: int) -> None:
    """Subtract an attempt that failed because this process lacks an encryption key."""
    with context.database.write() as session:
        values = {"attempts": FoundEntities.attempts - 1, "next_attempt_at": now() + WITHOUT_KEY}
        session.execute(update(FoundEntities).where(FoundEntities.id == row_id).values(values))


def _store(context: Context, found: Mapping[int, tuple[Entity, ...]]) -> None:
    """Store what was found, unless the message was deleted or replaced meanwhile."""
    if not found:
        return
    with context.database.write() as session:
        rows = [{"row": row_id, "found": pack_entities(entities)} for row_id, entities in found.items()]
        session.connection().execute(_FILL, rows)
