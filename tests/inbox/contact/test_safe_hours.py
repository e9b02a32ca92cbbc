"""The hours of the day at which a silenced patient may be texted, by the practice's clock."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from inbox.contact.safe_hours import SafeHours

BEFORE_FOUR = SafeHours(6 * 60, 16 * 60, "America/New_York")


@pytest.mark.parametrize(
    ("moment", "is_safe"),
    [
        (datetime(2026, 6, 1, 19, 59, tzinfo=UTC), True),
        (datetime(2026, 6, 1, 20, 0, tzinfo=UTC), False),
        (datetime(2026, 12, 1, 20, 59, tzinfo=UTC), True),
        (datetime(2026, 12, 1, 21, 0, tzinfo=UTC), False),
        (datetime(2026, 6, 1, 9, 59, tzinfo=UTC), False),
        (datetime(2026, 6, 1, 10, 0, tzinfo=UTC), True),
    ],
    ids=["summer", "summer, at four", "winter", "winter, at four", "before six", "from six"],
)
def test_they_begin_and_end_by_the_practices_clock(moment: datetime, is_safe: bool) -> None:
    assert BEFORE_FOUR.include(moment) == is_safe


@pytest.mark.parametrize(
    ("hours", "words"),
    [
        (BEFORE_FOUR, "from 6:00 AM to 4:00 PM"),
        (SafeHours(18 * 60, 24 * 60, "UTC"), "from 6:00 PM to midnight"),
        (SafeHours(9 * 60 + 30, 12 * 60, "UTC"), "from 9:30 AM to 12:00 PM"),
    ],
)
def test_staff_read_them_in_words(hours: SafeHours, words: str) -> None:
    assert hours.words == words
    assert SafeHours.read(hours.stored) == hours
