"""Which days the figures cover: a practice's last days, or a first and a last one, as the address says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

PRESETS = {"7": "Last 7 days", "30": "Last 30 days", "90": "Last 90 days"}
USUAL = "30"
DATES = "dates"
MOST_DAYS = 366
EARLIEST, LATEST = date(2000, 1, 1), date(2100, 1, 1)
_DAY = timedelta(days=1)


class PeriodMistakeError(ValueError):
    """The address asks for days that cannot be shown; the message says why."""


@dataclass(frozen=True, slots=True)
class Period:
    """Whole days of a practice.

    Attributes:
        first: the first day.
        last: the last day, which counts too.
        zone: the practice's time zone.
        preset: which of `PRESETS` it is, None for dates that somebody chose.
    """

    first: date
    last: date
    zone: str
    preset: str | None = None

    @property
    def start(self) -> datetime:
        """The beginning of the first day, aware."""
        return datetime.combine(self.first, time(), tzinfo=ZoneInfo(self.zone))

    @property
    def end(self) -> datetime:
        """The end of the last day, aware, which does not count."""
        return datetime.combine(self.last + _DAY, time(), tzinfo=ZoneInfo(self.zone))

    @property
    def days(self) -> list[date]:
        """Each day."""
        return [self.first + place * _DAY for place in range((self.last - self.first).days + 1)]

    @property
    def words(self) -> str:
        """The days, as a person reads them."""
        return _words(self.last) if self.first == self.last else f"{_words(self.first)} to {_words(self.last)}"

    @property
    def query(self) -> dict[str, str]:
        """The part of an address that asks for these days."""
        if self.preset is not None:
            return {"period": self.preset}
        return {"period": DATES, "from": self.first.isoformat(), "to": self.last.isoformat()}


def read_period(query: Mapping[str, str], zone: str, moment: datetime) -> Period:
    """Return the days that an address asks for; without a choice, the usual ones.

    Args:
        query: `period`, which is one of `PRESETS` or `dates`, and for the latter `from` and `to`.
        zone: the practice's time zone.
        moment: the current time, aware.

    Raises:
        PeriodMistakeError: there is no such period, or it is too long.
    """
    wanted = query.get("period") or (DATES if query.get("from") or query.get("to") else USUAL)
    if wanted == DATES:
        return _between(_read_day(query.get("from", ""), "From"), _read_day(query.get("to", ""), "To"), zone)
    if wanted not in PRESETS:
        raise PeriodMistakeError("Choose the last 7, 30, or 90 days, or dates.")
    today = moment.astimezone(ZoneInfo(zone)).date()
    return Period(today - (int(wanted) - 1) * _DAY, today, zone, wanted)


def _between(first: date, last: date, zone: str) -> Period:
    if last < first:
        raise PeriodMistakeError("The first date is after the last one.")
    if (last - first).days >= MOST_DAYS:
        raise PeriodMistakeError(f"The dates are more than {MOST_DAYS} days apart. Choose a shorter period.")
    return Period(first, last, zone)


def _read_day(text: str, label: str) -> date:
    try:
        day = datetime.strptime(text, "%Y-%m-%d").date()
    except ValueError:
        raise PeriodMistakeError(f"{label} has to be a date such as 2026-03-31.") from None
    if not EARLIEST <= day < LATEST:
        raise PeriodMistakeError(f"{label} has to be a date between {EARLIEST.year} and {LATEST.year - 1}.")
    return day


def _words(day: date) -> str:
    return f"{day:%b} {day.day}, {day.year}"
