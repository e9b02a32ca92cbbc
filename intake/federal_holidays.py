"""US federal holidays and their eves."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from functools import lru_cache

_DAY = timedelta(days=1)


def is_federal_holiday(day: date) -> bool:
    """Return whether a day is a US federal holiday, or the weekday on which one is observed."""
    return day in _holidays_of(day.year, observed=True)


def is_holiday_eve(day: date) -> bool:
    """Return whether the next day is a US federal holiday; a day on which one is only observed has no eve."""
    return day + _DAY in _holidays_of((day + _DAY).year, observed=False)


def holiday_name(day: date) -> str:
    """Return the name of a federal holiday, such as `Independence Day (observed)`; empty on any other day."""
    return _holidays_of(day.year, observed=True).get(day, "")


@lru_cache(maxsize=16)
def _holidays_of(year: int, *, observed: bool) -> Mapping[date, str]:
    from holidays import country_holidays  # slow to import, and many commands need no calendar

    named = country_holidays("US", years=year, observed=observed, language="en_US")
    return {day: name.replace("'", "\N{RIGHT SINGLE QUOTATION MARK}") for day, name in named.items()}
