"""Settle which names are insurers' and which are plans', by the lists of both, after rules and network have spoken."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from importlib.resources import files
from typing import Final

from classifier.entities.entity import MODEL, Entity
from classifier.entities.rules_insurance import is_doubtful, is_of_travel, listed_name, name_key
from classifier.entities.rules_names import known_names
from intake.vocabulary import EntityKind

_OF_INSURERS: Final = frozenset((EntityKind.CARRIER, EntityKind.PLAN))
_MISTAKEN: Final = frozenset((EntityKind.NAME, EntityKind.EMPLOYER))
_INSURER_BEFORE = re.compile(
    r"\b(?:insurance|insurer|ins|carrier|plan|payer|seguro|aseguranza|aseguradora|take|takes|accept|accepts|aceptan|toman"
    r"|agarran|reciben)(?: is| es|:| de| del| called)? $",
    re.IGNORECASE,
)
_ABOUT = re.compile(
    r"\b(?:insur\w*|ins|plans?|cover\w*|network|members?|subscribers?|polic(?:y|ies)|claims?|carriers?|payers?|adjuster"
    r"|seguros?|asegur\w+|poliza|acept\w+|toman|reciben|agarran|cubre\w*|tak(?:es?|ing)|accept\w*|through|thru"
    r"|deductible|copay\w*|eob|secondary|primary|ppo|hmo|epo|hdhp|card|tarjeta|id|grp|group|grupo|bill\w*|den(?:y|ied"
    r"|ies|ying)|auth\w*|p a|premium|mandate|employer|e?specialista?|pays?|paid|pagan?|reimburs\w*|bin|pcn|benefits?"
    r"|cpt|referral|approv\w*|appeal\w*)\b",
    re.IGNORECASE,
)
"""Words of messages about an insurance or a bill."""
_FACTS: Final = frozenset(
    (EntityKind.CARRIER, EntityKind.PLAN, EntityKind.MEMBER_ID, EntityKind.GROUP_NUMBER, EntityKind.CLAIM_NUMBER)
)
_RELATIVE_BEFORE = re.compile(
    r"\b(?:son|daughter|wife|husband|spouse|mom|mother|dad|father|kid|child|baby|brother|sister|partner|grandson"
    r"|granddaughter|nephew|niece|hij[oa]|espos[oa]|mama|papa|bebe|herman[oa]|niet[oa])(?: is| named|,)? $",
    re.IGNORECASE,
)
_FAMILY = re.compile(r" (?:family|kids|children|boys|girls|twins)$", re.IGNORECASE)
_CERTAIN: Final = 0.9
"""How sure the network must be of an insurer that no list has, or whose name is also a word or a person's."""
_BEHIND: Final = 24
_EMPLOYED_BEFORE = re.compile(
    r"\b(?:works?|working|employed|trabaja|trabajo|job) (?:for|at|by|in|en|para) $", re.IGNORECASE
)
_WORD = re.compile(r"[A-Za-z0-9&'+-]+")
_LEVEL = re.compile(r"\d{2,4}(?:/\d{2,3})?")
_LETTER = re.compile(r"[a-dfgk-np]")
_TYPE = re.compile(r" \((?:ppo|hmo|epo|pos|hdhp|hsa)\)", re.IGNORECASE)
_NEXT = re.compile(r" ([A-Za-z]+|\d{2,4}(?:/\d{2,3})?)(?![\w-])")
_BEFORE = re.compile(r"(?<![\w-])([A-Za-z]+) $")
_TRAILING: Final = frozenset(
    ("provider", "providers", "vision", "card", "member", "policy", "claims", "customer", "kids")
)
"""Words after an insurer's name that are no part of it."""
_LONGEST: Final = 5
_REACH: Final = 24


def settle_names(text: str, entities: Sequence[Entity]) -> tuple[Entity, ...]:
    """Return the entities with the names of insurers and plans as the lists divide them.

    A name ends with its line and with a word. "Delta Premier" is an insurer and a plan, "Gold" and "PPO" side by side
    are one plan, and a plan takes along what belongs to plans alone, as in "Blue Advantage Silver".

    Args:
        text: The text.
        entities: Its entities, in its order, without overlaps.
    """
    entities = _without_others(text, entities)
    settled: list[Entity] = []
    place = 0
    while place < len(entities):
        last = place
        while last + 1 < len(entities) and _are_neighbors(text, entities[last], entities[last + 1]):
            last += 1
        run = entities[place : last + 1]
        start = settled[-1].end if settled else 0
        end = entities[last + 1].start if last + 1 < len(entities) else len(text)
        if _is_insurer(text, run[0]):
            settled.append(replace(run[0], kind=EntityKind.CARRIER))
        elif run[0].kind is EntityKind.EMPLOYER:
            settled.append(_within_line(text, run[0], end))
        elif all(entity.kind in _OF_INSURERS for entity in run):
            settled += _settle_run(text, [_within_line(text, entity, end) for entity in run], start, end)
        else:
            settled += run
        place = last + 1
    return tuple(settled)


def _without_others(text: str, entities: Sequence[Entity]) -> list[Entity]:
    """Return the entities without insurers that are none; some are a person's or an employer's name instead."""
    words = [match.span() for match in _ABOUT.finditer(text)]
    facts = [(entity.start, entity.end) for entity in entities if entity.kind in _FACTS]
    kept: list[Entity] = []
    for entity in entities:
        if entity.kind is not EntityKind.CARRIER or entity.source != MODEL:
            kept.append(entity)
            continue
        says_more = any(end <= entity.start or entity.end <= start for start, end in (*words, *facts))
        settled = _settle_insurer(text, entity, is_about=says_more)
        kept += [] if settled is None else [settled]
    return kept


def _settle_insurer(text: str, entity: Entity, *, is_about: bool) -> Entity | None:
    """Return what the network took for an insurer as what it is; None if it is no value.

    Args:
        text: The text.
        entity: The insurer.
        is_about: Whether the text says anything else about an insurance or a bill.
    """
    name = text[entity.start : entity.end]
    if is_of_travel(text, entity.start, entity.end) or _is_listed_as_other(text, entity):
        return None
    family = _FAMILY.search(name)
    bare = name[: family.start()] if family else name
    is_word = is_doubtful(bare)
    is_alone = not (text[: entity.start] + text[entity.end :]).strip(" ?!.\n")
    is_listed = listed_name(name) is EntityKind.PLAN or (listed_name(name) is not None and not is_word)
    if entity.confidence >= _CERTAIN or is_listed or is_alone:
        return entity
    is_relatives = _RELATIVE_BEFORE.search(text[max(entity.start - _REACH, 0) : entity.start]) is not None
    if known_names().issuperset(name_key(bare).split()) and (is_relatives or not is_about):
        return replace(entity, kind=EntityKind.NAME, end=entity.start + len(bare))
    if is_about:
        return entity
    # A company is rarely one word in small letters.
    other = EntityKind.NAME if name.isalpha() and name.islower() else EntityKind.EMPLOYER
    return None if is_word else replace(entity, kind=other)


def _is_listed_as_other(text: str, entity: Entity) -> bool:
    """Return whether the name of another business starts where the network sees an insurer, as in "care credit"."""
    words = name_key(text[entity.start : entity.end + _BEHIND]).split()
    fewest = len(name_key(text[entity.start : entity.end]).split())
    return any(" ".join(words[:length]) in _not_insurers() for length in range(fewest, fewest + 2))


def _is_insurer(text: str, entity: Entity) -> bool:
    """Return whether what the network took for a person's or an employer's name is an insurer's."""
    if entity.kind not in _MISTAKEN or entity.source != MODEL:
        return False
    if listed_name(text[entity.start : entity.end]) is not EntityKind.CARRIER:
        return False
    before = text[max(entity.start - _REACH, 0) : entity.start]
    if entity.kind is EntityKind.NAME and is_doubtful(text[entity.start : entity.end]):
        return _INSURER_BEFORE.search(before) is not None
    return _EMPLOYED_BEFORE.search(before) is None


def _are_neighbors(text: str, first: Entity, second: Entity) -> bool:
    if first.kind not in _OF_INSURERS or second.kind not in _OF_INSURERS:
        return False
    return text[first.end : second.start] == " " and "\n" not in text[first.start : second.start]


def _within_line(text: str, entity: Entity, limit: int) -> Entity:
    """Return a name without what is in the next line, and with the whole of its last word."""
    line, end = text.find("\n", entity.start, entity.end), entity.end
    if line > entity.start:
        return replace(entity, end=line)
    while end < limit and text[end - 1].isalpha() and text[end].isalpha():
        end += 1
    return replace(entity, end=end)


def _settle_run(text: str, run: list[Entity], start: int, end: int) -> list[Entity]:
    first, last = run[0].start, run[-1].end
    parts = _divide(text, first, last)
    if parts is None:
        found = run
    else:
        sure, source = min(entity.confidence for entity in run), run[0].source
        found = [Entity(kind, begin, until, sure, source) for kind, begin, until in parts]
    return [_widened(text, entity, start, end) if entity.kind is EntityKind.PLAN else entity for entity in found]


def _divide(text: str, start: int, end: int) -> list[tuple[EntityKind, int, int]] | None:
    """Return the insurers and plans that a stretch consists of; None if it has a word that the lists don't know."""
    words = [(match.start(), match.end()) for match in _WORD.finditer(text, start, end)]
    parts: list[tuple[EntityKind, int, int]] = []
    place, is_plan = 0, False
    while place < len(words):
        length, kind = _known(text, words, place, is_after_plan_word=is_plan)
        if kind is None:
            return None
        begin, until = words[place][0], words[place + length - 1][1]
        if kind is EntityKind.PLAN and parts and parts[-1][0] is EntityKind.PLAN:
            parts[-1] = (kind, parts[-1][1], until)
        elif kind in _OF_INSURERS:
            parts.append((kind, begin, until))
        is_plan = kind is EntityKind.PLAN
        place += length
    strong = [part for part in parts if part[0] is not EntityKind.PLAN or _names_plan(text[part[1] : part[2]])]
    return parts if parts and len(strong) == len(parts) else None


def _known(
    text: str, words: list[tuple[int, int]], place: int, *, is_after_plan_word: bool
) -> tuple[int, EntityKind | None]:
    """Return how many words are one listed name, and its kind; `ID` stands for words that belong to no name."""
    for length in range(min(_LONGEST, len(words) - place), 0, -1):
        kind = listed_name(text[words[place][0] : words[place + length - 1][1]])
        if kind is not None:
            return length, kind
    word = text[words[place][0] : words[place][1]].lower()
    if word in _plan_words() or (is_after_plan_word and (_LEVEL.fullmatch(word) or _LETTER.fullmatch(word))):
        return 1, EntityKind.PLAN
    return 1, EntityKind.ID if place and word in _TRAILING and place == len(words) - 1 else None


def _names_plan(name: str) -> bool:
    """Return whether one of a plan's words is a plan's alone, or a list has the name."""
    words = name.lower().split()
    if listed_name(name) is EntityKind.PLAN or (words[0] == "plan" and len(words) == 2):
        return True
    return any(_plan_words().get(word, False) for word in words) or any(
        listed_name(" ".join(words[place : place + 2])) is EntityKind.PLAN for place in range(len(words))
    )


def _widened(text: str, entity: Entity, start: int, end: int) -> Entity:
    """Return a plan with the words of plans right before and after it."""
    first, last = entity.start, entity.end
    while (found := _NEXT.match(text, last, end)) and _belongs(found[1]):
        last = found.end()
    if found := _TYPE.match(text, last, end):
        last = found.end()
    while (found := _BEFORE.search(text[max(first - _REACH, start) : first])) and _belongs(found[1]):
        first -= len(found[0])
    return replace(entity, start=first, end=last)


def _belongs(word: str) -> bool:
    return word.lower() in _AROUND


_AROUND: Final = frozenset(
    (
        "gold",
        "silver",
        "bronze",
        "platinum",
        "ppo",
        "hmo",
        "epo",
        "hdhp",
        "hsa",
        "dppo",
        "dhmo",
        "oro",
        "plata",
        "bronce",
    )
)


@cache
def _plan_words() -> dict[str, bool]:
    """Return each word of plans' names, and whether it makes a name by itself."""
    text = (files("classifier.entities") / "data" / "plan_words.txt").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return {name_key(line.removeprefix("?")): not line.startswith("?") for line in lines}


@cache
def _not_insurers() -> frozenset[str]:
    """Return what is no insurer though the network takes it for one."""
    text = (files("classifier.entities") / "data" / "not_insurers.txt").read_text(encoding="utf-8")
    return frozenset(name_key(line) for line in text.splitlines() if line and not line.startswith("#"))
