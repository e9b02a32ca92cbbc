"""Decide which values hold, and which belongs to which policy."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from difflib import SequenceMatcher
from itertools import pairwise
from typing import Final

from classifier.entities.rules_insurance import canonical_carrier
from classifier.insurance.mentions import Mention
from classifier.insurance.record import Value, Values
from intake.vocabulary import EntityKind

_OLD_BEFORE = re.compile(
    r"\b(?:old|previous|former|used to (?:be|have)|(?<!'ve )(?<!have )(?<!has )had|not|no longer|instead of|drop"
    r"|remove|take off|delete"
    r"|kicked off|drop(?:s|ped)? off(?: of)?|replaced(?! by)|have on (?:file|record)(?: for \w+)? is"
    r"|cancel\w*|left|antes|era|viejo|anterior|ya no(?: tengo| es)?|(?:do not|don'?t|dont) (?:use|send anything to)"
    r"|disregard|ignore|quiten|en vez de|had been|lost|off of|by mistake"
    r"|no more|replaces|forget|shred|stop (?:billing|using|sending (?:\w+ ){0,2}to)|(?:do not|don'?t|dont) have"
    r"|no es|isn'?t|temp(?:orary)? (?:id|number|card)(?: (?:you|u) have)?)(?: \w+){0,2}[ :,(#=]{1,3}$"
    r"|\bchanged? to \{\w+\} from $"
    r"|(?:^|\n)(?:old(?:er)?|previous|prior|former|no longer have|anterior|viej[oa])(?: \w+)?:[^\n]*$"
    r"|\b(?:was|were|era)(?: the| my| id| number| old)?[ :,(#]{1,2}$"
)
_TAKE = re.compile(r"\btake (?:the |my |that )?$")
_NO = re.compile(r"\bno $")
_NO_MORE = re.compile(r"^ (?:any ?more|no more|longer|ya)\b")
_OFF = re.compile(r"^[^.?!\n]{0,30}\b(?:off|away|out)\b")
_FROM = re.compile(r"\b(?:from|de) $")
_TO = re.compile(r"^ (?:to|a) \{")
_FOLLOWS = re.compile(r"\{(?:CARRIER|MEMBER_ID|PLAN)\}[ ,:(#-]{0,3}$")
_OLD_AFTER = re.compile(
    r"^(?: ?\([^)]{0,50}\))?[ ,).]{0,4}(?:nvm|no (?:wait|sorry|actually|i mean|it'?s|its|the \{|el \{|la \{)|no,"
    r"|wait|sorry|oops|actually|i mean|scratch|is (?:gone"
    r"|over|old|dead|cancel\w*|wrong)|was wrong"
    r"|ended|ends|stopped|quit|goes away|went away|went under|folded|hang on|i'?ll start over|but i use|maybe \{"
    r"|off (?:my|the) (?:chart|file|account)"
    r"|(?:that |which )?(?:ran out|(?:was|were|has been|got) (?:just )?replaced)\b"
    r"|expired|terminated|termed|lapsed|won'?t work|(?:is )?no good|no longer|is no longer|(?:was|is) (?:my|our"
    r"|the) (?:old|previous"
    r"|former)|the old one(?!,? (?:is |was )?\{)|->|→|termino|ya no|perdon|digo|dropped)"
)
_MEDICARE_ID = re.compile(r"[1-9][A-Z][A-Z0-9]\d[A-Z][A-Z0-9]\d[A-Z]{2}\d\d")
_NEW = re.compile(r"\b(?:new|now|nuev[oa]|ahora|effective|as of|since)\b")
_NUMBER: Final = r"(?: (?:member )?(?:id|number|num|numero|no\.?|#))?(?: is| es|:|'s)?[ :]{1,2}$"
_MINE = re.compile(rf"\b(?:mine|my(?= )|el mio|mi(?= )){_NUMBER}")
_THEIRS = re.compile(rf"\b(?:his|hers|her(?= )|el suyo|su(?= )){_NUMBER}")
_NAMED: Final = frozenset((EntityKind.CARRIER, EntityKind.EMPLOYER))
_AGAIN = re.compile(r" ?\*? ?")
_ALIKE: Final = 0.6
_NO_LETTER = re.compile(r"[\W_]")
_HAS = re.compile(r"^(?: (?:has|tiene|gives|offers|pays for) | ?\()\{CARRIER\}")
_RANKED: Final = tuple(
    re.compile(rf"(?:^|\n) ?(?:[\w.']+ ){{0,2}}(?:{rank})\b[^.\n{{]{{0,25}}[:#] ?(?:[a-z]+, )?$")
    for rank in (r"primary(?! care)|primari[oa]|#1|first|1st|1", r"secondary|secundari[oa]|#2|second|2nd|2")
)
"""What a form calls the value of the primary insurance, and that of the secondary one."""
_FROM_AFTER = re.compile(r"^ (?:from|with|by|run by|de|con) (?:the )?\{CARRIER\}")
_SEPARATE: Final = 60
_FOREIGN: Final = 1_000
"""How much farther a value is from a program that has no such values."""
TWO: Final = 2
_SORT: Final = re.compile(
    r"(?:the )?(?:medicare advantage|advantage|marketplace|hmo|ppo|epo|pos|hdhp|high deductible|bronze|silver|gold"
    r"|platinum)(?: plan| one)?",
    re.IGNORECASE,
)
"""What a plan is called by its sort alone."""
PROGRAMS: Final = frozenset(("Medicare", "Medicaid"))
_BEHIND: Final = 40
_OF_POLICIES: Final = frozenset((EntityKind.PLAN, EntityKind.MEMBER_ID, EntityKind.GROUP_NUMBER))
_NUMBERED: Final = frozenset((EntityKind.MEMBER_ID, EntityKind.GROUP_NUMBER))
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
    if (_TAKE.search(before) and _OFF.match(mention.after)) or (_NO.search(before) and _NO_MORE.match(mention.after)):
        return True
    if mention.kind is not EntityKind.CARRIER:
        before = _FOLLOWS.sub("", before)
    return bool(_OLD_BEFORE.search(before) or _OLD_AFTER.match(mention.after))


def drop_misheard(mentions: Sequence[Mention]) -> list[Mention]:
    """Leave out the names of insurers and employers that are said again at once, as in "sig na cigna"."""
    said = [mention for mention in mentions if mention.kind in _NAMED]
    again = {
        mention.place
        for mention, following in pairwise(said)
        if mention.kind is following.kind
        and _AGAIN.fullmatch(mention.after[: _gap(mention, following)])
        and _is_like(mention.value, following.value)
    }
    return [mention for mention in mentions if mention.place not in again]


def _gap(mention: Mention, following: Mention) -> int:
    return following.place - mention.place - len(f"{{{mention.kind}}}")


def _is_like(name: str, other: str) -> bool:
    """Return whether two names sound alike but are not the same."""
    keys = _NO_LETTER.sub("", name.casefold()), _NO_LETTER.sub("", other.casefold())
    return keys[0] != keys[1] and SequenceMatcher(None, *keys).ratio() >= _ALIKE


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
        if text and text.casefold() not in seen:
            seen.add(text.casefold())
            found.append((mention, Value(text, mention.entity.start, mention.entity.end)))
    return [pair for pair in found if not _is_part(pair, found)]


def _is_part(pair: tuple[Mention, Value], found: Sequence[tuple[Mention, Value]]) -> bool:
    """Return whether a value is only the beginning or the end of another, as "41" is in "ends in 41"."""
    mention, value = pair
    text = value.text.casefold()
    others = [other.text.casefold() for _, other in found if other is not value]
    if mention.kind is EntityKind.PLAN:
        return any(f" {text} " in f" {other} " for other in others)
    if mention.kind not in _NUMBERED:
        return False
    return any(2 * len(text) <= len(other) and text in (other[: len(text)], other[-len(text) :]) for other in others)


def with_name(plans: Sequence[Mention], carriers: int) -> Sequence[Mention]:
    """Return the plans of one insurer without those that only say what sort it is, where another has a name.

    Args:
        plans: The plans, in the order of the text.
        carriers: How many insurers count.
    """
    named = [plan for plan in plans if not _SORT.fullmatch(plan.value)]
    return named if named and carriers < TWO else plans


def is_liable(name: str) -> bool:
    """Return whether an insurer is one of cars or of employers."""
    return canonical_carrier(name).casefold() in _LIABLE


def insurer_key(name: str) -> str:
    """Return what two ways of writing an insurer's name have in common: "tri care" and "Tricare" are one."""
    return _NO_LETTER.sub("", canonical_carrier(" ".join(name.split())).casefold()) or name


def aligned(
    found: Sequence[tuple[Mention, Value]],
    carriers: Sequence[tuple[Mention, Value]],
    named: Sequence[Mention] = (),
    *,
    policies: bool = False,
    own: int | None = None,
) -> Values:
    """Return one value for each insurer, None where the text gives none; with one insurer or none, all the values.

    The nearest pair of a value and an insurer belongs together, then the nearest of the others.

    Args:
        found: The values, in the order of the text.
        carriers: The insurers, the primary payer first.
        named: Every mention of any insurer.
        policies: Whether the values are numbers of policies, which belong to an insurer of cars or employers if the
            text names one.
        own: Which of two insurers is the writer's, if the other one is a relative's.
    """
    if not found:
        return ()
    if len(carriers) < 2:
        return tuple(value for _, value in found)
    is_told_apart = own is not None and any(_MINE.search(m.before) or _THEIRS.search(m.before) for m, _ in found)
    if len(found) == len(carriers) and not is_told_apart and _is_listed_apart(found, carriers, named):
        by_place = sorted(range(len(carriers)), key=lambda number: carriers[number][0].place)
        return tuple(found[by_place.index(number)][1] for number in range(len(carriers)))
    row: list[Value | None] = [None] * len(carriers)
    insurers = [_all_mentions(carrier, named) for carrier in carriers]
    pairs = sorted(
        (
            policies and not is_liable(carriers[number][1].text),
            _is_of_other(mention, number, own),
            min(_distance(mention, value, insurer) for insurer in insurers[number]),
            order,
            number,
        )
        for order, (mention, value) in enumerate(found)
        for number in range(len(carriers))
    )
    placed: set[int] = set()
    for *_, order, number in pairs:
        if order not in placed and row[number] is None:
            row[number] = found[order][1]
            placed.add(order)
    return (*row, *(value for order, (_, value) in enumerate(found) if order not in placed))


def _is_of_other(mention: Mention, number: int, own: int | None) -> bool:
    """Return whether words beside a value say that it is another insurance's: the secondary one's, or "mine"."""
    if own is not None and _MINE.search(mention.before):
        return number != own
    if own is not None and _THEIRS.search(mention.before):
        return number == own
    return any(rank != number and label.search(mention.before) for rank, label in enumerate(_RANKED))


def _all_mentions(carrier: tuple[Mention, Value], named: Sequence[Mention]) -> list[Mention]:
    """Return every mention of an insurer."""
    key = insurer_key(carrier[1].text)
    return [mention for mention in named if insurer_key(mention.value) == key] or [carrier[0]]


def _is_listed_apart(
    found: Sequence[tuple[Mention, Value]], carriers: Sequence[tuple[Mention, Value]], named: Sequence[Mention]
) -> bool:
    """Return whether the text names all insurers first and then all values, or the other way round."""
    values, insurers = ([mention.place for mention, _ in side] for side in (found, carriers))
    is_labeled = any(label.search(mention.before) for mention, _ in found for label in _RANKED)
    if is_labeled or any(min(values) < mention.place < max(values) for mention in named):
        return False
    return max(insurers) < min(values) or max(values) < min(insurers)


def _distance(mention: Mention, value: Value, carrier: Mention) -> int:
    """Return how far a value is from an insurer; what follows its insurer is nearer than what precedes it."""
    program = canonical_carrier(carrier.value)
    if _MEDICARE_ID.fullmatch(value.text) and program == "Medicare":
        return 0
    place = carrier.place
    if _FROM_AFTER.match(mention.after) and 0 < place - mention.place < _SEPARATE:
        return 0
    foreign = _FOREIGN if mention.kind in _FROM_WORK and program in PROGRAMS else 0
    if mention.place > place:
        return mention.place - place + foreign
    return place - mention.place + foreign + (0 if _HAS.match(mention.after) else _SEPARATE)
