"""Read a date in any of the forms that people write and say, in English and Spanish."""

from __future__ import annotations

import re
from datetime import date, datetime
from functools import cache
from typing import Final

from classifier.entities.folding import fold
from classifier.entities.spoken import NUMBERS, read_number

MONTHS: Final = (
    ("jan", "january", "enero", "ene"), ("feb", "february", "febrero"), ("mar", "march", "marzo"),
    ("apr", "april", "abril", "abr"), ("may", "mayo"), ("jun", "june", "junio"), ("jul", "july", "julio"),
    ("aug", "august", "agosto", "ago"), ("sep", "sept", "september", "septiembre", "setiembre"),
    ("oct", "october", "octubre"), ("nov", "november", "noviembre"), ("dec", "december", "diciembre", "dic"),
)  # fmt: skip
WEEKDAYS: Final = (
    ("mon", "monday", "lunes"), ("tue", "tues", "tuesday", "martes"), ("wed", "weds", "wednesday", "miercoles"),
    ("thu", "thur", "thurs", "thursday", "jueves"), ("fri", "friday", "viernes"), ("sat", "saturday", "sabado"),
    ("sun", "sunday", "domingo"),
)  # fmt: skip
ORDINALS: Final = {
    word: value
    for value, word in enumerate(
        [
            "first",
            "second",
            "third",
            "fourth",
            "fifth",
            "sixth",
            "seventh",
            "eighth",
            "ninth",
            "tenth",
            "eleventh",
            "twelfth",
            "thirteenth",
            "fourteenth",
            "fifteenth",
            "sixteenth",
            "seventeenth",
            "eighteenth",
            "nineteenth",
            "twentieth",
        ],
        start=1,
    )
} | {"thirtieth": 30, "primero": 1}
_MONTH_OF = {name: number for number, names in enumerate(MONTHS, start=1) for name in names}
_SPANISH = {name for names in MONTHS for name in names[1:] if name.endswith("o") or name in ("abril", "octubre")}
_TENS: Final = ("twenty", "thirty", "treinta", "zero", "oh")
_TOKEN = re.compile(r"[a-z]+|\d+")
_COMPACT = re.compile(r"(\d\d)(\d\d)(\d{4}|\d\d)")


def read_date(text: str, *, is_birth: bool = False, today: date | None = None) -> str | None:
    """Return a date in ISO 8601: "2026-04-12", "--04-12" without a year, "---14" without a month.

    Args:
        text: The date as written or said.
        is_birth: Whether it is a birth date, which is not in the future.
        today: The current day, for years of two digits; the machine's by default.

    Returns:
        None if the text is not a date.
    """
    plain = fold(text).text.lower()
    compact = _COMPACT.fullmatch(plain.strip())
    tokens = list(compact.groups()) if compact else _TOKEN.findall(plain)
    is_spanish = any(token in _SPANISH or token in ("el", "del", "de") for token in tokens)
    numbers, month_place = _read_numbers([token for token in tokens if token not in ("st", "nd", "rd", "th")])
    parts = _in_order(numbers, month_place, is_spanish=is_spanish)
    if parts is None:
        return None
    year, month, day = parts
    if year is not None and year < 100:
        year = _full_year(year, is_birth=is_birth, today=today or datetime.now().astimezone().date())
    return _write(year, month, day)


def _read_numbers(tokens: list[str]) -> tuple[list[int], int | None]:
    """Return the numbers of a date in order, and the place among them of a month that is named."""
    numbers: list[int] = []
    month_place: int | None = None
    words: list[str] = []
    for token in [*tokens, ""]:
        if token in NUMBERS or (token in ("and", "y") and words):
            words.append(token)
            continue
        if token in ORDINALS:
            tens = [word for word in words[-1:] if word in ("twenty", "thirty")]
            numbers += _split_numbers(words[: len(words) - len(tens)])
            numbers.append(ORDINALS[token] + (NUMBERS[tens[0]] if tens else 0))
            words = []
            continue
        numbers += _split_numbers(words)
        words = []
        if token in _MONTH_OF and month_place is None:
            month_place = len(numbers)
            numbers.append(_MONTH_OF[token])
        elif token.isdecimal() and len(token) <= 4:
            numbers.append(int(token))
    return numbers, month_place


def _split_numbers(words: list[str]) -> list[int]:
    """Return the numbers that a run of words says: "four twelve nineteen eighty two" is 4, 12, and 1982."""
    numbers: list[int] = []
    while words:
        for length in range(len(words), 0, -1):
            value = read_number(words[:length])
            is_year = value is not None and 1900 <= value <= 2099 and length == len(words)
            is_joined = words[0] in _TENS and length == (3 if words[1:2] == ["y"] else 2)
            is_small = value is not None and value <= 31 and (length == 1 or is_joined)
            if value is not None and (is_year or is_small):
                break
        else:
            length, value = len(words), read_number(words)
        numbers += [] if value is None else [value]
        words = words[length:]
    return numbers


@cache
def _days(month: int) -> int:
    return 29 if month == 2 else 30 if month in (4, 6, 9, 11) else 31


def _in_order(
    numbers: list[int], month_place: int | None, *, is_spanish: bool
) -> tuple[int | None, int | None, int] | None:
    """Return year, month, and day."""
    if month_place is not None:
        month, others = numbers[month_place], numbers[:month_place] + numbers[month_place + 1 :]
        if len(others) == 2 and others[0] > 31:
            others.reverse()
        return (others[1] if len(others) > 1 else None, month, others[0]) if others else None
    match numbers:
        case [day]:
            return None, None, day
        case [year, month, day] if year > 999:
            return year, month, day
        case [first, second, *rest] if len(rest) <= 1:
            day_first = first > 12 or (is_spanish and second <= 12)
            month, day = (second, first) if day_first else (first, second)
            return rest[0] if rest else None, month, day
        case _:
            return None


def _full_year(year: int, *, is_birth: bool, today: date) -> int:
    latest = today.year if is_birth else today.year + 20
    return year + 2000 if year + 2000 <= latest else year + 1900


def _write(year: int | None, month: int | None, day: int) -> str | None:
    if month is None:
        return f"---{day:02d}" if 1 <= day <= 31 else None
    if not (1 <= month <= 12 and 1 <= day <= _days(month)):
        return None
    if year is None:
        return f"--{month:02d}-{day:02d}"
    try:
        return date(year, month, day).isoformat()
    except ValueError:
        return None
