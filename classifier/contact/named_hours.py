"""Between which hours of the day a patient asks to be texted: "don't text after 4", "solo escríbame antes de las 3".

Only one plain time counts, of every day. Whatever may mean something else names no hours, so that nothing goes out at
a time that is not safe: "after 9", which may be in the morning, "on Fridays", or two times.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from classifier.text.normalise import normalised, without_accents

EARLIEST: Final = 6 * 60
"""The minute of the day from which "before 3 pm" counts: at night, somebody may lie beside the phone."""
MIDNIGHT: Final = 24 * 60
_NOON: Final = 12 * 60


class NamedHours(NamedTuple):
    """The hours of each day at which a patient may be texted, in minutes since midnight; the end no longer counts."""

    start: int
    end: int


def _time(name: str) -> str:
    unit = (
        r"(?! ?(?:days?|weeks?|months?|years?|hours?|hrs|min\w*|times|people|dias?|semanas?|meses|anos?|horas?|veces)"
        r"\b)"
    )
    half = r"a\.? ?m\b\.?|p\.? ?m\b\.?|de la (?:manana|tarde|noche)\b"
    return (
        rf"(?:(?P<{name}_noon>noon|(?:el )?mediodia|medio dia)\b|(?:las? )?(?P<{name}_hour>\d{{1,2}})"
        rf"(?:[:.](?P<{name}_minute>[0-5]\d))?(?![\d:/.]\d)(?!\d){unit}(?: ?(?P<{name}_half>{half}))?)"
    )


_WRITE: Final = r"(?:text|txt|reply|respond|answer|message|msg|write|contact|send)(?:s|ing)?"  # a call is no text
_ESCRIBA: Final = r"(?:escrib|mand|envi|contest|respond|texte|contact)\w*"
_SIDE: Final = r"(?P<side>after|past|before|despues de|antes de|a partir de|pasadas)"
_SPAN: Final = rf"(?:between|from|entre|de) {_time('from')} ?(?:and|to|until|till|-|y|a|hasta) ?{_time('to')}"
_TIMES: Final = rf"(?:{_SIDE} {_time('at')}|{_SPAN})"
_ONLY: Final = r"(?:only|just|solo|solamente|nomas|unicamente)"
_ONLY_WORD: Final = re.compile(r"\b(?:only|solo|solamente|nomas|unicamente)\b")
_ASKED: Final = rf"\b(?:{_WRITE}|{_ESCRIBA})"
_REFUSED: Final = rf"\b(?:(?:do not|dont|never|cant|cannot) (?:\w+ ){{0,2}}?{_WRITE}|no (?:me |nos |le )?{_ESCRIBA})"
_NEVER: Final = re.compile(rf"{_REFUSED}(?: \w+){{0,5}}? {_SIDE} {_time('at')}")
_AT_MOST: Final = (
    re.compile(rf"\b{_ONLY} (?:\w+ ){{0,3}}?{_ASKED}(?: \w+){{0,4}}? {_TIMES}"),
    re.compile(rf"{_ASKED}(?: \w+){{0,4}}? {_ONLY} (?:\w+ )?{_TIMES}"),
    re.compile(rf"{_ASKED}(?: \w+){{0,4}}? {_TIMES} only\b"),
)
_ANY_TIME: Final = re.compile(
    r"\b(?:after|past|before|between|until|till|by|at|around|despues de|antes de|a partir de|pasadas|hasta|entre|a)"
    r" (?:las? )?(?:\d|noon\b|(?:el )?medio ?dia\b)"
)
_SOME_DAYS: Final = re.compile(
    r"\b(?:(?:mon|tues|wednes|thurs|fri|satur|sun)days?|week\w*|today|tonight|tomorrow|hoy|(?<!de la )manana|lunes"
    r"|martes|miercoles|jueves|viernes|sabados?|domingos?|fin de semana|semana|when|until|unless|cuando|hasta que|\?)"
)


def read_named_hours(text: str) -> NamedHours | None:
    """Return at which hours of the day a message says that the patient may be texted, None if it plainly names none.

    Args:
        text: Any string.
    """
    words = without_accents(normalised(text))
    if "?" in words or _SOME_DAYS.search(words) or len(_ANY_TIME.findall(words)) != 1:
        return None
    if re.search(_REFUSED, words):  # "don't text me, only write after 4" is too much to make out
        found, is_safe_side = (None if _ONLY_WORD.search(words) else _NEVER.search(words)), False
    else:
        found, is_safe_side = next((at for pattern in _AT_MOST if (at := pattern.search(words))), None), True
    hours = found and _hours_of(found, is_safe_side=is_safe_side)
    return hours if hours and hours.start < hours.end else None


def _hours_of(found: re.Match[str], *, is_safe_side: bool) -> NamedHours | None:
    side = found["side"]
    if side is None:
        start, end = _minute_of(found, "from", is_start=True), _minute_of(found, "to")
        return None if start is None or end is None else NamedHours(start, end)
    minute = _minute_of(found, "at")
    if minute is None:
        return None
    is_before = side in ("before", "antes de")
    return NamedHours(EARLIEST, minute) if is_before == is_safe_side else NamedHours(minute, MIDNIGHT)


def _minute_of(found: re.Match[str], name: str, *, is_start: bool = False) -> int | None:
    """Return the minute of the day that a time names, None if it may be in the morning or the evening."""
    if found[f"{name}_noon"]:
        return _NOON
    hour, minute, half = int(found[f"{name}_hour"]), int(found[f"{name}_minute"] or 0), found[f"{name}_half"] or ""
    if hour > 23 or (half and not 1 <= hour <= 12) or (half.endswith("noche") and hour == 12):
        return None
    if half:
        is_morning = half.startswith("a") or half.endswith("manana")
        return (hour % 12 + (0 if is_morning else 12)) * 60 + minute
    if 1 <= hour <= 6:
        hour += 12
    elif hour < 12 and not (is_start and hour >= 7):
        return None
    return hour * 60 + minute
