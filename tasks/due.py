"""When a row is due, even after the clock was set back."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, and_, or_
from sqlalchemy.orm import InstrumentedAttribute

NO_HOLD = timedelta(0)
"""How long a row whose cause can't be undone waits for that."""


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
    return and_(
        is_due(next_attempt_at, attempts, created_at, moment),
        or_(created_at <= young, created_at > moment, attempts > 0),
    )
