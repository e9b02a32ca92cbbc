"""When a row is due, even after the clock was set back, and if another machine's clock is a little ahead."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, Float, and_, or_
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.sql.functions import FunctionElement

NO_HOLD = timedelta(0)
"""How long a row whose cause can't be undone waits for that."""
AT_ONCE = timedelta(seconds=1)
"""A row whose dates are no further apart was to be tried at once."""
LONGEST_HOLD = timedelta(minutes=2)
"""A row whose dates are no further apart was held so that it could be undone, and not written for a later time."""
LARGEST_SKEW = timedelta(minutes=1)
"""A row from further in the future than this is from before the clock was set back."""


class _SecondsBetween(FunctionElement[float]):
    """The seconds from one moment to another, both in columns or bound."""

    type = Float()
    inherit_cache = True


@compiles(_SecondsBetween, "sqlite")
def _sqlite_seconds(element: _SecondsBetween, compiler: Any, **options: Any) -> str:
    start, end = (compiler.process(clause, **options) for clause in element.clauses)
    return f"((julianday({end}) - julianday({start})) * 86400.0)"


@compiles(_SecondsBetween, "postgresql")
def _postgres_seconds(element: _SecondsBetween, compiler: Any, **options: Any) -> str:
    start, end = (compiler.process(clause, **options) for clause in element.clauses)
    return f"CAST(extract(epoch FROM {end} - {start}) AS double precision)"


def is_planned_due(
    next_attempt_at: InstrumentedAttribute[datetime],
    attempts: InstrumentedAttribute[int],
    created_at: InstrumentedAttribute[datetime],
    moment: BindParameter[datetime],
) -> ColumnElement[bool]:
    """Return the condition under which a row may be tried whose date may be somebody's wish, and not only a retry.

    A text that is to go out next week waits for that, whatever the clock did. One that could be undone for a moment
    waits for this moment if another machine's clock is a little ahead, but not for a clock that was set back.
    """
    wait = _SecondsBetween(created_at, next_attempt_at)
    is_old = _SecondsBetween(moment, created_at) > LARGEST_SKEW.total_seconds()
    was_held = and_(wait <= LONGEST_HOLD.total_seconds(), is_old)
    was_for_then = or_(wait <= AT_ONCE.total_seconds(), was_held)
    return or_(next_attempt_at <= moment, and_(attempts == 0, created_at > moment, was_for_then))


def is_due(
    next_attempt_at: InstrumentedAttribute[datetime],
    attempts: InstrumentedAttribute[int],
    created_at: InstrumentedAttribute[datetime],
    moment: datetime | ColumnElement[datetime],
) -> ColumnElement[bool]:
    """Return the condition under which a row may be tried.

    A row that was never tried and was created in the future is older than a clock that was set back. It does not wait
    until the clock has caught up.
    """
    return or_(next_attempt_at <= moment, and_(attempts == 0, created_at > moment))


def is_ripe(
    next_attempt_at: InstrumentedAttribute[datetime],
    attempts: InstrumentedAttribute[int],
    created_at: InstrumentedAttribute[datetime],
    moment: datetime | BindParameter[datetime],
    young: datetime | BindParameter[datetime],
) -> ColumnElement[Any]:
    """Return the condition under which the reconciler queues a row: it is due, and its own job is likely lost.

    Args:
        next_attempt_at: when it may be tried.
        attempts: how often it was tried.
        created_at: when it was stored.
        moment: the current time, aware.
        young: a row stored after this is left to the job that was queued with it.
    """
    return and_(is_due(next_attempt_at, attempts, created_at, moment), is_left(attempts, created_at, moment, young))


def is_left(
    attempts: InstrumentedAttribute[int],
    created_at: InstrumentedAttribute[datetime],
    moment: datetime | BindParameter[datetime],
    young: datetime | BindParameter[datetime],
) -> ColumnElement[Any]:
    """Return the condition under which the job that was queued with a row is likely lost; see `is_ripe`."""
    return or_(created_at <= young, created_at > moment, attempts > 0)
