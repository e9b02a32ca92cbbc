"""Recognize messages that only ask when the practice is open, from `signs/hours.toml`: "are you open on Saturday?".

Every word must be accounted for, as in `nudges.py`, so that no such message tells of anything else.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto
from functools import cache
from typing import Final, NamedTuple

from classifier.folders import SIGNS
from classifier.rules.covering_tables import read_fragments, read_rows
from classifier.text.covering import Row, covers_message
from classifier.text.normalise import flattened, without_accents
from intake.vocabulary import Language

TABLE: Final = SIGNS / "hours.toml"
MOST_CHARACTERS: Final = 160
"""Longer messages say something else, too."""

_WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_FIXED: Final = {
    "christmas_eve": (12, 24),
    "christmas": (12, 25),
    "new_years_eve": (12, 31),
    "new_year": (1, 1),
    "juneteenth": (6, 19),
    "independence": (7, 4),
    "veterans": (11, 11),
}
_FLOATING: Final = {
    "thanksgiving": "Thanksgiving",
    "memorial": "Memorial Day",
    "labor": "Labor Day",
    "mlk": "Martin Luther King",
    "presidents": "Washington",
    "columbus": "Columbus",
}
_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MESES: Final = ("ene", "feb", "mar", "abr", "may", "jun", "jul", "ago", "sep", "oct", "nov", "dic")
_WEEK_OF: Final = re.compile(
    r"\b(?:week (?:of|before|after|around|with)|(?:this|whole|entire|that) week|christmas week|thanksgiving week"
    r"|semana d(?:e|el)|(?:esta|toda la) semana|semana santa)\b"
)
_NEXT_WEEK: Final = re.compile(
    r"\b(?:next week|(?:la )?(?:proxima|otra) semana|semana (?:que viene|entrante|proxima))\b"
)
_NUMBER: Final = re.compile(r"\d{1,2}")
_WORD: Final = re.compile(r"[a-z]{3,}")


class DayKind(Enum):
    """What is asked about."""

    NOW = auto()
    TODAY = auto()
    TOMORROW = auto()
    WEEKDAY = auto()
    DATE = auto()
    HOLIDAY = auto()
    WEEK = auto()


class AskedDay(NamedTuple):
    """A day that is asked about.

    A `WEEKDAY` has its number, 0 for a Monday; a `DATE` its day, and its month unless only the day is named; a
    `HOLIDAY` the beginning of its name. A `WEEK` is asked about beside one of its days, or is this one or the next.
    """

    kind: DayKind
    number: int = 0
    month: int = 0
    name: str = ""


@dataclass(frozen=True, slots=True)
class HoursQuestion:
    """A question about the opening hours: its language, and the days that it is about, none if about the week."""

    language: Language
    days: tuple[AskedDay, ...] = ()


def read_hours_question(text: str) -> HoursQuestion | None:
    """Return what a message asks about the opening hours; None if it asks anything else, too.

    Args:
        text: Any string.
    """
    if len(text) > MOST_CHARACTERS:
        return None
    message = without_accents(flattened(text))
    table = load_hours()
    for language, rows in table.rows.items():
        if covers_message(message, rows):
            words = message.lower()
            days = tuple(dict.fromkeys(table.find_days(words, language)))
            days += tuple(_weeks_in(words))
            if not days and table.asks_now.search(words):
                days = (AskedDay(DayKind.NOW),)
            return HoursQuestion(language, days)
    return None


def _weeks_in(words: str) -> Iterator[AskedDay]:
    """Yield the whole week that is asked about: that of a day, this one, or the next, by its number."""
    if _NEXT_WEEK.search(words):
        yield AskedDay(DayKind.WEEK, 1)
    elif _WEEK_OF.search(words):
        yield AskedDay(DayKind.WEEK)


class _Table(NamedTuple):
    """The rows that must cover such a message in each language, and what finds the days in it."""

    rows: dict[Language, tuple[Row, ...]]
    days: re.Pattern[str]
    dates: dict[Language, re.Pattern[str]]
    asks_now: re.Pattern[str]

    def find_days(self, message: str, language: Language) -> Iterator[AskedDay]:
        """Yield the days that are named, and then the dates among the other words."""
        for found in self.days.finditer(message):
            yield from _days_named(found.lastgroup or "")
        rest = self.days.sub(" | ", message)
        for found in self.dates[language].finditer(rest):
            yield _read_date(found[0])


def _days_named(name: str) -> Iterator[AskedDay]:
    if name in _WEEKDAYS:
        yield AskedDay(DayKind.WEEKDAY, _WEEKDAYS.index(name))
    elif name == "weekend":
        yield from (AskedDay(DayKind.WEEKDAY, number) for number in (5, 6))
    elif name in _FIXED:
        month, day = _FIXED[name]
        yield AskedDay(DayKind.DATE, day, month)
    elif name in _FLOATING:
        yield AskedDay(DayKind.HOLIDAY, name=_FLOATING[name])
    else:
        yield AskedDay(DayKind[name.upper()])


def _read_date(written: str) -> AskedDay:
    """Return the date that is written: `dec 24th`, `24 de diciembre`, `12/24`, or `the 24th`."""
    numbers = [int(number) for number in _NUMBER.findall(written)]
    if len(numbers) == 2:
        return AskedDay(DayKind.DATE, numbers[1], numbers[0])
    words = [word[:3] for word in _WORD.findall(written)]
    months = (names.index(word) + 1 for word in words for names in (_MONTHS, _MESES) if word in names)
    return AskedDay(DayKind.DATE, numbers[0], next(months, 0))


@cache
def load_hours() -> _Table:
    """Return the compiled table, read once per process."""
    fragments = read_fragments(TABLE)
    # What is longer comes first: "Christmas Eve" before "Christmas".
    named = ("christmas_eve", "new_years_eve", *_FIXED, *_FLOATING, "weekend", "today", "tomorrow", *_WEEKDAYS)
    days = "|".join(rf"(?P<{name}>{fragments[name]})" for name in dict.fromkeys(named))
    dates = {Language.EN: fragments["date"], Language.ES: rf"(?<!a las )(?<!a la )(?<![:\d/]){fragments['fecha']}"}
    return _Table(
        {Language(name): rows for name, rows in read_rows(TABLE).items()},
        re.compile(rf"\b(?:{days})\b"),
        {language: re.compile(rf"\b{pattern}\b") for language, pattern in dates.items()},
        re.compile(fragments["asks_now"]),
    )
