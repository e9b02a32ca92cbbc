"""When an urgent message that nobody has acknowledged goes on to the next contact."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from intake.practices import EscalationStep

NEVER = datetime(9999, 12, 31, tzinfo=UTC)


def next_step_at(steps: Sequence[EscalationStep], taken: int, moment: datetime) -> datetime:
    """Return when the next step is due.

    Each contact has the time between two steps to acknowledge, counted from when it was told: after a standstill the
    contacts are told one after the other all the same, not all in one moment.

    Args:
        steps: the practice's, in their order.
        taken: how many were taken.
        moment: when the last of them was, or the message was decided upon; aware.
    """
    if taken >= len(steps):
        return NEVER
    before = steps[taken - 1].after_minutes if taken else 0
    return moment + timedelta(minutes=steps[taken].after_minutes - before)
