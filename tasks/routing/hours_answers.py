"""Answering a question about the opening hours from the practice's settings."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from classifier.rules.hours_questions import AskedDay, DayKind, HoursQuestion, read_hours_question
from inbox.models import Message
from intake.federal_holidays import holiday_name
from intake.practices import Practice
from intake.vocabulary import Language, Medium
from tasks.routing.facts import medium_of
from templates.asked_days import say_asked_days, say_asked_week, say_week

FARTHEST: Final = timedelta(days=62)
"""How far ahead the settings are trusted: a practice may still enter other hours for a later day."""


@dataclass(frozen=True, slots=True)
class HoursAnswer:
    """When the practice is open, in the language of whoever asked."""

    language: Language
    words: str


def answer_hours(message: Message, practice: Practice, moment: datetime) -> HoursAnswer | None:
    """Return when the practice is open, to a message that asks nothing else.

    Args:
        message: the message; one that has a picture says more.
        practice: the practice.
        moment: when it is answered, aware.

    Returns:
        None if it asks anything else, or the practice's settings don't tell.
    """
    question = None if message.media or not practice.hours else read_hours_question(message.text)
    if question is None:
        return None
    is_text = medium_of(message.conversation) is Medium.SMS
    words = word_hours(question, practice, moment, is_text=is_text)
    return HoursAnswer(question.language, words) if words else None


def word_hours(question: HoursQuestion, practice: Practice, moment: datetime, *, is_text: bool) -> str:
    """Return when the practice is open on the days that a question asks about; empty if its settings don't tell."""
    if not question.days:
        return say_week(practice, moment, question.language, is_text=is_text)
    today = moment.astimezone(ZoneInfo(practice.time_zone)).date()
    if any(asked.kind is DayKind.WEEK for asked in question.days):
        monday = find_week(question.days, today)
        return say_asked_week(practice, monday, question.language, is_text=is_text) if monday else ""
    days = find_dates(question.days, today)
    is_now = any(asked.kind is DayKind.NOW for asked in question.days)
    return say_asked_days(practice, days, moment, question.language, is_now=is_now, is_text=is_text)


def find_dates(asked: tuple[AskedDay, ...], today: date) -> list[date]:
    """Return the dates of the days that are asked about, in order; none if one of them is unclear or too far ahead.

    A weekday beside a single date, as in "Thursday the 24th", is only its weekday, which must be true.
    """
    weekdays = [day.number for day in asked if day.kind is DayKind.WEEKDAY]
    dated = [day for day in asked if day.kind in (DayKind.DATE, DayKind.HOLIDAY)]
    is_one_day = len(weekdays) == len(dated) == 1
    found = [_find_date(day, today) for day in (dated if is_one_day else asked)]
    days = sorted({day for day in found if day is not None and day - today <= FARTHEST})
    if len(days) < len(set(found)) or (is_one_day and days[0].weekday() != weekdays[0]):
        return []
    return days


def find_week(asked: tuple[AskedDay, ...], today: date) -> date | None:
    """Return the Monday of the whole week that is asked about; None if none is, or it is unclear which one.

    Args:
        asked: the days that are asked about, and the week.
        today: the current day.
    """
    weeks = [day.number for day in asked if day.kind is DayKind.WEEK]
    if not weeks:
        return None
    named = tuple(day for day in asked if day.kind is not DayKind.WEEK)
    days = find_dates(named, today) if named else [today + timedelta(weeks=weeks[0])]
    mondays = {day - timedelta(days=day.weekday()) for day in days}
    return mondays.pop() if len(mondays) == 1 else None


def _find_date(asked: AskedDay, today: date) -> date | None:
    """Return the next date of a day that is asked about; None if there is none within reach."""
    if asked.kind in (DayKind.NOW, DayKind.TODAY):
        return today
    if asked.kind is DayKind.TOMORROW:
        return today + timedelta(days=1)
    return next((day for day in _days_from(today) if _is_day(asked, day)), None)


def _days_from(today: date) -> Iterator[date]:
    return (today + timedelta(days=ahead) for ahead in range(FARTHEST.days + 1))


def _is_day(asked: AskedDay, day: date) -> bool:
    match asked.kind:
        case DayKind.WEEKDAY:
            return day.weekday() == asked.number
        case DayKind.HOLIDAY:
            return holiday_name(day).startswith(asked.name)
        case _:
            return day.day == asked.number and asked.month in (0, day.month)
