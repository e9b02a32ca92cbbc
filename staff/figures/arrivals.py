"""When patients' messages came in: counted by the database for each part of a week on the practice's wall clock."""

from __future__ import annotations

import math
from dataclasses import dataclass

from sqlalchemy import BigInteger, false, func, literal, select
from sqlalchemy.orm import Session

from inbox.models import Conversation, Message
from intake.practices import Practice
from staff.figures.local_time import DAY_SECONDS, find_offsets, local_seconds, second_of_week
from staff.figures.period import Period
from staff.figures.row_age import came_in, is_of

_EPOCH_ORDINAL = 719_163  # of January 1, 1970, as `date.toordinal` counts


@dataclass(frozen=True, slots=True)
class Arrivals:
    """Messages that came in on a weekday at an hour, all while the practice was open, or all while it was closed.

    Attributes:
        weekday: the day, 0 for Monday.
        hour: the hour, 0 to 23.
        is_open: whether the practice was open, by its hours as they are set now.
        count: how many messages.
    """

    weekday: int
    hour: int
    is_open: bool
    count: int


def read_arrivals(session: Session, practice: Practice, period: Period) -> list[Arrivals]:
    """Count the messages of a period, in one query.

    A week is cut into parts so short that the practice opens and closes only between two of them. A day on which the
    weekly hours do not count is told apart. So the first message of each part says for all whether it was open.
    """
    minutes = part_minutes(practice)
    local = local_seconds(Message.received_at, find_offsets(period.zone, period.start, period.end))
    closed = [day.toordinal() - _EPOCH_ORDINAL for day in period.days if not practice.keeps_hours(day)]
    day = local // literal(DAY_SECONDS, BigInteger())
    parts = (
        select(
            (second_of_week(local) // literal(minutes * 60, BigInteger())).label("part"),
            (day.in_(closed) if closed else false()).label("is_closed_day"),
            Message.received_at.label("at"),
        )
        .join(Conversation, Message.conversation_id == Conversation.id)
        .where(is_of(practice.slug), came_in(period))
        .subquery()
    )
    rows = session.execute(
        select(parts.c.part, func.min(parts.c.at), func.count()).group_by(parts.c.part, parts.c.is_closed_day)
    )
    found = []
    for part, first, count in rows:
        weekday, minute = divmod(part * minutes, 24 * 60)
        found.append(Arrivals(weekday, minute // 60, practice.is_open(first), count))
    return found


def part_minutes(practice: Practice) -> int:
    """Return the largest part of an hour at whose ends alone the practice opens and closes, in minutes."""
    times = [time for spans in practice.hours.values() for span in spans for time in span.split("-")]
    return math.gcd(60, *(int(time.partition(":")[2]) for time in times))
