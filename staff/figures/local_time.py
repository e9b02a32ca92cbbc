"""A practice's wall clock in SQL, the same on SQLite and PostgreSQL.

SQLite knows no time zones. So Python says when the zone's distance from UTC changes within the period, which is at most
a few times a year, and SQL adds the distance of the moment. An hour that the clock goes through twice counts twice; an
hour that it skips has nothing.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import BigInteger, ColumnElement, case, literal
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.sql.functions import FunctionElement

from inbox.models.column_types import Timestamp

DAY_SECONDS = 86_400
WEEK_SECONDS = 7 * DAY_SECONDS
_MONDAY = 3 * DAY_SECONDS  # 1970 began on a Thursday
_STEP = timedelta(hours=12)  # no zone changes twice within


class EpochSeconds(FunctionElement[int]):
    """A timestamp's whole seconds since 1970, in UTC."""

    type = BigInteger()
    inherit_cache = True


@compiles(EpochSeconds, "sqlite")
def _on_sqlite(element: EpochSeconds, compiler: Any, **options: Any) -> str:
    stored = compiler.process(element.clauses, **options)
    return f"CAST(strftime('%s', substr({stored}, 1, 19)) AS INTEGER)"  # cut, as it would round the fraction


@compiles(EpochSeconds, "postgresql")
def _on_postgres(element: EpochSeconds, compiler: Any, **options: Any) -> str:
    # a float, which is exact enough for a microsecond, and far cheaper than the decimal that `extract` gives
    return f"CAST(floor(date_part('epoch', {compiler.process(element.clauses, **options)})) AS bigint)"


def find_offsets(zone: str, start: datetime, end: datetime) -> list[tuple[datetime, int]]:
    """Return a zone's distances from UTC within a period, each with the moment at which it begins to hold.

    Args:
        zone: the time zone.
        start: the beginning of the period, aware.
        end: its end, aware.

    Returns:
        The moments in UTC, in order, the first of them the beginning; and the distances in seconds, positive in the
        east.
    """
    local = ZoneInfo(zone)
    first, last = start.astimezone(UTC), end.astimezone(UTC)
    looked_at = [first + place * _STEP for place in range(-(-(last - first) // _STEP) + 1)]
    found = [(first, _offset(local, first))]
    for before, after in pairwise(looked_at):
        if _offset(local, before) != _offset(local, after):
            changed = _find_change(local, before, after)
            found.append((changed, _offset(local, changed)))
    return found


def local_seconds(at: InstrumentedAttribute[datetime], offsets: list[tuple[datetime, int]]) -> ColumnElement[int]:
    """Return the seconds since 1970 that the wall clock would show at a moment, as `find_offsets` found them."""
    until = [
        (at < literal(following, Timestamp()), literal(offset, BigInteger()))
        for (_, offset), (following, _) in pairwise(offsets)
    ]
    last = literal(offsets[-1][1], BigInteger())
    distance: ColumnElement[int] = case(*until, else_=last) if until else last
    return EpochSeconds(at) + distance


def second_of_week(local: ColumnElement[int]) -> ColumnElement[int]:
    """Return the seconds since Monday began, on the wall clock."""
    return (local + literal(_MONDAY, BigInteger())) % literal(WEEK_SECONDS, BigInteger())


def _offset(zone: ZoneInfo, moment: datetime) -> int:
    distance = moment.astimezone(zone).utcoffset()
    assert distance is not None  # noqa: S101 (the moment is aware)
    return int(distance.total_seconds())


def _find_change(zone: ZoneInfo, before: datetime, after: datetime) -> datetime:
    """Return the first moment, to the second, at which the distance is the later one."""
    low, high = 0, int((after - before).total_seconds())
    was = _offset(zone, before)
    while high - low > 1:
        middle = (low + high) // 2
        if _offset(zone, before + timedelta(seconds=middle)) == was:
            low = middle
        else:
            high = middle
    return before + timedelta(seconds=high)
