"""Saying when a practice is open on the days that a patient asks about."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from intake.practices import Practice
from intake.vocabulary import Language, Weekday
from templates.opening_hours import say_clock, say_current_hours, say_hours, say_weekday
from templates.say_when import say_date

TWO_SEGMENTS: Final = 306
_AROUND = {Language.EN: 58, Language.ES: 104}
"""What stands around an answer in its reply, with the way to a person and the first text's way to opt out."""
_WEEK = {Language.EN: "Our hours: {}.", Language.ES: "Nuestro horario: {}."}
_WEEK_OF = {
    Language.EN: "Our hours in the week of Monday, {}: {}.",
    Language.ES: "Nuestro horario en la semana del lunes {}: {}.",
}
_NOW = {
    Language.EN: ("We are closed now.", "We are open now."),
    Language.ES: ("Ahora estamos cerrados.", "Ahora estamos abiertos."),
}
_RELATIVE = {Language.EN: ("today, ", "tomorrow, ", "on "), Language.ES: ("hoy, ", "mañana, ", "el ")}
_OPEN = {Language.EN: "{}our hours are {}.", Language.ES: "{}abrimos {}."}
_SPECIAL = {Language.EN: "{}we have special hours: {}.", Language.ES: "{}tenemos un horario especial: {}."}
_SHUT = {Language.EN: "We are closed {}.", Language.ES: "Estamos cerrados {}."}
_AND = {Language.EN: ", and ", Language.ES: " y "}
_AGAIN = {Language.EN: "The next day we are open is {}, {}.", Language.ES: "El siguiente día que abrimos es el {}, {}."}
_AGAIN_IN_TEXT = {**_AGAIN, Language.ES: "Abrimos otra vez el {}, {}."}  # the í would turn it into UCS-2
_ALREADY = {Language.EN: "We have closed for today.", Language.ES: "Hoy ya cerramos."}


def say_week(practice: Practice, moment: datetime, language: Language, *, is_text: bool) -> str:
    """Return the week's opening hours as an answer, with the days soon that differ; empty if too long for a text."""
    hours = say_current_hours(practice, moment, language, is_text=is_text)
    said = _WEEK[language].format(hours if language is Language.EN else f"{hours[:1].lower()}{hours[1:]}")
    return _fitting(said, practice, language, is_text=is_text)


def say_asked_week(practice: Practice, monday: date, language: Language, *, is_text: bool) -> str:
    """Return the opening hours of each day of one week as an answer; empty if too long for a text."""
    days = [monday + timedelta(days=number) for number in range(len(Weekday))]
    hours = {weekday: practice.hours_on(day) for weekday, day in zip(Weekday, days, strict=True)}
    said = say_hours(hours, language, is_text=is_text)
    said = f"{said[:1].lower()}{said[1:]}" if language is Language.ES else said
    return _fitting(_WEEK_OF[language].format(say_date(monday, language), said), practice, language, is_text=is_text)


def say_asked_days(
    practice: Practice, days: Sequence[date], moment: datetime, language: Language, *, is_now: bool, is_text: bool
) -> str:
    """Return the opening hours of some days as an answer; empty if there are no days, or it is too long for a text.

    Args:
        practice: the practice.
        days: the days, in order, none before today.
        moment: when it is said, aware.
        language: English or Spanish.
        is_now: whether to say first if the practice is open now.
        is_text: whether it goes into a text, which has two segments at most.
    """
    if not days:
        return ""
    today = moment.astimezone(ZoneInfo(practice.time_zone)).date()
    parts = [_NOW[language][practice.is_open(moment)]] if is_now else []
    closing = practice.last_closing(moment)
    is_over = today in days and closing is not None and closing <= moment
    if is_over and not is_now:
        parts.append(_ALREADY[language])
    open_days = [day for day in days if practice.hours_on(day) and not (is_over and day == today)]
    shut = [_begin(day, today, language, is_text=is_text) for day in days if not practice.hours_on(day)]
    parts += [_say_day(practice, day, today, language, is_text=is_text) for day in open_days]
    if shut:
        parts.append(_SHUT[language].format(_AND[language].join(shut)))
    said = " ".join(parts)
    after = "" if days[-1] in open_days else _say_next(practice, days[-1], language, is_text=is_text)
    whole = _fitting(f"{said} {after}".rstrip(), practice, language, is_text=is_text)
    return whole or _fitting(said, practice, language, is_text=is_text)


def _say_day(practice: Practice, day: date, today: date, language: Language, *, is_text: bool) -> str:
    spans, usual = practice.hours_on(day), practice.usual_hours(day)
    named = _begin(day, today, language, is_text=is_text)
    named = f"{named[0].upper()}{named[1:]}" + (" " if named.startswith("el ") else ", ")
    wording = _SPECIAL if usual and spans != usual else _OPEN
    return wording[language].format(named, _say_spans(spans, language))


def _begin(day: date, today: date, language: Language, *, is_text: bool) -> str:
    """Return a day in a sentence: `tomorrow, Thursday, December 24`, `on Friday, December 25`."""
    ahead = (day - today).days
    relative = _RELATIVE[language]
    return (relative[ahead] if ahead < len(relative) - 1 else relative[-1]) + _name(day, language, is_text=is_text)


def _name(day: date, language: Language, *, is_text: bool) -> str:
    """Return a day in words: `Thursday, December 24`, `jueves 24 de diciembre`."""
    weekday = say_weekday(tuple(Weekday)[day.weekday()], language, is_text=is_text)
    joint = " " if language is Language.ES else ", "
    return f"{weekday}{joint}{say_date(day, language)}"


def _say_next(practice: Practice, day: date, language: Language, *, is_text: bool) -> str:
    """Return which day after one the practice opens next, and its hours; empty if it has none soon."""
    later = (day + timedelta(days=ahead) for ahead in range(1, 60))
    found = next((coming for coming in later if practice.hours_on(coming)), None)
    if found is None:
        return ""
    wording = _AGAIN_IN_TEXT if is_text else _AGAIN
    return wording[language].format(
        _name(found, language, is_text=is_text), _say_spans(practice.hours_on(found), language)
    )


def _say_spans(spans: Sequence[str], language: Language) -> str:
    times = [[say_clock(part) for part in span.split("-")] for span in spans]
    if language is Language.ES:
        return " y ".join(f"de {opens} a {closes}" for opens, closes in times)
    return " and ".join(f"{opens} to {closes}" for opens, closes in times)


def _fitting(said: str, practice: Practice, language: Language, *, is_text: bool) -> str:
    room = TWO_SEGMENTS - len(f"{practice.name}: ") - _AROUND[language]
    return said if len(said) <= room or not is_text else ""
