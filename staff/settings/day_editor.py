"""What the settings page shows of holidays and other special days: rows in order, those of the past apart."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from intake.federal_holidays import holiday_name
from intake.practice_settings import Mistake, Row
from intake.practices import Practice
from staff.settings.day_rows import BETWEEN, CLOSED, list_rows, name_days, row_dates

FEWEST_PAIRS = 2  # of times in a row


@dataclass(frozen=True, slots=True)
class DayRow:
    """A row as it is shown.

    Attributes:
        number: its place in the form, from 1.
        title: the name of the holiday; empty for a row of the practice's own.
        when: its days in words; empty while they are unclear.
        within: the holidays among its days.
        first: the first day, as it is typed.
        last: the last day, as it is typed; empty if it is the first.
        what: what a form sends for what the practice does.
        times: the times in its pickers, in pairs.
        is_past: whether all its days have passed.
        problems: why the row cannot be saved, by the part of its name.
    """

    number: int
    title: str
    when: str
    within: tuple[str, ...]
    first: str
    last: str
    what: str
    times: tuple[tuple[str, str], ...]
    is_past: bool
    problems: Mapping[str, str]

    @property
    def words(self) -> str:
        """What the row is about."""
        return ", ".join(filter(None, (self.title, self.when))) or "new day"


@dataclass(frozen=True, slots=True)
class DayEditor:
    """The rows of today and later, those of the past, and an empty one."""

    rows: tuple[DayRow, ...]
    past: tuple[DayRow, ...]

    @property
    def blank(self) -> DayRow:
        """A row to fill in."""
        return DayRow(0, "", "", (), "", "", CLOSED, (("", ""),) * FEWEST_PAIRS, False, {})

    @property
    def all(self) -> tuple[DayRow, ...]:
        """All rows, by their places in the form."""
        return tuple(sorted((*self.rows, *self.past), key=lambda row: row.number))

    @property
    def has_past_problem(self) -> bool:
        """Whether a row of the past cannot be saved."""
        return any(row.problems for row in self.past)


def edit_days(practice: Practice, today: date, unsaved: Sequence[Any] | None, mistakes: Iterable[Mistake]) -> DayEditor:
    """Return the rows as the page shows them.

    Args:
        practice: the practice as it is.
        today: the day in the practice's time zone.
        unsaved: the rows of a form that was not saved; None to show what is stored.
        mistakes: why they were refused.
    """
    problems: dict[int, dict[str, str]] = {}
    for mistake in mistakes:
        if mistake.item and mistake.part:
            problems.setdefault(mistake.item, {})[mistake.part] = mistake.words
    names = name_days(practice, today)
    rows = list_rows(practice, today) if unsaved is None else unsaved
    shown = [_show_row(row, number, names, today, problems.get(number, {})) for number, row in enumerate(rows, start=1)]
    return DayEditor(tuple(row for row in shown if not row.is_past), tuple(row for row in shown if row.is_past))


def _show_row(row: Row, number: int, names: Mapping[date, str], today: date, problems: Mapping[str, str]) -> DayRow:
    dates, hours = row_dates(row), [each.partition("-") for each in str(row["hours"]).split(BETWEEN) if each]
    times = [(opens, closes) for opens, _, closes in hours]
    name = names.get(dates[0], "Holiday") if dates else ""
    return DayRow(
        number=number,
        title=name if row["holiday"] else "",
        when=_words_of(*dates) if dates else "",
        within=() if row["holiday"] or not dates else _names_within(names, *dates),
        first=str(row["first"]),
        last=str(row["last"]),
        what=str(row["what"]),
        times=(*times, *[("", "")] * (FEWEST_PAIRS - len(times))),
        is_past=dates is not None and max(dates) < today,
        problems=problems,
    )


def _names_within(names: Mapping[date, str], first: date, last: date) -> tuple[str, ...]:
    return tuple(name for day, name in names.items() if first <= day <= last and holiday_name(day))


def _words_of(first: date, last: date) -> str:
    return _show_date(first) if last <= first else f"{_show_date(first)} to {_show_date(last)}"


def _show_date(day: date) -> str:
    return f"{day:%a, %b} {day.day}, {day.year}"
