"""US federal holidays and their eves."""

from __future__ import annotations

from datetime import date, timedelta
from functools import lru_cache

_DAY = timedelta(days=1)


def is_federal_holiday(day: date) -> bool:
    """Return whether a day is a US federal holiday, or the weekday on which one is observed."""
    return day in _holidays_of(day.year, observed=True)


def is_holiday_eve(day: date) -> bool:
    """Return whether the next day is a US federal holiday; a day on which one is only observed has no eve."""
    return day + _DAY in _holidays_of((day + _DAY).year, observed=False)


@lru_cache(maxsize=16)
def _holidays_of(year: int, *, observed: bool) -> frozenset[date]:
    from holidays import country_holidays  # slow to import, and many commands need no calendar

    return frozenset(country_holidays("US", years=year, observed=observed))
