"""Conditions on when rows were written that find them by an index, however many older ones there are."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, or_
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.sql.functions import FunctionElement

from inbox.models import Conversation, Delivery, Message
from staff.figures.period import Period
from tasks.samples import sample_ids


class _Unindexed(FunctionElement[Any]):
    """A column by whose index SQLite, which knows little of how many rows there are, must not look for rows."""

    inherit_cache = True


@compiles(_Unindexed)
def _plain(element: _Unindexed, compiler: Any, **options: Any) -> str:
    return str(compiler.process(element.clauses, **options))


@compiles(_Unindexed, "sqlite")
def _on_sqlite(element: _Unindexed, compiler: Any, **options: Any) -> str:
    return f"+{compiler.process(element.clauses, **options)}"


def is_of(practice: str) -> ColumnElement[bool]:
    """Return the condition that a conversation belongs to a practice and is none of the samples."""
    return (_Unindexed(Conversation.practice) == practice) & _Unindexed(Conversation.id).not_in(sample_ids())


def message_of_reply() -> ColumnElement[Any]:
    """Return the message that a reply answers by itself, None if somebody wrote it."""
    return _Unindexed(Delivery.message_id)


def is_staffs() -> ColumnElement[bool]:
    """Return the condition that a member wrote a reply."""
    return message_of_reply().is_(None) & Delivery.staff_id.is_not(None)


def came_in(period: Period) -> ColumnElement[bool]:
    """Return the condition that a message came in within a period."""
    return _is_since(Message.received_at, Message.emptied_at, period.start) & (Message.received_at < period.end)


def came_in_since(start: datetime) -> ColumnElement[bool]:
    """Return the condition that a message came in at a moment or later."""
    return _is_since(Message.received_at, Message.emptied_at, start)


def was_written_since(start: datetime) -> ColumnElement[bool]:
    """Return the condition that a reply was written at a moment or later."""
    return _is_since(Delivery.created_at, Delivery.emptied_at, start)


def _is_since(
    at: InstrumentedAttribute[datetime], emptied_at: InstrumentedAttribute[datetime | None], start: datetime
) -> ColumnElement[bool]:
    """Say it in the order of the index for retention: by when a row was emptied, which is later than when it came."""
    return or_(and_(emptied_at.is_(None), at >= start), and_(emptied_at >= start, at >= start))
