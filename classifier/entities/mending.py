"""Mend what the network found: it cuts words and numbers in two, and takes doses and ages for dates."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from classifier.entities.codes import is_procedure_code
from classifier.entities.dates import MONTHS, ORDINALS, WEEKDAYS, read_date
from classifier.entities.entity import Entity
from classifier.entities.folding import fold
from classifier.entities.patterns import any_of
from classifier.entities.rules_dates import is_birth, is_fraction, is_of_whole
from classifier.entities.rules_names import common_words, known_names, word_lists
from classifier.entities.spoken import NUMBERS, read_number
from intake.vocabulary import EntityKind

_OF_WORDS: Final = frozenset(
    (EntityKind.NAME, EntityKind.DOB, EntityKind.DATE, EntityKind.ADDRESS, EntityKind.CARRIER, EntityKind.PLAN,
     EntityKind.AMOUNT, EntityKind.EMPLOYER)
)  # fmt: skip
"""The kinds that consist of words. A code may be glued to the word before it, as in "acctLEP8451"."""
_NEAR_DATES: Final = frozenset((EntityKind.DATE, EntityKind.DOB))
_SPACED: Final = 0x0530
_VIETNAMESE: Final = range(0x1E00, 0x1F00)
_LONGEST: Final = 30
_OLDEST: Final = 89
"""An age above this is a value."""
_SURE: Final = 0.95
"""How sure the network must be of a name that is an everyday word."""
_ONES = "one|two|three|four|five|six|seven|eight|nine|un[oa]?|dos|tres|cuatro|cinco|seis|siete|ocho|nueve"
_NINETY = re.compile(r"ninety|noventa", re.IGNORECASE)
_AFTER_NINETY = re.compile(rf"[ -](?:y )?(?:{_ONES})\b", re.IGNORECASE)
_WEEKDAY = any_of(name for names in WEEKDAYS for name in names)
_MONTH = any_of(name for names in MONTHS for name in names)
_NO_DAY: Final = {
    EntityKind.DATE: re.compile(
        rf"(?:(?:{_MONTH}|{_WEEKDAY}|of|de|del|the|el)[ ,.]{{1,2}}){{0,4}}(?:{_MONTH}|{_WEEKDAY}|(?:19|20)\d\d)|the|el"
    ),
    EntityKind.DOB: re.compile(_WEEKDAY),
}
"""What names no day: weekdays, bare months, and bare years."""
_ARTICLE = re.compile(r"(?:the|el)", re.IGNORECASE)
_NUMBER_AFTER = re.compile(rf" (?:\d{{1,2}}(?:st|nd|rd|th)?|{any_of((*ORDINALS, *NUMBERS))})\b", re.IGNORECASE)
_TWO_NUMBERS = re.compile(r"\d{1,4}[/-]\d{1,4}")
_SERIES = re.compile(r"\d{1,2}(?:-\d{1,2}){1,4}")
_AGE_BEFORE = re.compile(
    r"\b(?:i'?m|i am|(?:she|he)'?s|is|turn(?:s|ed|ing)?|aged?|edad|tiene|tengo|cumpl\w{1,4})[ :]{1,2}$", re.IGNORECASE
)
_AGE_AFTER = re.compile(r"[ -]?(?:years?|yrs?|y/?o|an(?:os?|itos))\b", re.IGNORECASE)
_PAYER_ID = re.compile(r"\bpayer(?:'s)? ?id(?: number| is|'s)?[ :#=]{1,3}$", re.IGNORECASE)
_PCN = re.compile(r"pcn(?: is| es)?[ :#=]{1,3}$", re.IGNORECASE)
_THOUSANDS = re.compile(r"\d{1,3}(?:,\d{3}){1,2}(?:\.\d\d)?")
_LETTERED_CODE = re.compile(r"(?:D[0-9]\d{3}|[AEGJLQV]\d{4}|0\d{3}T)(?:-[A-Z0-9]{2})?", re.IGNORECASE)
"""The codes of procedures, supplies, and drugs that have a letter."""
_TOLL_FREE = re.compile(r"(?:1[ .-])?\(?8(?:00|33|44|55|66|77|88)\)?[ .-]\d{3}[ .-]\d{4}")
_ID_BEFORE = re.compile(
    r"\b(?:id|i d|number|numero|no|num|member|policy|poliza|account|acct|cuenta|invoice|inv|ref\w*|auth\w*|order|serial"
    r"|case|caso|plate|licen[cs]e|mrn|chart|record|confirmation|rx|group|claim)\b(?: is| es|'s)?[ :.#=-]{1,3}$|#$",
    re.IGNORECASE,
)
_DATE = re.compile(r"\d{1,2}/\d{1,2}(?:/\d{2,4})?")
_DATES = re.compile(rf"{_DATE.pattern}(?:(?: |, ?| ?& ?| and | y ){_DATE.pattern}){{1,20}}")
_NEXT_LINE = re.compile(r"[.,;:!?]?[ \t]{0,3}\n")
_FOR_EVERYONE: Final = frozenset(("911", "988"))
_REACH: Final = 24
_BESIDE: Final = 3


def mend(text: str, entities: Sequence[Entity]) -> tuple[Entity, ...]:
    """Return what the network found with whole words and numbers, and without what their form rules out.

    Args:
        text: The text.
        entities: What the network found, in the order of the text, without overlaps.
    """
    whole: list[Entity] = []
    cut: set[int] = set()
    for place, entity in enumerate(entities):
        first = whole[-1].end if whole else 0
        last = entities[place + 1].start if place + 1 < len(entities) else len(text)
        widened = _widened(text, entity, first, last)
        if whole and _are_one(text, whole[-1], widened):
            widened = replace(widened, start=whole.pop().start)
        if (widened.start, widened.end) != (entity.start, entity.end):
            cut.add(widened.start)
        whole.append(widened)
    kept = (
        _in_its_kind(text, entity)
        for place, entity in enumerate(whole)
        if not _is_ruled_out(text, whole, place, is_cut=entity.start in cut)
    )
    return tuple(part for entity in kept for part in _apart(text, entity))


def _widened(text: str, entity: Entity, first: int, last: int) -> Entity:
    """Return an entity with the whole of the words and numbers at its ends, as far as its neighbors leave room."""
    start, end = entity.start, entity.end
    while start > max(first, entity.start - _LONGEST) and _belong(text, start, entity.kind):
        start -= 1
    if start < entity.start and text[entity.start - 1].islower() and text[entity.start].isupper():
        start = entity.start
    while end < min(last, entity.end + _LONGEST) and _belong(text, end, entity.kind):
        end += 1
    if entity.kind is EntityKind.NAME and end > entity.end:
        end -= _possessive_length(text[start:end], text[entity.end : end])
    goes_on = None
    if entity.kind is EntityKind.DOB and _NINETY.fullmatch(text, start, end):
        goes_on = _AFTER_NINETY.match(text, end, last)
    elif entity.kind is EntityKind.DATE and _ARTICLE.fullmatch(text, start, end):
        goes_on = _NUMBER_AFTER.match(text, end, last)
    end = goes_on.end() if goes_on else end
    return replace(entity, start=start, end=end)


def _belong(text: str, place: int, kind: EntityKind) -> bool:
    """Return whether the characters before and after a place belong to one word or number."""
    before, after = text[place - 1], text[place]
    if before.isdigit() or after.isdigit():
        return before.isdigit() and after.isdigit()
    return kind in _OF_WORDS and _is_letter(before) and _is_letter(after)


def _is_letter(character: str) -> bool:
    """Return whether a character is a letter of a script that puts spaces between words, or an accent."""
    if unicodedata.combining(character):
        return True
    return character.isalpha() and (ord(character) < _SPACED or ord(character) in _VIETNAMESE)


def _possessive_length(name: str, rest: str) -> int:
    """Return 1 if a name ends with an `s` that does not belong to it, as in "Anas card"."""
    last = fold(name).text.lower().split()[-1]
    is_possessive = last.endswith("s") and (rest == "s" or last[:-1] in known_names())
    return int(is_possessive and last not in known_names())


def _are_one(text: str, first: Entity, second: Entity) -> bool:
    """Return whether two values are parts of one word, or of one date, as the weekday before the day."""
    if first.end == second.start:
        return first.kind is second.kind and _belong(text, second.start, second.kind)
    is_beside = second.kind in _NEAR_DATES and text[first.end : second.start] == " "
    return is_beside and first.kind in _NEAR_DATES and _names_no_day(text, first)


def _names_no_day(text: str, entity: Entity) -> bool:
    return _NO_DAY[entity.kind].fullmatch(fold(text[entity.start : entity.end]).text.lower()) is not None


def _is_ruled_out(text: str, entities: Sequence[Entity], place: int, *, is_cut: bool) -> bool:
    """Return whether an entity is no value, whatever the network says."""
    entity = entities[place]
    value = fold(text[entity.start : entity.end]).text
    if entity.kind is EntityKind.NAME:
        return _is_everyday(value, is_cut=is_cut, is_sure=entity.confidence >= _SURE)
    if entity.kind is EntityKind.PHONE:
        return value in _FOR_EVERYONE
    if entity.kind not in _NEAR_DATES:
        return False
    if _names_no_day(text, entity) or _is_part_of_number(text, entity, value):
        return True
    if _TWO_NUMBERS.fullmatch(value):
        is_share = (
            is_fraction(text, entity.start, entity.end) if is_cut else is_of_whole(text, entity.start, entity.end)
        )
        return is_share or read_date(value) is None
    return entity.kind is EntityKind.DOB and _is_plain_age(text, entities, place, value.lower())


def _is_everyday(name: str, *, is_cut: bool, is_sure: bool) -> bool:
    """Return whether a name is an everyday word: one that the network cut in two, or one that it is unsure of."""
    if is_cut and name.lower() in common_words():
        return True
    words = name.split()
    return (
        not is_sure
        and name.islower()
        and all(word in common_words() and word not in word_lists()["names too"] for word in words)
    )


def _is_part_of_number(text: str, entity: Entity, value: str) -> bool:
    """Return whether digits go on behind a point, as in 0.75, or a series behind a hyphen, as in 5-4-3-2-1."""
    following = text[entity.end : entity.end + 2]
    if value.isdecimal() and len(value) < _BESIDE:
        return following[:1] == "." and following[1:].isdigit()
    return _SERIES.fullmatch(value) is not None and following[:1] == "-" and following[1:].isdigit()


def _is_plain_age(text: str, entities: Sequence[Entity], place: int, value: str) -> bool:
    """Return whether a number is an age that many people have, and no part of a birth date."""
    entity = entities[place]
    words = value.replace("-", " ").split()
    is_written = value.isdecimal() and len(value) < _BESIDE
    if not is_written and not all(word in NUMBERS or word == "y" for word in words):
        return False
    age = read_number(words)
    if age is None or age > _OLDEST or is_birth(text, entity.start, entity.end):
        return False
    others = (*entities[max(place - 1, 0) : place], *entities[place + 1 : place + 2])
    if any(max(other.start - entity.end, entity.start - other.end) <= _BESIDE for other in others):
        return False
    before, after = (
        text[max(entity.start - _REACH, 0) : entity.start],
        fold(text[entity.end : entity.end + _REACH]).text,
    )
    return is_written or bool(_AGE_BEFORE.search(before) or _AGE_AFTER.match(after))


def _apart(text: str, entity: Entity) -> list[Entity]:
    """Return a value; of several dates in a row, or of a date and what stands in the next line, each by itself."""
    if entity.kind not in _NEAR_DATES:
        return [entity]
    value = text[entity.start : entity.end]
    if _DATES.fullmatch(value):
        return [
            replace(entity, start=entity.start + found.start(), end=entity.start + found.end())
            for found in _DATE.finditer(value)
        ]
    line = _NEXT_LINE.search(value)
    if line and read_date(value[: line.start()]):
        return [replace(entity, end=entity.start + line.start())]
    return [entity]


def _in_its_kind(text: str, entity: Entity) -> Entity:
    """Return an entity as what the words before it or its own form say it is."""
    before = text[max(entity.start - _REACH, 0) : entity.start]
    other = _kind_by_form(text, entity, before)
    if other is not None:
        return replace(entity, kind=other)
    is_id = (
        (entity.kind is EntityKind.CPT and not is_procedure_code(text[entity.start : entity.end]))
        or (entity.kind is EntityKind.MEMBER_ID and _PAYER_ID.search(before))
        or _PCN.search(before)
    )
    return replace(entity, kind=EntityKind.ID) if is_id else entity


def _kind_by_form(text: str, entity: Entity, before: str) -> EntityKind | None:
    """Return the kind that the form of a value says it is of; None if it is of its own, or of no form."""
    value = fold(text[entity.start : entity.end]).text
    if entity.kind in _NEAR_DATES and _THOUSANDS.fullmatch(value):
        return EntityKind.AMOUNT
    if entity.kind is EntityKind.ID and _LETTERED_CODE.fullmatch(value) and not _ID_BEFORE.search(before):
        return EntityKind.CPT
    is_number = entity.kind in (EntityKind.ID, EntityKind.MEMBER_ID)
    if is_number and _TOLL_FREE.fullmatch(value) and not _ID_BEFORE.search(before):
        return EntityKind.PHONE
    return None
