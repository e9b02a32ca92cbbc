"""The search index: written with each staff reply, and by a job for messages and whatever else is not in it yet.

It holds codes of words, never words: see docs/adr/0026-search-index.md for what they tell someone without the keys. A
code only says where to look. Whoever searches compares the texts themselves.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType

from sqlalchemy import ARRAY, ColumnElement, Integer, delete, func, insert, literal, select, update
from sqlalchemy.orm import Session

from inbox.models import Conversation, Delivery, Message, SearchCode
from inbox.models.column_types import keyring
from inbox.search.words import stems_of, words_of_texts
from inbox.storage.database import Database
from inbox.storage.key_registry import lacks_keys, read_keys

BATCH = 200
IN_ONE_TRANSACTION = 20
"""SQLite lets one transaction write at a time, and webhooks wait for it."""
_SINCE = datetime(2020, 1, 1, tzinfo=UTC)
_IDENTITY = (
    Conversation.patient_name,
    Conversation.patient_address,
    Conversation.contact_phone,
    Conversation.contact_email,
)
CodesKey = tuple[str | None, ...]
"""What the codes of a text depend on: the practice, who the patient is, and what was said."""
Codes = Mapping[CodesKey, Collection[int]]
_COLUMNS = ("code", "said_at", "source", "conversation_id")
_WRITTEN_BY_STAFF = Delivery.message_id.is_(None)


@dataclass(frozen=True, slots=True)
class SearchedText:
    """What the search finds a message or a reply by.

    Attributes:
        source: the message's ID, or the reply's, negated.
        said: what was written, and the contact details that came with it.
    """

    source: int
    conversation_id: int
    at: datetime
    said: tuple[str | None, ...]


def text_of_message(message: Message) -> SearchedText:
    """Return what the search finds a message by."""
    claimed = message.claimed_name, message.claimed_phone, message.claimed_email
    said = message.text, message.subject, *claimed
    return SearchedText(message.id, message.conversation_id, message.received_at, said)


def text_of_reply(reply: Delivery) -> SearchedText:
    """Return what the search finds a staff reply by."""
    return SearchedText(-reply.id, reply.conversation_id, reply.created_at, (reply.body,))


def identity_of(conversation: Conversation) -> tuple[str | None, ...]:
    """Return who the patient of a conversation is, by which the search finds all that was said in it."""
    return tuple(getattr(conversation, column.key) for column in _IDENTITY)


def index_key(session: Session) -> str | None:
    """Return the fingerprint of the key to index with; None if this process can't read all that it would need."""
    return None if lacks_keys(session) else keyring().writing


def add_to_index(session: Session, reply: Delivery) -> None:
    """Index a new staff reply, whose `indexed_with` is set.

    Args:
        session: an open write transaction, in which the reply has its ID.
        reply: the reply; nothing is done for an automatic one, or one that is not to be indexed yet.
    """
    if reply.indexed_with is not None:
        _insert_codes(session, [text_of_reply(reply)], {})


def forget_texts(session: Session, messages: Iterable[int], replies: Iterable[int]) -> None:
    """Delete what the index holds of messages and replies."""
    _delete_codes(session, [*messages, *(-reply for reply in replies)])


def move_texts(session: Session, from_id: int, to_id: int) -> None:
    """Have the index lead to another conversation, before its messages and replies move there."""
    messages = select(Message.id).where(Message.conversation_id == from_id)
    replies = select(-Delivery.id).where(Delivery.conversation_id == from_id)
    for found in (SearchCode.source.in_(messages), SearchCode.source.in_(replies)):
        moved = update(SearchCode).where(found).values(conversation_id=to_id)
        session.execute(moved.execution_options(synchronize_session=False))


def first_unindexed(session: Session) -> int | None:
    """Return a message or reply that is to be indexed now, by its source: messages once they are handled."""
    handled = _lacking(Message) & Message.handled_at.is_not(None)
    message = session.scalar(select(Message.id).where(handled).order_by(Message.id).limit(1))
    if message is not None:
        return message
    return session.scalar(select(Delivery.id).where(_lacking(Delivery)).order_by(Delivery.id).limit(1))


def newest_unindexed(session: Session, limit: int) -> list[tuple[int, int, int]]:
    """Return the newest messages that are not indexed yet, which a search has to read besides what the index names.

    Returns:
        Conversation ID, when it was said, in seconds as in the index, and source of each; none if this process lacks a
        key, as it might not be able to read them.
    """
    if _cannot_read_all(session):
        return []
    columns = Message.conversation_id, Message.received_at, Message.id
    newest = select(*columns).where(_lacking(Message)).order_by(Message.id.desc()).limit(limit)
    return [(conversation_id, _seconds(at), source) for conversation_id, at, source in session.execute(newest)]


def prepare_codes(session: Session, limit: int = IN_ONE_TRANSACTION) -> Codes:
    """Return the codes of those that `index_waiting` would index, so that it holds its locks for less long.

    Args:
        session: an open transaction, which may be one that only reads.
        limit: at most this many messages and as many replies.
    """
    if _cannot_read_all(session):
        return {}
    texts = [_text_of(row) for table in _TABLES for row in _read_rows(session, table, _lacking(table), limit)]
    return {key: _codes_of_text(key) for key in _keys_of(session, texts)}


def index_waiting(session: Session, limit: int = BATCH, prepared: Codes = MappingProxyType({})) -> int:
    """Index a batch of those that are not indexed yet, and return how many; none if this process lacks a key."""
    if lacks_keys(session):
        return 0
    return sum(_index_rows(session, table, _lacking(table), limit, prepared) for table in _TABLES)


def reindex(database: Database) -> None:
    """Index everything that is indexed with another key with the one that writes."""
    for table in _TABLES:
        last_id: int | None = 0
        while last_id is not None:
            with database.write() as session:
                others = table.indexed_with != keyring().writing
                query = select(table.id).where(table.id > last_id, others)
                ids = session.scalars(query.order_by(table.id).limit(BATCH)).all()
                _index_rows(session, table, table.id.in_(ids) & others, BATCH, {})
                last_id = ids[-1] if ids else None


def codes_of(practices: Iterable[str], stem: str) -> set[int]:
    """Return the codes that a stem may have in the index, in any of these practices."""
    return {code for practice in practices for code in keyring().wanted_codes(practice, stem)}


_TABLES: tuple[type[Message] | type[Delivery], ...] = (Message, Delivery)


def _cannot_read_all(session: Session) -> bool:
    return bool(read_keys(session).missing_from(keyring().fingerprints))


def _text_of(row: Message | Delivery) -> SearchedText:
    return text_of_message(row) if isinstance(row, Message) else text_of_reply(row)


def _lacking(table: type[Message] | type[Delivery]) -> ColumnElement[bool]:
    waiting = table.indexed_with.is_(None) & table.emptied_at.is_(None)
    return waiting if table is Message else _WRITTEN_BY_STAFF & waiting


def _read_rows(
    session: Session,
    table: type[Message] | type[Delivery],
    condition: ColumnElement[bool],
    limit: int,
    *,
    locked: bool = False,
) -> list[Message | Delivery]:
    query = select(table).where(condition).order_by(table.id).limit(limit)
    rows = session.scalars(query.with_for_update() if locked else query)
    return [row for row in rows if isinstance(row, Message | Delivery)]


def _index_rows(
    session: Session,
    table: type[Message] | type[Delivery],
    condition: ColumnElement[bool],
    limit: int,
    prepared: Codes,
) -> int:
    rows = _read_rows(session, table, condition, limit, locked=True)
    texts = [_text_of(row) for row in rows]
    _delete_codes(session, [text.source for text in texts])
    _insert_codes(session, [text for text, row in zip(texts, rows, strict=True) if row.emptied_at is None], prepared)
    values = {"indexed_with": keyring().writing}
    kept = {"updated_at": table.__table__.c.updated_at} if "updated_at" in table.__table__.c else {}
    session.execute(
        update(table)
        .where(table.id.in_([row.id for row in rows]))
        .values(values | kept)  # indexing is no activity
        .execution_options(synchronize_session=False)
    )
    return len(rows)


def _insert_codes(session: Session, texts: Sequence[SearchedText], prepared: Codes) -> None:
    for text, key in zip(texts, _keys_of(session, texts), strict=True):
        codes = prepared[key] if key in prepared else _codes_of_text(key)
        values = (literal(value, Integer) for value in (_seconds(text.at), text.source, text.conversation_id))
        rows = select(_as_rows(session, codes), *values)
        session.execute(insert(SearchCode).from_select(_COLUMNS, rows))


def _keys_of(session: Session, texts: Sequence[SearchedText]) -> list[CodesKey]:
    columns = (Conversation.id, Conversation.practice, *_IDENTITY)
    query = select(*columns).where(Conversation.id.in_({text.conversation_id for text in texts}))
    about = {row[0]: tuple(row[1:]) for row in session.execute(query)}
    return [(*about[text.conversation_id], *text.said) for text in texts]


def _codes_of_text(key: CodesKey) -> Collection[int]:
    practice, *said = key
    return keyring().word_codes(practice or "", stems_of(words_of_texts(said)))


def _seconds(at: datetime) -> int:
    return int((at - _SINCE).total_seconds())


def _as_rows(session: Session, codes: Iterable[int]) -> ColumnElement[int]:
    """Return a column that has these codes: one statement with them is far quicker than one for each."""
    if session.get_bind().dialect.name == "postgresql":
        return func.unnest(literal(list(codes), ARRAY(Integer)))
    return func.json_each(json.dumps(list(codes))).table_valued("value").c.value


def _delete_codes(session: Session, sources: Sequence[int]) -> None:
    gone = delete(SearchCode).where(SearchCode.source.in_(sources))
    session.execute(gone.execution_options(synchronize_session=False))
