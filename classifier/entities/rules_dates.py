"""Rules for dates: the numeric forms, months by name, "the 14th", birth dates, and ages over 89."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from classifier.entities.dates import MONTHS, ORDINALS, WEEKDAYS, read_date
from classifier.entities.entity import Entity
from classifier.entities.folding import Folded
from classifier.entities.patterns import CERTAIN, LIKELY, any_of, entity_at
from classifier.entities.spoken import DIGITS, NUMBERS
from intake.vocabulary import EntityKind

_MONTH = any_of(name for names in MONTHS for name in names) + r"(?![a-z])(?:(?<!\w{5})(?<!\bjune)(?<!\bjuly)\.)?"
_WEEKDAY = any_of(name for names in WEEKDAYS for name in names)
_DAY = r"(?:[12][0-9]|3[01]|0?[1-9])"
_ORDINAL = rf"(?:(?:twenty|thirty)[ -])?{any_of(ORDINALS)}\b"
_NUMBER = any_of(word for word in NUMBERS if len(word) > 1)
_SAID_YEAR = rf"(?:(?:nineteen|twenty|two thousand|mil novecientos|dos mil)(?:[ -](?:and |y )?{_NUMBER}\b){{0,4}})"
_YEAR = rf"(?:,? (?:of |de |del )?(?:(?:19|20)\d\d|{_SAID_YEAR}|'\d\d)(?!\w))"
_MEASURE = r"(?! ?(?:mg|mcg|ml|units|iu|%|min|minutes|hours|hrs|days|weeks|times|pills|am\b|pm\b)|:\d|\.\d|\d)"
_FUNCTION = (
    "at in for and or is was of to we i i'm im it because but please if works would which my from with through when so"
    " that before after did do does can could should until you he she they a as are on not no wait instead thanks por"
    " para y o a con si no que me mi se fue es esta estaba de"
)
_FOLLOWS = (
    rf"(?!:\d)(?=\s*$|[.,;:!?)\n]| [$&(]| (?:call|by|text|also|only|around|until|{'|'.join(_FUNCTION.split())})\b| -)"
)
_NO_HOUR = r"(?! ?(?:a\.m|p\.m|o'clock|(?:to|or|a|o|-) ?\d))"
_CUE = r"(?:on|for|from|since|by|the|of|dated|visit|appt|appointment|until|to|el|del|desde|para)"

_FORMS: Final = tuple(
    (name, re.compile(expression, re.IGNORECASE), confidence)
    for name, expression, confidence in (
        ("iso_date", rf"(?<![\w/.-])(?:19|20)\d\d[-/.](?:0?[1-9]|1[0-2])[-/.]{_DAY}(?![\w/])", CERTAIN),
        ("full_date", r"(?<![\w/.-])\d{1,2}(?:/ ?\d{1,2}/ ?|-\d{1,2}-|\.\d{1,2}\.)(?:(?:19|20)\d\d"
            r"|\d\d)(?![\w/])", CERTAIN),
        ("short_date", rf"(?<![\w/.$%:])(?=\w)(?:{_WEEKDAY},? )?\d{{1,2}}/\d{{1,2}}(?![\w/%]| ?(?:mg|mm|tab|cup"
            rf"|pain))", LIKELY),
        ("cued_date", rf"\b{_CUE} (?P<value>(?:0?[1-9]|1[0-2])-{_DAY})(?![\w/-]| ?(?:day|week|month|year|min"
            rf"|hour|hr|visit|time|mm|mg|ml|pill|session))", LIKELY),
        ("month_day", rf"(?<![\w-])(?=\w)(?:{_WEEKDAY},? )?{_MONTH} ?(?:the )?(?:{_DAY}(?:st|nd|rd|th)?(?!\w)"
            rf"|{_ORDINAL}){_MEASURE}{_YEAR}?", CERTAIN),
        ("day_month", rf"(?<![\w/.-])(?=\w)(?:the |el )?(?:{_WEEKDAY},? )?(?:{_DAY}(?:st|nd|rd|th)?"
            rf"|{_ORDINAL})[ -](?:of |de )?(?!may\b(?! \d{{4}})){_MONTH}{_YEAR}?(?!\w)", CERTAIN),
        ("day_of_month", rf"(?<![\w/.-])(?=\w)(?:the )?(?:{_DAY}(?:st|nd|rd|th)"
            rf"|{_ORDINAL}) of {_MONTH}{_YEAR}?(?!\w)", CERTAIN),
        ("dia_de_mes", rf"(?<![\w-])(?=\w)(?:el )?(?:(?:treinta y )?{_NUMBER}"
            rf"|primero) de {any_of(name for names in MONTHS for name in names if len(name) > 3)}\b{_YEAR}?", LIKELY),
        ("the_nth", rf"(?<!\w)(?=\w)(?:the |{_WEEKDAY} (?:the )?)(?:(?:[12][0-9]|3[01]|[1-9])(?:st|nd|rd|th)"
            rf"|(?!first|second|third){_ORDINAL}){_FOLLOWS}", LIKELY),
        ("el_dia", rf"(?<!\w)(?=\w)(?:el )?(?:(?<=\bel )(?<!\ben el )|{_WEEKDAY} (?:el )?)"
            rf"{_DAY}(?:/\d{{1,2}})?{_NO_HOUR}{_FOLLOWS}", LIKELY),
    )
)  # fmt: skip
_BIRTH = (
    r"(?:dob|d\.o\.b\.?|birth ?da(?:y|te)|date of birth|born|bday|b-day|nacid[oa]|naci|nacio|nacimiento|cumpleanos)"
)
_BORN_BEFORE = re.compile(
    rf"\b{_BIRTH}(?:[ :.,#(-]|is|was|on|it's|the|el|del|es|de|subscriber|patient|'s){{0,12}}$", re.IGNORECASE
)
_BORN_AFTER = re.compile(
    r"^[ ,(]{0,3}(?:is )?(?:my |her |his )?(?:dob|date of birth|birthday|birthdate|born)\b", re.IGNORECASE
)
_BARE_BIRTH = re.compile(
    rf"\b{_BIRTH}(?: is| was|:|,|#| -){{0,2}} ?(?P<value>\d{{8}}|\d{{6}}|\d{{1,2}} \d{{1,2}} (?:\d{{4}}|\d\d))(?!\w)",
    re.IGNORECASE,
)
_SAID = any_of((*DIGITS, *NUMBERS, *ORDINALS))
_SAID_BIRTH = re.compile(
    rf"\b{_BIRTH}(?: is| was| on|:|,){{0,2}} (?P<value>{_SAID}(?:[ ,-]{{1,2}}(?:slash |and )?{_SAID}\b){{2,8}})",
    re.IGNORECASE,
)
_OLD = re.compile(
    r"(?<![\w$/.-])(?=\w)(?P<value>9\d|1[01]\d|ninety(?:[ -]\w{3,5})?|noventa(?: y \w{3,6})?)"
    r"(?=[ -]?(?:years?[ -]olds?|yrs? ?old|y/?o\b|year-old|anos\b)|[,)]? (?:and |y )?(?:frail|bedridden|lives alone)\b)"
    r"|\b(?:aged?|she's|he's|edad|turn(?:s|ed|ing)|is only|cumple) (?P<aged>9\d|1[01]\d)"
    r"(?=[.,;!?)]|\s*$| (?:and|in|on|this|last|next|today|y|en|el|este|hoy)\b)",
    re.IGNORECASE,
)
_FRACTION = re.compile(r"(?:.*\D)?(?:1/[2348]|2/3|3/4|[1-9]/(?:5|7|10|16)|10/10|24/7|20/\d\d)")
_OF_WHOLE = re.compile(
    r"(?: ?-?(?:full|cups?|bottles?|inch(?:es)?|miles?|tabs?|pills?|tsp|tbsp|strength)\b"
    r"| (?:of|de) (?:the|an?|it|my|his|her|them|that|this|la|el|una?|mi|su)\b| del\b)",
    re.IGNORECASE,
)
_AGO = re.compile(r"(?:day|week|wk|month|year|yr|hour|hr|min|minute|night|long|while)s? ago$", re.IGNORECASE)
_CUED = re.compile(rf"\b{_CUE} $", re.IGNORECASE)


def find(folded: Folded) -> Iterator[Entity]:
    """Yield each date of a text; those next to words about a birth are birth dates."""
    for name, expression, confidence in _FORMS:
        group: str | int = "value" if "value" in expression.groupindex else 0
        for match in expression.finditer(folded.text):
            start, end = match.span(group)
            if _is_date(folded.text, start, end, name):
                kind = EntityKind.DOB if is_birth(folded.text, start, end) else EntityKind.DATE
                yield entity_at(folded, start, end, kind, name, confidence)
    for name, expression in (("birth_digits", _BARE_BIRTH), ("said_birth", _SAID_BIRTH)):
        for match in expression.finditer(folded.text):
            if read_date(match["value"], is_birth=True):
                yield entity_at(folded, *match.span("value"), EntityKind.DOB, name, LIKELY)
    for match in _OLD.finditer(folded.text):
        group = "value" if match["value"] else "aged"
        yield entity_at(folded, *match.span(group), EntityKind.DOB, "old_age", LIKELY)


def _is_date(text: str, start: int, end: int, name: str) -> bool:
    value = text[start:end]
    if read_date(value) is None or _AGO.search(text, max(start - 10, 0), start + 3):
        return False
    return name != "short_date" or not is_fraction(text, start, end)


def is_fraction(text: str, start: int, end: int) -> bool:
    """Return whether what looks like a month and a day is a share, a score, or a size, as in "3/4 of the bottle"."""
    if not _FRACTION.fullmatch(text, start, end):
        return False
    return is_of_whole(text, start, end) or _CUED.search(text[max(start - 14, 0) : start]) is None


def is_of_whole(text: str, start: int, end: int) -> bool:
    """Return whether a fraction stands before what it is a part of, as in "3/4 of the bottle"."""
    return _FRACTION.fullmatch(text, start, end) is not None and _OF_WHOLE.match(text, end) is not None


def is_birth(text: str, start: int, end: int) -> bool:
    """Return whether the words around a place say that a birth date stands there."""
    return bool(_BORN_BEFORE.search(text[max(start - 40, 0) : start]) or _BORN_AFTER.match(text[end : end + 30]))
