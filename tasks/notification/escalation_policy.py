"""When to escalate an unacknowledged urgent message to the next contact."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from intake.practices import EscalationStep

NEVER = datetime(9999, 12, 31, tzinfo=UTC)


def next_step_at(steps: Sequence[EscalationStep], taken: int, moment: datetime) -> datetime:
    """Return when the next step is due.

    The delay counts from when the previous contact was notified. After an outage, contacts are therefore still
    notified one after another rather than all at once.

    Args:
        steps: the practice's escalation steps, in order.
        taken: the number of steps already taken.
        moment: when the last step was taken, or when the message was routed; aware.
    """
    if taken >= len(steps):
        return NEVER
    before = steps[taken - 1].after_minutes if taken else 0
    return moment + timedelta(minutes=steps[taken].after_minutes - before)
