"""Put the names of insurers, plans, and employers together from the parts that were found of them.

A network cuts such names in two, runs past their ends, and calls a plan that it does not know an insurer. What is part
of which follows from their neighbors: an unknown name beside a plan, after a known insurer, is the plan's.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from classifier.entities.entity import MODEL, Entity
from classifier.entities.rules_insurance import canonical_carrier, is_doubtful, listed_name, name_key
from intake.vocabulary import EntityKind

_CARRIER: Final = EntityKind.CARRIER
_PLAN: Final = EntityKind.PLAN
_EMPLOYER: Final = EntityKind.EMPLOYER

_PLAN_BEFORE = re.compile(r"(?:(?:plan )?type|the|an?|el|la|supplement|suplemento|called|says)\s+(?=\S)", re.IGNORECASE)
_PLAN_AFTER = re.compile(r"(?<=\S) (?:one|ones|network|card)$|(?<=\S) \S+(?P<plan> plan)$")
"""Words behind a plan's name; "plan" is one only behind two others, as it makes a name of "low plan"."""
_CARRIER_AFTER = re.compile(
    r"(?<=\S) (?:(?:first|1st|second|2nd|primary|secondary|last|too|now)|the\b.*)$", re.IGNORECASE
)
_THE = re.compile(r"(?:the|el|la) (?=[A-Z][\w'&-]* \w)")
_NO_PLAN = re.compile(
    r"(?:the|an?|my|our|el|la|it|one|plan|network|insurance|primary|secondary|first|second|max|(?:hmo|ppo|epo)s)",
    re.IGNORECASE,
)
_NO_CARRIER = re.compile(
    r"(?:the |my |el |la )?(?:state|county|city|government|insurance|ins|union|provider|customer|cust|serv|card|estado"
    r"|seguro|aseguranza)|\d\w{0,3}",
    re.IGNORECASE,
)
_NO_EMPLOYER = re.compile(r"(?:the|an?|my|your|our|his|her|their|el|la|mi|su)", re.IGNORECASE)
_INSTITUTION = re.compile(
    r" (?:[\w'-]{2,14} ){0,2}?(?:union|county|state|district|authority|university|college|city|library|office"
    r"|department|railroad|hospital|company|system|va|ymca|sindicato|condado|estado|ciudad|universidad)\b",
    re.IGNORECASE,
)
"""What is an employer behind "the" though nobody names it."""
_COMPANY: Final = frozenset(
    ("health", "healthcare", "insurance", "benefit", "benefits", "systems", "group", "company", "co", "co-op", "coop",
     "inc", "llc", "administrators", "tpa", "plans", "services", "solutions", "assurance", "mutual", "life",
     "financial", "dental", "vision", "medical", "corporation", "corp", "foundation", "international", "global",
     "networks", "workers'", "compensation", "comp", "auto", "military", "veterans", "better", "care", "federal",
     "medicaid")
)  # fmt: skip
"""Words of companies' names, none of which names a plan."""
_OF_COMPANY = re.compile(r"(?:health ?)?plans?", re.IGNORECASE)
_BEFORE_COMPANY = re.compile(r"(?<=[a-z,:] )([A-Z][\w'&]{1,20}) $")
_BLUE = re.compile(
    r"(?:bcbs|bc ?bs|b c b s|blue ?cross(?:,? (?:and |& )?blue ?shield)?|blue ?shield|anthem(?: bcbs| blue cross)?)",
    re.IGNORECASE,
)
_STATE: Final = (
    r"alabama|alaska|arizona|arkansas|california|colorado|connecticut|delaware|florida|georgia|hawaii|idaho|illinois"
    r"|indiana|iowa|kansas|kentucky|louisiana|maine|maryland|massachusetts|michigan|minnesota|mississippi|missouri"
    r"|montana|nebraska|nevada|new hampshire|new jersey|new mexico|new york|north carolina|north dakota|ohio|oklahoma"
    r"|oregon|pennsylvania|puerto rico|rhode island|south carolina|south dakota|tennessee|texas|utah|vermont|virginia"
    r"|washington|west virginia|wisconsin|wyoming"
)
_ABBREVIATION: Final = (
    r"(?-i:A[KLRZ]|C[AOT]|D[CE]|FL|GA|HI|I[ADLN]|K[SY]|LA|M[ADEINOST]|N[CDEHJMVY]|O[HKR]|PA|RI|S[CD]|T[NX]|UT|V[AT]"
    r"|W[AIVY])|(?:az|ca|fl|ga|il|ks|ky|ma|mi|mn|nc|nj|nm|ny|sc|tn|tx|wi)"
)
_OF_STATE = re.compile(rf" (?:(?:of|de) )?(?:{_STATE}|{_ABBREVIATION})(?![\w'-])", re.IGNORECASE)
_BLUE_WORD = re.compile(r"(?<![\w-])((?:my|My)?[Bb]lue\w{0,20}|(?:[A-Z]?[a-z]{2,12})[A-Z][a-z]\w{0,16}) $")
_CAMEL = re.compile(r"[A-Z]?[a-z]{1,14}[A-Z][a-z]\w*")
_LEVEL = re.compile(
    r" (?:\d{2,5}(?:/\d{2,3})?)(?![.,/:-]?[\w%])(?! ?(?:days?|visits?|sessions?|weeks?|months?|years?|times)\b)"
)
_LEVEL_FOUND = re.compile(r"\d{2,5}")
_PART_LETTER = re.compile(r" [a-d]\b", re.IGNORECASE)
"""The letter that belongs to "Medicare Part"."""
_ADVANTAGE = re.compile(r"(?:advantage|supplement)\b", re.IGNORECASE)
_TYPE = re.compile(r"(?:ppo|hmo|epo|pos|hdhp|hsa)", re.IGNORECASE)
_PROGRAMS: Final = frozenset(("Medicare", "Medicaid"))
_BESIDE_INSURER = re.compile(r" | ?/ ?|,? (?:the )?plan:? |, the ", re.IGNORECASE)
_CALLED_PLAN = re.compile(r",? (?:the |el )?plan:? ", re.IGNORECASE)
_WORKS_THERE = re.compile(
    r"\b(?:(?:works?|working|worked|employed|retired|drives?|teach(?:es)?|hr|employees?|retirees?)"
    r" (?:for|at|by|from|with|of)"
    r"|(?:job|work|employer|company) (?:at|with|in|is)|(?:he|she)(?:'?s| is) (?:at|with)"
    r"|trabaj[ao] (?:en|para|con|de)|emplead[oa] (?:de|en)|me l[oa] da)(?: the)? $",
    re.IGNORECASE,
)
_WORKS_THERE_AFTER = re.compile(r" (?:employees?|retirees?|gives? (?:it|us|me)|gave (?:us|me)|hr)\b", re.IGNORECASE)
_PLAN_LABEL = re.compile(
    r"\b(?:plan(?: name| type)?(?: is| es|'s|:| called| se llama)(?: the| el)?|plan name|called(?: the)?|se llama) ?$",
    re.IGNORECASE,
)
_ONE_AFTER = re.compile(r" (?:one|plan|option|product|network)\b", re.IGNORECASE)
_CLOSED = re.compile(r"[,.;\n]|$")
_TWO_INSURERS = re.compile(
    r"\b(?:both|two|primary|secondary|second|other|also|then|first|old|new|now|1st|2nd|primer[oa]|segund[oa]|dos)\b",
    re.IGNORECASE,
)
_THROUGH = re.compile(r"\b(?:through|thru|por)(?: the)? $", re.IGNORECASE)
_EMPLOYER_LABEL = re.compile(r"\b(?:employer|empleador|patron)(?:'s name| name)?(?: is| es|:) ?$", re.IGNORECASE)
_RELATIVE_BEFORE = re.compile(
    r"\b(?:husband|hubby|wife|spouse|son|daughter|mom|dad|mother|father|partner|brother|sister|espos[oa]|hij[oa]|mama"
    r"|papa) $",
    re.IGNORECASE,
)
_GUARDIAN_BEFORE = re.compile(
    r"\b(?:legal|court[- ]appointed|his|her|their|(?:\w*(?:father|mother|parent)|aunt|uncle|grandma|grandpa|sister"
    r"|brother)(?:,| and|/| or| &)) ?$",
    re.IGNORECASE,
)
_GUARDIAN_AFTER = re.compile(r" (?:of|for|signature|name|to) ", re.IGNORECASE)
_WORD = re.compile(r"[\w&'+-]+")
_BLUE_STATE = re.compile(rf" (?:of |de )?(?:{_STATE}|{_ABBREVIATION})$", re.IGNORECASE)
_INSURER_WORDS: Final = frozenset(
    (
        "mutual",
        "insurance",
        "benefit",
        "benefits",
        "administrators",
        "life",
        "assurance",
        "dental",
        "medicare",
        "medicaid",
    )
)
"""Words of insurers' names."""
_REACH: Final = 40
_NEAR: Final = 60


def put_together(text: str, entities: Sequence[Entity]) -> tuple[Entity, ...]:
    """Return the entities with whole names of insurers, plans, and employers, and without what is no name.

    Args:
        text: The text.
        entities: Its entities, in its order, without overlaps.
    """
    has_known = any(entity.kind is _CARRIER and _is_known(text[entity.start : entity.end]) for entity in entities)
    may_be_two = has_known and _TWO_INSURERS.search(text) is not None
    joined: list[Entity] = []
    for number, entity in enumerate(entities):
        first = joined[-1].end if joined else 0
        if entity.start < first:
            if entity.end <= first + 1:
                continue
            entity = replace(entity, start=first + text[first : entity.end].startswith(" "))
        following = entities[number + 1] if number + 1 < len(entities) else None
        for part in _parts(text, entity, first, following):
            if not (joined and _joins(text, joined, part)):
                joined.append(_beside_insurer(text, joined, part, has_known=has_known, may_be_two=may_be_two))
    return tuple(joined)


def _parts(text: str, entity: Entity, first: int, following: Entity | None) -> list[Entity]:
    """Return an entity without the words at its ends that are none of it, and as the names that it consists of.

    Args:
        text: The text.
        entity: The entity.
        first: Where the one before it ends.
        following: The one after it.
    """
    if entity.kind is _PLAN:
        return _plan_parts(text, entity, first, len(text) if following is None else following.start)
    if entity.kind is _CARRIER:
        return _carrier_parts(text, entity, first, following)
    before = text[max(entity.start - _REACH, 0) : entity.start]
    if entity.kind is EntityKind.NAME and _EMPLOYER_LABEL.search(before):
        return [replace(entity, kind=_EMPLOYER)]
    if entity.kind is not _EMPLOYER:
        return [entity]
    if entity.source == MODEL and _RELATIVE_BEFORE.search(before):
        return [replace(entity, kind=EntityKind.NAME)]
    value = text[entity.start : entity.end]
    if _NO_EMPLOYER.fullmatch(value):
        limit = entity.end + _REACH if following is None else min(following.start, entity.end + _REACH)
        rest = _INSTITUTION.match(text, entity.end, limit) if value.lower() in ("the", "el", "la") else None
        return [replace(entity, end=rest.end())] if rest else []
    article = _THE.match(value)
    return [replace(entity, start=entity.start + article.end()) if article else entity]


def _plan_parts(text: str, entity: Entity, first: int, limit: int) -> list[Entity]:
    start, end = entity.start, entity.end
    if entity.source == MODEL:
        before = _PLAN_BEFORE.match(text, start, end)
        start = before.end() if before else start
        after = _PLAN_AFTER.search(text[start:end])
        end = start + after.start("plan" if after["plan"] else 0) if after else end
        if _NO_PLAN.fullmatch(text, start, end):
            return []
    level = _LEVEL.match(text, end, limit)
    if level and end == entity.end:
        end = level.end()
    blue = _BLUE_WORD.search(text[max(start - _REACH, first) : start])
    if blue and listed_name(blue[1]) is not _CARRIER:
        start -= len(blue[0])
    return [replace(entity, start=start, end=end)]


def _carrier_parts(text: str, entity: Entity, first: int, following: Entity | None) -> list[Entity]:
    value = text[entity.start : entity.end]
    before = text[max(entity.start - _REACH, first) : entity.start]
    if _is_relative(text, entity, before) or _NO_CARRIER.fullmatch(value):
        return []
    blue = _BLUE.match(value)
    state = _OF_STATE.match(text, entity.start + blue.end()) if blue else None
    if blue and state and (entity.start + blue.end() < entity.end or _may_take(state.end(), following)):
        head = replace(entity, end=state.end())
        start = state.end() + 1
        return [head, replace(entity, kind=_PLAN, start=start)] if start < entity.end else [head]
    if entity.source != MODEL or listed_name(value) is not None:
        return [entity]
    letter = _PART_LETTER.match(text, entity.end) if value.lower().endswith(" part") else None
    if letter:
        return [replace(entity, end=letter.end())]
    after = _CARRIER_AFTER.search(value)
    if after:
        entity = replace(entity, end=entity.start + after.start())
    if _OF_COMPANY.match(value) and (company := _BEFORE_COMPANY.search(before)):
        return [replace(entity, start=entity.start - len(company[0]))]
    return _head_and_plan(text, entity)


def _is_relative(text: str, entity: Entity, before: str) -> bool:
    """Return whether a guardian is a person who looks after someone, and no insurer."""
    if name_key(text[entity.start : entity.end]) != "guardian":
        return False
    return bool(_GUARDIAN_BEFORE.search(before) or _GUARDIAN_AFTER.match(text, entity.end))


def _may_take(end: int, following: Entity | None) -> bool:
    """Return whether the words up to a place belong to no entity, or to the address that a state was taken for."""
    return (
        following is None or end <= following.start or (following.kind is EntityKind.ADDRESS and following.end <= end)
    )


def _head_and_plan(text: str, entity: Entity) -> list[Entity]:
    """Return an insurer that the lists have and the plan that its name runs on into, as in "Aetna Whole Health"."""
    words = list(_WORD.finditer(text, entity.start, entity.end))
    for length in range(len(words) - 1, 0, -1):
        head, rest = text[entity.start : words[length - 1].end()], [word[0].lower() for word in words[length:]]
        if listed_name(head) is not _CARRIER:
            continue
        is_company = rest[0] in _COMPANY or rest[0] in ("of", "de", "and", "&", "y", "part")
        if is_company or (is_doubtful(head) and not _CAMEL.fullmatch(words[length][0])):
            return [entity]
        if canonical_carrier(head) in _PROGRAMS:
            return [replace(entity, kind=_PLAN)]
        if length > 1 and words[length - 1][0].lower() == "medicare":
            length -= 1
        return [
            replace(entity, end=words[length - 1].end()),
            replace(entity, kind=_PLAN, start=words[length].start()),
        ]
    return [entity]


def _joins(text: str, joined: list[Entity], part: Entity) -> bool:
    """Join a part to the last name if both are one; return whether it was."""
    last = joined[-1]
    kind = _kind_of_both(text, joined, part)
    if kind is None:
        return False
    end = part.end + (text[last.end : part.start] == " (")
    joined[-1] = replace(last, kind=kind, end=end, confidence=min(last.confidence, part.confidence))
    return True


def _kind_of_both(text: str, joined: Sequence[Entity], part: Entity) -> EntityKind | None:
    """Return what the last name and the next part are together; None if they are not one name."""
    last = joined[-1]
    between, value = text[last.end : part.start], text[part.start : part.end]
    kinds = (last.kind, part.kind)
    if kinds == (_PLAN, _PLAN) and between == " (":
        return _PLAN if _TYPE.fullmatch(value) and text[part.end : part.end + 1] == ")" else None
    if between != " ":
        return None
    if kinds == (_PLAN, _PLAN):
        return _PLAN
    if kinds == (_PLAN, EntityKind.ID):
        return _PLAN if _LEVEL_FOUND.fullmatch(value) else None
    if kinds == (_CARRIER, _CARRIER):
        return (
            _CARRIER
            if _is_program_of(text, last, part)
            or _OF_COMPANY.fullmatch(value)
            or (not _is_known(value) and name_key(value).split()[0] in ("health", "healthcare"))
            else None
        )
    if kinds == (_PLAN, _CARRIER):
        return _PLAN if _is_of_plan(text, joined[:-1], part) else None
    if kinds != (_CARRIER, _PLAN):
        return None
    if _COMPANY.issuperset(value.lower().split()):
        return _CARRIER
    is_advantage = canonical_carrier(text[last.start : last.end]) in _PROGRAMS and _ADVANTAGE.match(value)
    return _PLAN if is_advantage or _is_of_plan(text, joined[:-1], last) else None


def _is_program_of(text: str, insurer: Entity, program: Entity) -> bool:
    """Return whether a public program stands behind the insurer that runs it, as in "molina medicaid"."""
    names = [canonical_carrier(text[entity.start : entity.end]) for entity in (insurer, program)]
    return names[1] in _PROGRAMS and names[0] not in _PROGRAMS


def _is_of_plan(text: str, before: Sequence[Entity], name: Entity) -> bool:
    """Return whether a name beside a plan is a part of it: one that no list has, after an insurer that one has."""
    value = text[name.start : name.end]
    if name.source != MODEL or _is_known(value) or _INSURER_WORDS.intersection(value.lower().split()):
        return False
    return any(
        entity.kind is _CARRIER and name.start - entity.end <= _NEAR and "." not in text[entity.end : name.start]
        for entity in before[-2:]
    )


def _beside_insurer(text: str, joined: Sequence[Entity], part: Entity, *, has_known: bool, may_be_two: bool) -> Entity:
    """Return a name that no list has as what the words around it or the insurers before it say it is.

    Args:
        text: The text.
        joined: The entities before it.
        part: The name, or anything else.
        has_known: Whether the text names an insurer that a list has.
        may_be_two: Whether it has any words that tell of two insurers.
    """
    last = joined[-1] if joined else None
    if part.kind is not _CARRIER:
        return part
    if last is not None and _is_plan_of_program(text, last, part):
        return replace(part, kind=_PLAN)
    before = text[max(part.start - _REACH, 0) : part.start]
    if _EMPLOYER_LABEL.search(before):
        return replace(part, kind=_EMPLOYER)
    if part.source != MODEL or _is_known(text[part.start : part.end]):
        return part
    if _WORKS_THERE.search(before) or _WORKS_THERE_AFTER.match(text, part.end):
        return replace(part, kind=_EMPLOYER)
    between = text[last.end : part.start] if last is not None and last.kind is _CARRIER else None
    if between is not None and _BESIDE_INSURER.fullmatch(between):
        return replace(part, kind=_PLAN)
    if not has_known:
        return part
    if _THROUGH.search(before):
        return replace(part, kind=_EMPLOYER)
    if _PLAN_LABEL.search(before) or (before.lower().endswith("the ") and _ONE_AFTER.match(text, part.end)):
        return replace(part, kind=_PLAN)
    is_listed = between == ", " and not may_be_two and _CLOSED.match(text, part.end)
    return replace(part, kind=_PLAN) if is_listed else part


def _is_plan_of_program(text: str, program: Entity, part: Entity) -> bool:
    """Return whether an insurer is called the plan of the public program before it, as in "Medi-Cal, plan LA Care"."""
    if program.kind is not _CARRIER or canonical_carrier(text[program.start : program.end]) not in _PROGRAMS:
        return False
    return _CALLED_PLAN.fullmatch(text[program.end : part.start]) is not None


def _is_known(name: str) -> bool:
    return listed_name(name) is not None or listed_name(_BLUE_STATE.sub("", name)) is not None
