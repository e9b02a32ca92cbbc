"""Opening hours in a sentence, and whether a typed answer about them says otherwise."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from itertools import groupby, pairwise

from intake.practices import Practice
from intake.vocabulary import Language, Weekday
from templates.say_when import say_date

VARIABLE = re.compile(r"\{\{\s*hours\s*\}\}")
"""What stands for the opening hours of Settings in the answer to a common question."""
HOURS_QUESTION = "hours"
"""The key of the starter question about the opening hours."""
HOURS_QUESTIONS = frozenset({HOURS_QUESTION, "holiday_hours"})
"""The keys of the starter questions that ask when the practice is open."""
HOURS_ANSWER = "Our hours: {{ hours }}."
MEND = "Change one of them, or use the hours of Settings in the answer."
WEEK = tuple(Weekday)
_DAYS_ES = ("lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo")
_IN_TEXTS = {"sábado": "sab."}
"""Without á, which would turn a text into UCS-2, with 70 characters a segment."""
_WORDS = {Language.EN: ("to", "closed", "and"), Language.ES: ("a", "cerrado", "y")}
_DATES = {Language.EN: ("on {}", "{} to {}"), Language.ES: ("el {}", "del {} al {}")}
_SOON_DAYS = 7
"""How far ahead the days with other hours are said: today and the rest of a week."""
_NAMES = (
    "mon(?:days?)?|lun(?:es)?",
    "tue(?:s|sdays?)?|martes",
    "wed(?:s|nesdays?)?|mi[eé](?:rcoles)?",
    "thu(?:rs?|rsdays?)?|jue(?:ves)?",
    "fri(?:days?)?|vie(?:rnes)?",
    "sat(?:urdays?)?|s[aá]b(?:ado)?s?",
    "sun(?:days?)?|dom(?:ingo)?s?",
)
_DAY = "|".join(f"(?P<d{number}>{names})" for number, names in enumerate(_NAMES))
_ALONE = re.compile(rf"\b(?:{_DAY})\b\.?", re.IGNORECASE)
_UNTIL = re.compile(r"\s*(?:-|–|—|to|thru|through|until|till|a|al)\s*", re.IGNORECASE)
_GROUPS: tuple[tuple[re.Pattern[str], range], ...] = (
    (re.compile(r"\b(?:7 days|seven days|every ?day|daily|all week|todos los d[ií]as)\b", re.IGNORECASE), range(7)),
    (re.compile(r"\b(?:weekdays?|m ?(?:-|–|to|thru) ?f|m/f)\b", re.IGNORECASE), range(5)),
    (re.compile(r"\bweekends?\b|\bfin(?:es)? de semana\b", re.IGNORECASE), range(5, 7)),
)
_CLOSED = re.compile(r"\b(?:closed|not open|cerrad[oa]s?)\b", re.IGNORECASE)


def say_hours(hours: Mapping[Weekday, Sequence[str]], language: Language, *, is_text: bool = True) -> str:
    """Return a week's opening hours: `Monday to Friday 8:00 AM to 5:00 PM, closed Saturday and Sunday`.

    Args:
        hours: the times of each day, such as `08:00-17:00`; a day without any is closed.
        language: English or Spanish.
        is_text: whether it goes into a text.
    """
    to, closed, and_ = _WORDS[language]
    parts, shut = [], []
    by_day = [(day, tuple(sorted(hours.get(day, ())))) for day in WEEK]
    for spans, run in groupby(by_day, key=lambda pair: pair[1]):
        days = [say_weekday(day, language, is_text=is_text) for day, _ in run]
        named = days[0] if len(days) == 1 else f"{days[0]} {to if len(days) > 2 else and_} {days[-1]}"
        if spans:
            parts.append(f"{named} {_spans(spans, language)}")
        else:
            shut.append(f"{closed} {named}")
    said = ", ".join(parts + shut)
    return said[:1].upper() + said[1:]


def say_current_hours(practice: Practice, moment: datetime, language: Language, *, is_text: bool = True) -> str:
    """Return the week's opening hours and, after a semicolon, the days soon that differ from it."""
    said = (say_hours(practice.hours, language, is_text=is_text), _say_days_soon(practice, moment, language))
    return "; ".join(filter(None, said))


def fill_hours(
    answer: str, practice: Practice, moment: datetime, language: Language, *, is_text: bool, is_of_hours: bool = False
) -> str:
    """Return an answer with the opening hours in place of their variable.

    Args:
        answer: the practice's words.
        practice: the practice.
        moment: when they are said, aware.
        language: English or Spanish.
        is_text: whether they go into a text.
        is_of_hours: whether the question was about the hours, so that an answer in other words, which knows only the
            usual ones, is followed by the days soon that differ.
    """
    if VARIABLE.search(answer):
        return VARIABLE.sub(lambda _: say_current_hours(practice, moment, language, is_text=is_text), answer)
    different = _say_days_soon(practice, moment, language) if is_of_hours else ""
    return f"{answer} {different[0].upper()}{different[1:]}." if different else answer


def find_contradiction(answer: str, hours: Mapping[Weekday, Sequence[str]]) -> str:
    """Return which days an answer about the opening hours leaves out or calls otherwise than Settings; empty if none.

    An answer that names no day at all, or takes the hours from Settings, contradicts nothing.
    """
    if VARIABLE.search(answer):
        return ""
    said_open = _days_said_open(answer)
    if not said_open:
        return ""
    is_open = {number for number, day in enumerate(WEEK) if hours.get(day)}
    left_out, wrong = is_open - said_open, said_open - is_open
    parts = [
        f"Settings has you {what} on {' and '.join(WEEK[number].words for number in sorted(days))}, but {but}"
        for days, what, but in (
            (left_out, "open", "the answer does not say so."),
            (wrong, "closed", "the answer says that you are open."),
        )
        if days
    ]
    return " ".join(parts)


def _say_days_soon(practice: Practice, moment: datetime, language: Language) -> str:
    """Return the days of the coming week with other hours: `closed on December 25`; empty if there are none."""
    closed = _WORDS[language][1]
    single, several = _DATES[language]
    parts = []
    for first, last, spans in _runs(practice.hours_soon(moment, days=_SOON_DAYS)):
        names = [say_date(day, language) for day in (first, last)]
        named = single.format(names[0]) if first == last else several.format(*names)
        parts.append(f"{named} {_spans(spans, language)}" if spans else f"{closed} {named}")
    return ", ".join(parts)


def _runs(days: Mapping[date, Sequence[str]]) -> Iterator[tuple[date, date, Sequence[str]]]:
    """Yield the first and the last of the days in a row that have the same hours, and those hours."""
    ordered = [(day, tuple(spans), day.toordinal() - place) for place, (day, spans) in enumerate(days.items())]
    for (spans, _), run in groupby(ordered, key=lambda entry: entry[1:]):
        members = [day for day, *_ in run]
        yield members[0], members[-1], spans


def _days_said_open(answer: str) -> set[int]:
    """Return the days that an answer calls open."""
    said_open: set[int] = set()
    said_closed: set[int] = set()
    for clause in re.split(r"[.;\n](?!\d)|, (?=closed|cerrado)", answer):
        closed = _CLOSED.search(clause)
        said_open |= _days_in(clause[: closed.start()] if closed else clause)
        if closed:
            said_closed |= _days_in(clause[closed.end() :])
            if not _days_in(clause[closed.end() :]):  # "Sunday: closed"
                last = _days_in(clause[: closed.start()])
                said_open, said_closed = said_open - last, said_closed | last
    return said_open - said_closed


def _days_in(text: str) -> set[int]:
    found = {day for pattern, days in _GROUPS if pattern.search(text) for day in days}
    named = [(match, int((match.lastgroup or "d0")[1:])) for match in _ALONE.finditer(text)]
    found |= {day for _, day in named}
    for (first, start), (second, end) in pairwise(named):
        if _UNTIL.fullmatch(text[first.end() : second.start()]):
            found |= set(range(start, end + 1)) if start <= end else {*range(start, 7), *range(end + 1)}
    return found


def say_weekday(day: Weekday, language: Language, *, is_text: bool) -> str:
    """Return a weekday in words, in a Spanish text without á."""
    if language is not Language.ES:
        return day.words
    name = _DAYS_ES[WEEK.index(day)]
    return _IN_TEXTS.get(name, name) if is_text else name


def _spans(spans: Sequence[str], language: Language) -> str:
    to, _, and_ = _WORDS[language]
    times = ([say_clock(part) for part in span.split("-")] for span in spans)
    return f" {and_} ".join(f"{opens} {to} {closes}" for opens, closes in times)


def say_clock(written: str) -> str:
    """Return a time such as `08:00` in words: `8:00 AM`."""
    hour, minute = (int(part) for part in written.split(":"))
    return f"{hour % 12 or 12}:{minute:02d} {'AM' if hour < 12 else 'PM'}"
