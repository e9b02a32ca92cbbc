"""Replace what identifies a person in a text, and say whether what is left could still identify one."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Final

from classifier.entities.entity import Entity
from classifier.entities.folding import fold
from classifier.entities.rules_names import NAME_WORD, known_names, word_lists
from intake.vocabulary import EntityKind

_HOLE: Final = "\ufffc"
"""Stands where a value was while the rest is examined."""
_NAME_HOLE: Final = "\ufffd"
"""Stands where a name was."""
_YEAR = re.compile(r"\b(?:19|20)\d\d\b")
_MEASURED = re.compile(r"\b\d{4} ?(?:mg|mcg|ml|iu|calories|cal|steps)\b|\b\d{2,3}/\d{2,3}\b", re.IGNORECASE)
_DIGITS = re.compile(r"\d{4}|\d(?:[ ./-]?\d){4}")
_DIGIT = "(?:zero|oh|one|two|three|four|five|six|seven|eight|nine|cero|uno|dos|tres|cuatro|cinco|seis|siete|ocho|nueve)"
_DIGIT_WORDS = re.compile(rf"\b(?:{_DIGIT}[\s,.-]{{1,4}}){{3}}{_DIGIT}\b", re.IGNORECASE)
_WORD = re.compile(r"[^\W_]+")
_QUANTITY = re.compile(r"\d+(?:mg|mcg|ml|iu|am|pm|lbs?|th)", re.IGNORECASE)
_NAME = re.compile(NAME_WORD)
_INITIAL = re.compile(r"\b[A-Z]\. $")
_DEGREES: Final = frozenset(
    ("MD", "DO", "DDS", "DMD", "DC", "DPT", "PT", "OD", "RN", "LPN", "PHD", "LCSW", "II", "III", "JR", "SR")
)
_BESIDE_NAME = re.compile(r"\ufffd[ -]{1,2}(?:[A-Z]\.? )?$")
_BEGINS = re.compile(r"(?:^|[.!?:;\n*>\ufffc\ufffd¿¡]|\s-|,\s{0,3}\n)\s{0,3}$")
_NEAR: Final = 8
_LATIN_END: Final = 0x24F


def bracketed(entity: Entity, _: str) -> str:
    """Return what stands for a value by default, such as `[PHONE]`."""
    return f"[{entity.kind}]"


def redact(
    text: str,
    entities: Iterable[Entity],
    write: Callable[[Entity, str], str] = bracketed,
    rest: Callable[[str], str] = str,
) -> str:
    """Return a text with its entities replaced.

    Args:
        text: The text.
        entities: What to replace, in the order of the text, without overlaps.
        write: Returns what stands for an entity, given the text before it.
        rest: Returns what stands for the words between entities.
    """
    parts: list[str] = []
    place = 0
    for entity in entities:
        parts += (rest(text[place : entity.start]), write(entity, text[max(place, entity.start - 20) : entity.start]))
        place = entity.end
    return "".join((*parts, rest(text[place:])))


def may_identify(text: str, entities: Iterable[Entity]) -> bool:
    """Return whether something besides the entities of a text could identify a person.

    It errs on the safe side: an unknown capitalized word, a common name in small letters, a text in capitals alone
    or in another script, and any digits that are neither a year nor a quantity count. The time is linear in the length
    of the text.
    """
    left = fold(redact(text, entities, _hole)).text
    return _may_name(left) or _has_number(left)


def _hole(entity: Entity, _: str) -> str:
    return _NAME_HOLE if entity.kind is EntityKind.NAME else _HOLE


def _may_name(left: str) -> bool:
    letters = [character for character in left if character.isalpha()]
    if letters and not any(character.islower() for character in letters):
        return True
    if any(ord(character) > _LATIN_END for character in letters):
        return True
    return any(_is_suspicious(left, token) for token in _NAME.finditer(left))


def _is_suspicious(left: str, token: re.Match[str]) -> bool:
    word = token[0]
    if word.lower().removesuffix("'s").replace("'", "") in known_names():
        return True
    if not word[:1].isupper() or word.lower().removesuffix("'s").partition("'")[0] in word_lists()["capitalized"]:
        return False
    is_acronym = word.isupper() and 1 < len(word) <= 5
    before = left[max(token.start() - _NEAR, 0) : token.start()]
    if is_acronym and _BESIDE_NAME.search(before) and word not in _DEGREES:
        return True
    is_start = _BEGINS.search(before) is not None and (token.start() <= _NEAR or before.strip() != "")
    return not is_acronym and (not is_start or _INITIAL.search(before) is not None)


def _has_number(left: str) -> bool:
    """Return whether digits remain that are neither a year nor a quantity."""
    rest = _MEASURED.sub("", _YEAR.sub("", left))
    if "@" in rest or _DIGITS.search(rest) or _DIGIT_WORDS.search(rest):
        return True
    return any(
        sum(character.isdigit() for character in word) >= 3 and not word.isdigit() and not _QUANTITY.fullmatch(word)
        for word in _WORD.findall(rest)
    )
