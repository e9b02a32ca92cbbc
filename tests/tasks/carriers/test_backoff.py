"""Back-off: ever longer waits, and an end."""

from __future__ import annotations

from datetime import timedelta

from tasks.carriers.backoff import MAX_ATTEMPTS, retry_delay


def test_a_failed_attempt_is_repeated_after_ever_longer_waits_of_at_most_an_hour() -> None:
    waits = [retry_delay(attempts) for attempts in range(1, MAX_ATTEMPTS)]
    known = [wait for wait in waits if wait is not None]

    assert len(known) == len(waits)
    assert known == sorted(known)
    assert known[:3] == [timedelta(seconds=5), timedelta(seconds=10), timedelta(seconds=20)]
    assert known[-1] == timedelta(hours=1)


def test_the_last_failed_attempt_is_not_repeated() -> None:
    assert retry_delay(MAX_ATTEMPTS) is None
    assert retry_delay(MAX_ATTEMPTS + 1) is None
