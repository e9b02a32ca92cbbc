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
    r"|kicked off|drop(?:s|ped)? off(?: of)?|replaced(?! by)|have on (?:file|record)(?: for \w+)? is"
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
    r"|(?:that |which )?(?:ran out|(?:was|were|has been|got) (?:just )?replaced)\b"
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
_NEW = re.compile(r"\b(?:new|now|nuev[oa]|ahora|effective|as of|since)\b")
_HAS = re.compile(r"^ (?:has|tiene|gives|offers|pays for) \{CARRIER\}")
_SEPARATE: Final = 60
_BEHIND: Final = 40
_OF_POLICIES: Final = frozenset((EntityKind.PLAN, EntityKind.MEMBER_ID, EntityKind.GROUP_NUMBER))
_LIABLE: Final = frozenset(
    ("state farm", "geico", "progressive", "allstate", "usaa", "farmers", "liberty mutual", "nationwide",
     "travelers", "esurance", "aaa", "the general", "mercury", "amica", "erie", "root", "safeco", "american family",
     "infinity", "kemper", "the hartford", "sedgwick", "zurich", "chubb")
)  # fmt: skip
"""Insurers of cars and of employers, whose customers have policy numbers and no member IDs."""


def is_old(mention: Mention) -> bool:
    """Return whether the words around a value say that it holds no more."""
    before = mention.before
    if _FROM.search(before) and _TO.match(mention.after):
        return True
    if mention.kind is not EntityKind.CARRIER:
        before = _FOLLOWS.sub("", before)
    return bool(_OLD_BEFORE.search(before) or _OLD_AFTER.match(mention.after))


def drop_old_policies(mentions: Sequence[Mention]) -> list[Mention]:
    """Leave out the numbers and plans that stand right behind an insurer that holds no more.

    They stay if the text has no other value of their kind.
    """
    kept: list[Mention] = []
    old: list[Mention] = []
    carrier: Mention | None = None
    for mention in mentions:
        if mention.kind is EntityKind.CARRIER:
            carrier = mention
        is_left = mention.kind in _OF_POLICIES and carrier is not None and is_old(carrier)
        if is_left and carrier is not None and _is_right_behind(carrier, mention):
            old.append(mention)
        else:
            kept.append(mention)
    stated = {mention.kind for mention in kept}
    return [mention for mention in mentions if mention not in old or mention.kind not in stated]


def _is_right_behind(carrier: Mention, mention: Mention) -> bool:
    between = carrier.after[: max(mention.place - carrier.place - len("{CARRIER}"), 0)]
    return len(between) <= _BEHIND and not _NEW.search(between) and "\n" not in between


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


def is_liable(name: str) -> bool:
    """Return whether an insurer is one of cars or of employers."""
    return canonical_carrier(name).casefold() in _LIABLE


def aligned(
    found: Sequence[tuple[Mention, Value]], carriers: Sequence[tuple[Mention, Value]], *, policies: bool = False
) -> Values:
    """Return one value for each insurer, None where the text gives none; with one insurer or none, all the values.

    Args:
        found: The values, in the order of the text.
        carriers: The insurers, the primary payer first.
        policies: Whether the values are numbers of policies, which belong to an insurer of cars or employers if the
            text names one.
    """
    if not found:
        return ()
    if len(carriers) < 2:
        return tuple(value for _, value in found)
    if len(found) == len(carriers) and _is_listed_apart(found, carriers):
        by_place = sorted(range(len(carriers)), key=lambda number: carriers[number][0].place)
        return tuple(found[by_place.index(number)][1] for number in range(len(carriers)))
    row: list[Value | None] = [None] * len(carriers)
    for mention, value in found:
        free = [number for number in range(len(row)) if row[number] is None]
        if not free:
            return (*row, value)
        number = min(
            free,
            key=lambda number: (
                policies and not is_liable(carriers[number][1].text),
                _distance(mention, value, carriers[number]),
            ),
        )
        row[number] = value
    return tuple(row)


def _is_listed_apart(found: Sequence[tuple[Mention, Value]], carriers: Sequence[tuple[Mention, Value]]) -> bool:
    """Return whether the text names all insurers first and then all values, or the other way round."""
    values, insurers = ([mention.place for mention, _ in side] for side in (found, carriers))
    return max(insurers) < min(values) or max(values) < min(insurers)


def _distance(mention: Mention, value: Value, carrier: tuple[Mention, Value]) -> int:
    """Return how far a value is from an insurer; what follows its insurer is nearer than what precedes it."""
    if _MEDICARE_ID.fullmatch(value.text) and canonical_carrier(carrier[1].text) == "Medicare":
        return 0
    place = carrier[0].place
    if mention.place > place:
        return mention.place - place
    return place - mention.place + (0 if _HAS.match(mention.after) else _SEPARATE)
