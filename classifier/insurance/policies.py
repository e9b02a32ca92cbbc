"""Decide which values hold, and which belongs to which policy."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Final

from classifier.entities.rules_insurance import canonical_carrier
from classifier.insurance.mentions import Mention
from classifier.insurance.record import Value, Values
from intake.vocabulary import EntityKind

_OLD_BEFORE = re.compile(
    r"\b(?:old|previous|former|used to (?:be|have)|had|not|no longer|instead of|drop|remove|take off|delete"
    r"|kicked off|drop(?:s|ped)? off(?: of)?|replaced(?! by)|have on (?:file|record)(?: for \w+)? is"
    r"|cancel\w*|left|antes|era|viejo|anterior|ya no(?: tengo| es)?|(?:do not|don'?t|dont) (?:use|send anything to)"
    r"|disregard|ignore|quiten|en vez de|had been|lost|off of|by mistake"
    r"|no more|replaces)(?: \w+){0,2}[ :,(#=]{1,3}$|\btake (?:the |my )?$"
    r"|\b(?:was|were|era)(?: the| my| id| number| old)?[ :,(#]{1,2}$"
)
_FROM = re.compile(r"\b(?:from|de) $")
_TO = re.compile(r"^ (?:to|a) \{")
_FOLLOWS = re.compile(r"\{(?:CARRIER|MEMBER_ID|PLAN)\}[ ,:(#-]{0,3}$")
_OLD_AFTER = re.compile(
    r"^(?: ?\([^)]{0,50}\))?[ ,).]{0,4}(?:nvm|no (?:wait|sorry|actually|i mean|it'?s|its)\b|no,|wait|sorry|oops"
    r"|actually|i mean|scratch|is (?:gone"
    r"|over|old|dead|cancel\w*|wrong)|was wrong"
    r"|ended|ends|stopped|quit|goes away|went away|but i use|maybe \{|off (?:my|the) (?:chart|file|account)"
    r"|(?:that |which )?(?:ran out|(?:was|were|has been|got) (?:just )?replaced)\b"
    r"|expired|terminated|termed|lapsed|no longer|is no longer|(?:was|is) (?:my|our|the) (?:old|previous"
    r"|former)|the old one|->|→|termino|ya no|perdon|digo|dropped)"
)
_MEDICARE_ID = re.compile(r"[1-9][A-Z][A-Z0-9]\d[A-Z][A-Z0-9]\d[A-Z]{2}\d\d")
_NEW = re.compile(r"\b(?:new|now|nuev[oa]|ahora|effective|as of|since)\b")
_HAS = re.compile(r"^ (?:has|tiene|gives|offers|pays for) \{CARRIER\}")
_FROM_AFTER = re.compile(r"^ (?:from|with|by|run by|de|con) (?:the )?\{CARRIER\}")
_SEPARATE: Final = 60
_FOREIGN: Final = 1_000
"""How much farther a value is from a program that has no such values."""
PROGRAMS: Final = frozenset(("Medicare", "Medicaid"))
_BEHIND: Final = 40
_OF_POLICIES: Final = frozenset((EntityKind.PLAN, EntityKind.MEMBER_ID, EntityKind.GROUP_NUMBER))
_FROM_WORK: Final = frozenset((EntityKind.EMPLOYER, EntityKind.GROUP_NUMBER))
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
    old = {write(mention.value) for mention in mentions if is_old(mention)}
    current = (
        [mention for mention in mentions if write(mention.value) not in old]
        or [mention for mention in mentions if not is_old(mention)]
        or list(mentions[-1:])
    )
    for mention in current:
        text = write(mention.value)
        if text and text not in seen:
            seen.add(text)
            found.append((mention, Value(text, mention.entity.start, mention.entity.end)))
    return found


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
    program = canonical_carrier(carrier[1].text)
    if _MEDICARE_ID.fullmatch(value.text) and program == "Medicare":
        return 0
    place = carrier[0].place
    if _FROM_AFTER.match(mention.after) and 0 < place - mention.place < _SEPARATE:
        return 0
    foreign = _FOREIGN if mention.kind in _FROM_WORK and program in PROGRAMS else 0
    if mention.place > place:
        return mention.place - place + foreign
    return place - mention.place + foreign + (0 if _HAS.match(mention.after) else _SEPARATE)
