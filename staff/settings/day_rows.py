"""Holidays and other special days as rows of a form: a day or several in a row, and what is so on them.

The rows stand for three settings: the days that are closed, those with hours of their own, and those with the usual
hours although they are holidays. Only days on which a row differs from what is stored change, so that a form that
nobody edited changes nothing. What is not clear in a row is kept as it was typed, for `explain_days` to refuse.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

from werkzeug.datastructures import MultiDict

from intake.federal_holidays import holiday_name, is_holiday_eve
from intake.practice_settings import Mistake, Row, Value
from intake.practices import Practice
from intake.setting_editors import EditorKind
from staff.settings.typed_values import NOT_A_DATE, explain_typed, read_date, read_typed, show_typed

DAYS = "days"  # the field with the names of the rows, and the beginning of the names of their fields
FIRST, LAST, WHAT, OPENS, CLOSES, HOLIDAY = ".first", ".last", ".what", ".opens", ".closes", ".holiday"
CLOSED, USUAL, OTHER = "closed", "usual", "other"
CLOSED_ON, SPECIAL_HOURS, OPEN_ON = "closed_on", "special_hours", "open_on"  # the settings
DAY_SETTINGS = (CLOSED_ON, SPECIAL_HOURS, OPEN_ON)
SHOWN_DAYS = 366  # whose holidays are listed, from today
MOST_DAYS = 366  # of a row
LAST_YEAR = 2100
BETWEEN = ", "  # the hours of a row

NO_FIRST_DAY = "choose the first day, or empty all dates of this row to leave it out"
TOO_LATE = f"check the year, which can be {LAST_YEAR} at most"
NO_CHOICE = "choose what you do on this day"
ENDS_EARLY = "the last day is before the first"
TOO_LONG = "these are more days than a year has: check both dates"
NO_HOURS = "fill in when you open and close"
OVERLAPPING = "these times overlap: change one of them"


@dataclass(frozen=True, slots=True)
class DayPlan:
    """What a practice does on a day: it is closed, or has the usual hours, or others."""

    what: str
    hours: tuple[str, ...] = ()


def read_rows(form: MultiDict[str, str]) -> list[Row]:
    """Return the rows of a form that are not empty."""
    rows = [_read_row(form, f"{DAYS}.{name}") for name in form.getlist(DAYS) if name]
    return [row for row in rows if row["first"] or row["last"] or row["hours"]]


def read_days(form: MultiDict[str, str], opened: Practice) -> dict[str, Value]:
    """Return the settings that the rows of a form change; the rows themselves, as closed days, if some are unclear.

    Args:
        form: the form.
        opened: the practice as the page showed it.
    """
    rows = read_rows(form)
    if explain_days(opened, rows):
        return {CLOSED_ON: rows}
    stored, after = stored_plans(opened), _plans_after(opened, rows)[0]
    changed = sorted(day for day in stored.keys() | after.keys() if stored.get(day) != after.get(day))
    return dict(_changed_settings(opened, {day: after.get(day) for day in changed}))


def explain_days(practice: Practice, rows: Sequence[Any]) -> list[Mistake]:
    """Return what is wrong with the rows, each at its own field; days that two rows disagree on if nothing else is."""
    found = [
        Mistake(CLOSED_ON, words, item, part)
        for item, row in enumerate(rows, start=1)
        for part, words in _explain_row(row).items()
    ]
    if found:
        return found
    return [
        Mistake(CLOSED_ON, f"{_short_date(day)} has another row that says otherwise", item, "first")
        for item, day in _plans_after(practice, rows)[1].items()
    ]


def stored_plans(practice: Practice) -> dict[date, DayPlan]:
    """Return what is stored about days, whatever their weekday, by the day."""
    plans = {day: DayPlan(USUAL) for day in practice.open_on}
    for day in {date.fromisoformat(entry[:10]) for entry in practice.special_hours}:
        hours = sorted(entry[11:] for entry in practice.special_hours if entry[:10] == day.isoformat())
        plans[day] = DayPlan(OTHER, tuple(hours))
    return plans | {day: DayPlan(CLOSED) for day in practice.closed_on}


def list_rows(practice: Practice, today: date) -> list[Row]:
    """Return the rows of what is stored and of the coming holidays, in order.

    A holiday among the days of a longer row has none of its own.
    """
    stored, names = stored_plans(practice), name_days(practice, today)
    runs = [run for run in _runs_of(stored) if not all(day in names for day in run)]
    within = {day for run in runs for day in run}
    rows = {run[0]: _row_of(run[0], run[-1], stored[run[0]]) for run in runs}
    for day in names:
        if day not in within:
            rows[day] = _row_of(day, day, stored.get(day) or _plan_otherwise(practice, day), is_holiday=True)
    return [rows[first] for first in sorted(rows)]


def name_days(practice: Practice, today: date) -> dict[date, str]:
    """Return the federal holidays of the coming twelve months by their names, and the eves that close the practice."""
    days = (today + timedelta(days=ahead) for ahead in range(SHOWN_DAYS))
    named = {day: holiday_name(day) or _eve_name(practice, day) for day in days}
    return {day: name for day, name in named.items() if name}


def row_dates(row: Row) -> tuple[date, date] | None:
    """Return the first and the last day of a row; None if they are not clear."""
    try:
        first = date.fromisoformat(str(row["first"]))
        return first, date.fromisoformat(str(row["last"] or row["first"]))
    except ValueError:
        return None


def _read_row(form: MultiDict[str, str], name: str) -> Row:
    times = zip(form.getlist(name + OPENS), form.getlist(name + CLOSES), strict=False)
    what = form.get(name + WHAT, "")
    return {
        "first": read_date(form.get(name + FIRST, "").strip()),
        "last": read_date(form.get(name + LAST, "").strip()),
        "what": what,
        "hours": BETWEEN.join(_read_hours(*pair) for pair in times if any(pair)) if what == OTHER else "",
        "holiday": "yes" if name + HOLIDAY in form else None,
    }


def _read_hours(opens: str, closes: str) -> str:
    typed = f"{opens.strip()}-{closes.strip()}".replace(BETWEEN.strip(), " ")
    return "".join(read_typed(EditorKind.HOURS, typed))


def _hours_of(row: Row) -> list[str]:
    return sorted(hours for hours in str(row["hours"]).split(BETWEEN) if hours)


def _explain_row(row: Row) -> dict[str, str]:
    """Return what is wrong with a row, by the part of its name: `first`, `last`, `what`, or `opens`."""
    wrong = {part: NOT_A_DATE.format(row[part]) for part in ("first", "last") if row[part] and not _is_date(row[part])}
    dates = row_dates(row)
    if not row["first"]:
        wrong["first"] = NO_FIRST_DAY
    elif dates and max(dates).year > LAST_YEAR:
        wrong["first" if dates[0].year > LAST_YEAR else "last"] = TOO_LATE
    elif dates and dates[1] < dates[0]:
        wrong["last"] = ENDS_EARLY
    elif dates and (dates[1] - dates[0]).days >= MOST_DAYS:
        wrong["last"] = TOO_LONG
    if row["what"] not in (CLOSED, USUAL, OTHER):
        wrong["what"] = NO_CHOICE
    if words := _explain_hours(row):
        wrong["opens"] = words
    return wrong


def _explain_hours(row: Row) -> str:
    hours = _hours_of(row)
    if row["what"] == OTHER and not hours:
        return NO_HOURS
    if words := next(filter(None, (explain_typed(EditorKind.HOURS, each) for each in hours)), ""):
        return words
    return OVERLAPPING if any(after[:5] < before[6:] for before, after in pairwise(hours)) else ""


def _is_date(typed: object) -> bool:
    try:
        date.fromisoformat(str(typed))
    except ValueError:
        return False
    return True


def _plans_after(practice: Practice, rows: Sequence[Row]) -> tuple[dict[date, DayPlan], dict[int, date]]:
    """Return what is to be stored about days, and a day that rows disagree on, by the place of the later one.

    The row of a holiday says nothing while it shows what happens anyway, so that another row can cover the day.
    """
    stored, plans = stored_plans(practice), dict[date, DayPlan]()
    for row in rows:
        if row["holiday"] and (dates := row_dates(row)):
            day, plan, otherwise = dates[0], _plan_of(row), _plan_otherwise(practice, dates[0])
            if plan == stored.get(day, otherwise):
                plans |= {day: plan} if day in stored else {}
            elif plan != otherwise:
                plans[day] = plan
    disputed: dict[int, date] = {}
    for item, row in enumerate(rows, start=1):
        if not row["holiday"]:
            plan = _plan_of(row)
            for day in _days_of(row):
                if plans.setdefault(day, plan) != plan:
                    disputed.setdefault(item, day)
    return plans, disputed


def _plan_of(row: Row) -> DayPlan:
    return DayPlan(str(row["what"]), tuple(_hours_of(row)))


def _days_of(row: Row) -> Iterator[date]:
    if dates := row_dates(row):
        for number in range(dates[0].toordinal(), dates[1].toordinal() + 1):
            yield date.fromordinal(number)


def _changed_settings(practice: Practice, changed: Mapping[date, DayPlan | None]) -> Iterator[tuple[str, Value]]:
    """Yield the settings that hold days whose plan is another one."""
    for key in DAY_SETTINGS:
        before = [str(entry) for entry in getattr(practice, key)]
        kept = [entry for entry in before if date.fromisoformat(entry[:10]) not in changed]
        new = [entry for day, plan in changed.items() if plan for entry in _entries_of(key, day, plan)]
        if new or len(kept) < len(before):
            yield key, sorted(kept + new)


def _entries_of(key: str, day: date, plan: DayPlan) -> list[str]:
    """Return what a setting holds of a day."""
    if key == SPECIAL_HOURS:
        return [f"{day.isoformat()} {hours}" for hours in plan.hours]
    return [day.isoformat()] if plan.what == (CLOSED if key == CLOSED_ON else USUAL) else []


def _runs_of(plans: Mapping[date, DayPlan]) -> list[list[date]]:
    """Return the days, those that follow each other and have the same plan together."""
    runs: list[list[date]] = []
    for day in sorted(plans):
        is_next = runs and day.toordinal() == runs[-1][-1].toordinal() + 1 and plans[runs[-1][-1]] == plans[day]
        if is_next and len(runs[-1]) < MOST_DAYS:
            runs[-1].append(day)
        else:
            runs.append([day])
    return runs


def _row_of(first: date, last: date, plan: DayPlan, *, is_holiday: bool = False) -> Row:
    return {
        "first": first.isoformat(),
        "last": last.isoformat() if last != first else "",
        "what": plan.what,
        "hours": BETWEEN.join(plan.hours),
        "holiday": "yes" if is_holiday else None,
    }


def _plan_otherwise(practice: Practice, day: date) -> DayPlan:
    """Return what the practice does on a day that nothing is stored about."""
    return DayPlan(USUAL if practice.usual_hours(day) and not practice.is_holiday(day) else CLOSED)


def _eve_name(practice: Practice, day: date) -> str:
    is_closing = is_holiday_eve(day) and practice.is_holiday(day) and practice.usual_hours(day)
    return f"Day before {holiday_name(day + timedelta(days=1))}" if is_closing else ""


def _short_date(day: date) -> str:
    return show_typed(EditorKind.DATES, day.isoformat())
