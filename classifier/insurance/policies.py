"""Decide which policies a message is about, which is primary, and which value belongs to which."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Final

from classifier.entities.rules_insurance import canonical_carrier
from classifier.insurance.mentions import Mention
from classifier.insurance.record import Value, Values
from intake.vocabulary import EntityKind

_OLD_BEFORE = re.compile(
    r"\b(?:old|previous|former|used to (?:be|have)|had|not|no longer|instead of|drop|remove|take off|delete"
    r"|cancel\w*|left|antes|era|viejo|anterior|ya no(?: tengo| es)?|quiten|en vez de|had been|lost|off of|by mistake"
    r"|no more|replaces)(?: \w+){0,2}[ :,(#]{1,3}$"
    r"|\b(?:was|were|era)(?: the| my| id| number| old)?[ :,(#]{1,2}$"
)
_FROM = re.compile(r"\b(?:from|de) $")
_TO = re.compile(r"^ (?:to|a) \{")
_FOLLOWS = re.compile(r"\{(?:CARRIER|MEMBER_ID|PLAN)\}[ ,:(#-]{0,3}$")
_OLD_AFTER = re.compile(
    r"^[ ,)]{0,3}(?:no wait|no,|wait|sorry|i mean|scratch|is (?:gone|over|old|dead|cancel\w*|wrong)|was wrong"
    r"|ended|ends"
    r"|expired|terminated|lapsed|no longer|is no longer|was the old|the old one|->|→|termino|ya no|perdon|digo|dropped)"
)
_FIRST = re.compile(
    r"\b(?:primary|primari[oa]|principal|first|1st|main)(?: is| es| insurance| plan|,)?[ :,(]{0,3}(?:my |is |the )?$"
)
_FIRST_AFTER = re.compile(
    r"^(?: \{(?:MEMBER_ID|PLAN)\})?[ ,)]{0,3}(?:\([^)]{0,40}\) )?(?:is |as |es |es el |va |goes |como "
    r"|the )?(?:my |the )?(?:primary|primari[oa]|1st|first|primero|principal)\b"
)
_SECOND = re.compile(
    r"\b(?:secondary|secundari[oa]|second|2nd|then|luego|supplement|backup)(?: is| es"
    r"|,)?[ :,(]{0,3}(?:my |is |the )?$"
)
_SECOND_AFTER = re.compile(
    r"^(?: \{(?:MEMBER_ID|PLAN)\})?[ ,)]{0,3}(?:is |as |es |es el |va |goes |como |became |the )?(?:my "
    r"|the )?(?:secondary|secundari[oa]|2nd|second|segundo)\b"
)
_MEDICARE_ID = re.compile(r"[1-9][A-Z][A-Z0-9]\d[A-Z][A-Z0-9]\d[A-Z]{2}\d\d")
_HAS = re.compile(r"^ (?:has|tiene|gives|offers|pays for) \{CARRIER\}")
_SEPARATE: Final = 60


def is_old(mention: Mention) -> bool:
    """Return whether the words around a value say that it holds no more."""
    before = mention.before
    if _FROM.search(before) and _TO.match(mention.after):
        return True
    if mention.kind is not EntityKind.CARRIER:
        before = _FOLLOWS.sub("", before)
    return bool(_OLD_BEFORE.search(before) or _OLD_AFTER.match(mention.after))


def holding(mentions: Sequence[Mention], write: Callable[[str], str | None]) -> list[tuple[Mention, Value]]:
    """Return the values that hold now, each once, in the order of the text.

    A value that the text corrects or calls old is left out, unless nothing else is there.

    Args:
        mentions: The mentions of one kind.
        write: Writes a value in its one form.
    """
    found: list[tuple[Mention, Value]] = []
    seen: set[str] = set()
    current = [mention for mention in mentions if not is_old(mention)] or list(mentions[-1:])
    for mention in current:
        text = write(mention.value)
        if text and text not in seen:
            seen.add(text)
            found.append((mention, Value(text, mention.entity.start, mention.entity.end)))
    return found


def order_carriers(mentions: Iterable[Mention]) -> list[tuple[Mention, Value]]:
    """Return the insurers that count, the primary payer first if the text says which it is."""
    carriers = [mention for mention in mentions if mention.kind is EntityKind.CARRIER]
    found = holding(carriers, lambda value: " ".join(value.split()))
    distinct: dict[str, tuple[Mention, Value]] = {}
    for mention, value in found:
        distinct.setdefault(canonical_carrier(value.text), (mention, value))
    return sorted(distinct.values(), key=lambda pair: _rank(pair[0]))


def _rank(mention: Mention) -> int:
    if _FIRST.search(mention.before) or _FIRST_AFTER.match(mention.after):
        return 0
    return 2 if _SECOND.search(mention.before) or _SECOND_AFTER.match(mention.after) else 1


def aligned(found: Sequence[tuple[Mention, Value]], carriers: Sequence[tuple[Mention, Value]]) -> Values:
    """Return one value for each insurer, None where the text gives none; with one insurer or none, all the values."""
    if not found:
        return ()
    if len(carriers) < 2:
        return tuple(value for _, value in found)
    row: list[Value | None] = [None] * len(carriers)
    for mention, value in found:
        free = [number for number in range(len(row)) if row[number] is None]
        if not free:
            return (*row, value)
        number = min(free, key=lambda number: _distance(mention, value, carriers[number]))
        row[number] = value
    return tuple(row)


def _distance(mention: Mention, value: Value, carrier: tuple[Mention, Value]) -> int:
    """Return how far a value is from an insurer; what follows its insurer is nearer than what precedes it."""
    if _MEDICARE_ID.fullmatch(value.text) and canonical_carrier(carrier[1].text) == "Medicare":
        return 0
    place = carrier[0].place
    if mention.place > place:
        return mention.place - place
    return place - mention.place + (0 if _HAS.match(mention.after) else _SEPARATE)
