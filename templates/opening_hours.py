"""Opening hours in a sentence, and whether a typed answer about them says otherwise."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import groupby, pairwise

from intake.vocabulary import Language, Weekday

VARIABLE = re.compile(r"\{\{\s*hours\s*\}\}")
"""What stands for the opening hours of Settings in the answer to a common question."""
HOURS_QUESTION = "hours"
"""The key of the starter question about the opening hours."""
HOURS_ANSWER = "Our hours: {{ hours }}."
MEND = "Change one of them, or use the hours of Settings in the answer."
WEEK = tuple(Weekday)
_DAYS_ES = ("lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo")
_IN_TEXTS = {"sábado": "sab."}
"""Without á, which would turn a text into UCS-2, with 70 characters a segment."""
_WORDS = {Language.EN: ("to", "closed", "and"), Language.ES: ("a", "cerrado", "y")}
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
        days = [_name(day, language, is_text=is_text) for day, _ in run]
        named = days[0] if len(days) == 1 else f"{days[0]} {to if len(days) > 2 else and_} {days[-1]}"
        if spans:
            parts.append(f"{named} {f' {and_} '.join(_span(span, to) for span in spans)}")
        else:
            shut.append(f"{closed} {named}")
    said = ", ".join(parts + shut)
    return said[:1].upper() + said[1:]


def fill_hours(answer: str, hours: Mapping[Weekday, Sequence[str]], language: Language, *, is_text: bool) -> str:
    """Return an answer with the opening hours in place of their variable."""
    return VARIABLE.sub(lambda _: say_hours(hours, language, is_text=is_text), answer)


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


def _name(day: Weekday, language: Language, *, is_text: bool) -> str:
    if language is not Language.ES:
        return day.words
    name = _DAYS_ES[WEEK.index(day)]
    return _IN_TEXTS.get(name, name) if is_text else name


def _span(span: str, to: str) -> str:
    opens, closes = span.split("-")
    return f"{_clock(opens)} {to} {_clock(closes)}"


def _clock(written: str) -> str:
    hour, minute = (int(part) for part in written.split(":"))
    return f"{hour % 12 or 12}:{minute:02d} {'AM' if hour < 12 else 'PM'}"
