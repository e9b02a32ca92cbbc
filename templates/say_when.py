"""Saying when a practice opens, as its receptionist would."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from zoneinfo import ZoneInfo

from intake.vocabulary import Language

_DAYS_ES = ("lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo")
_SATURDAY = 5
_MONTHS_ES = (
    "enero", "febrero", "marzo", "abril", "mayo", "junio",
    "julio", "agosto", "septiembre", "octubre", "noviembre", "diciembre",
)  # fmt: skip


def say_when(opening: datetime, moment: datetime, language: Language, *, is_text: bool = True) -> str:
    """Return an opening time in words: `today at 8:00 AM`, `on Monday at 8:00 AM`, `el lunes a las 8:00 AM`.

    Args:
        opening: when the practice opens, in its own time zone.
        moment: when it is said, aware.
        language: English or Spanish.
        is_text: whether it goes into a text, where the á of sábado would cost two thirds of each segment.
    """
    days = (opening.date() - moment.astimezone(ZoneInfo(str(opening.tzinfo))).date()).days
    clock = f"{opening.hour % 12 or 12}:{opening:%M} {'AM' if opening.hour < 12 else 'PM'}"
    if language is Language.ES:
        name = _day_in_spanish_text if is_text else _day_in_spanish
        return f"{_day(days, opening, ('hoy', 'mañana'), name)} a la{'s' * (opening.hour % 12 != 1)} {clock}"
    return f"{_day(days, opening, ('today', 'tomorrow'), _day_in_english)} at {clock}"


def say_date(day: date, language: Language) -> str:
    """Return a date in words: `December 24`, `24 de diciembre`."""
    return f"{day.day} de {_MONTHS_ES[day.month - 1]}" if language is Language.ES else f"{day:%B} {day.day}"


def _day(days: int, opening: datetime, soon: tuple[str, str], name: Callable[[datetime, bool], str]) -> str:
    return soon[days] if days < len(soon) else name(opening, days < 7)


def _day_in_english(opening: datetime, is_this_week: bool) -> str:
    return f"on {opening:%A}" if is_this_week else f"on {say_date(opening, Language.EN)}"


def _day_in_spanish(opening: datetime, is_this_week: bool) -> str:
    if is_this_week:
        return f"el {_DAYS_ES[opening.weekday()]}"
    return f"el {say_date(opening, Language.ES)}"


def _day_in_spanish_text(opening: datetime, is_this_week: bool) -> str:
    """Name a Saturday by its date: the letter á would turn the text into UCS-2, with 70 characters a segment."""
    return _day_in_spanish(opening, is_this_week and opening.weekday() != _SATURDAY)
