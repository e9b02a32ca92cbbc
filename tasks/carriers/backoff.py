"""How long to wait before another attempt, for everything that goes out and for messages that fail."""

from __future__ import annotations

from datetime import timedelta

MAX_ATTEMPTS = 12
FIRST_DELAY = timedelta(seconds=5)
LONGEST_DELAY = timedelta(hours=1)


def wait_after(attempts: int) -> timedelta:
    """Return how long to wait after this many failed attempts: doubles from 5 seconds up to an hour."""
    doublings = min(max(attempts - 1, 0), MAX_ATTEMPTS)
    return min(FIRST_DELAY * (1 << doublings), LONGEST_DELAY)


def retry_delay(attempts: int) -> timedelta | None:
    """Return how long to wait after this many failed attempts, None to give up.

    Twelve attempts take about four and a half hours.
    """
    return None if attempts >= MAX_ATTEMPTS else wait_after(attempts)
