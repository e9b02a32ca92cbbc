"""Rules for names of insurers and plans, from lists of them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import Final

from classifier.entities.entity import Entity
from classifier.entities.folding import Folded, fold
from classifier.entities.patterns import CERTAIN, LIKELY, entity_at, pattern
from intake.vocabulary import EntityKind

_WORD = re.compile(r"[A-Za-z0-9&']+")
_LONGEST: Final = 5
_NEAR: Final = 40
_INSURANCE_WORD = re.compile(
    r"\b(?:insurance|insured|ins|plan|coverage|covers?|covered|in network|member|subscriber|policy|claim|carrier|payer"
    r"|adjuster|seguro|aseguradora|poliza|aceptan|take|takes|accept|through|deductible|copay|eob|secondary|primary)\b",
    re.IGNORECASE,
)
_AIRLINES: Final = frozenset(("delta", "united"))
_FLIES = re.compile(r"\b(?:fly|flies|flying|flew|flights?|airlines?|airport|vuelo)\b", re.IGNORECASE)
_FLOWN: Final = 20
_METAL = r"(?:gold|silver|bronze|platinum|preferred|select|choice|basic|standard|premier|advantage|basico|oro|plata)"
_TYPE = r"(?:ppo|hmo|epo|pos|hdhp|dppo|dhmo|dmo|hsa)"
_NUMBERED = r"(?:gold|silver|bronze|platinum) \d{2,4}(?: (?:ppo|hmo|epo|hsa))?"
_NO_ANSWER = re.compile(
    r"(?:none|no|ninguno|n/?a|yes|si|self|same|mism[oa]|unknown|don'?t|not|i|my|mi|see|will|the|unemployed|retired|student"
    r"|jubilad[oa]|own|private|card|new|group|member)\b|\d[\d -]*$",
    re.IGNORECASE,
)
"""What stands in a form where there is no name."""
_PLANS = (
    pattern(
        "plan_type",
        EntityKind.PLAN,
        rf"(?<![\w-])(?:{_METAL} ){{0,2}}(?:\d{{2,4}} )?{_TYPE}(?: {_METAL}\b)?(?: \d{{2,4}})?(?![\w-])",
        lambda value: value.lower() not in ("hsa", "pos"),
        LIKELY,
    ),
    pattern("plan_metal", EntityKind.PLAN, rf"(?<![\w-]){_NUMBERED}(?![\w-])", confidence=LIKELY),
    *(
        pattern(
            "form_line",
            kind,
            rf"(?m:^) ?(?:{label}) ?: ?(?P<value>(?-i:[A-Z0-9])[^\n,;:()]{{1,40}}?)(?= ?(?:[\n,;(]|$| / ))",
            lambda value: _NO_ANSWER.match(value) is None,
            LIKELY,
        )
        for kind, label in (
            (
                EntityKind.CARRIER,
                "(?:insurance )?(?:carrier|company|payer)|insurance|insurer|aseguranza|aseguradora|seguro",
            ),
            (EntityKind.PLAN, "plan(?: name)?"),
            (EntityKind.EMPLOYER, "employer(?: name)?|empleador|patron"),
        )
    ),
    pattern("plan_letter", EntityKind.PLAN, r"(?<![\w-])plan [cdfgk-n](?![\w'-])", confidence=LIKELY),
)


def find(folded: Folded) -> Iterator[Entity]:
    """Yield each insurer and plan that a text names."""
    yield from _find_listed(folded)
    for rule in _PLANS:
        yield from rule.find(folded)


def canonical_carrier(name: str) -> str:
    """Return an insurer's usual name; the name as written if no list has it."""
    found = _names().get(name_key(name))
    return " ".join(name.split()) if found is None or found[0] is not EntityKind.CARRIER else found[1]


def _find_listed(folded: Folded) -> Iterator[Entity]:
    text, names = folded.text, _names()
    words = [(match.start(), match.end()) for match in _WORD.finditer(text)]
    keys = [text[start:end].lower().removesuffix("'s") or "'" for start, end in words]
    place = 0
    while place < len(words):
        length, found = _longest(keys, place, names) if keys[place] in _first_words() else (1, None)
        if found is None:
            place += 1
            continue
        start, end = words[place][0], words[place + length - 1][1]
        if text[end - 2 : end].lower() == "'s":
            end -= 2
        kind, _, is_doubtful = found
        if not is_doubtful or _is_about_insurance(text, start, end):
            yield entity_at(folded, start, end, kind, "list", LIKELY if is_doubtful else CERTAIN)
        place += length


def _longest(
    keys: list[str], place: int, names: dict[str, tuple[EntityKind, str, bool]]
) -> tuple[int, tuple[EntityKind, str, bool] | None]:
    for length in range(min(_LONGEST, len(keys) - place), 0, -1):
        found = names.get(" ".join(keys[place : place + length]))
        if found is not None:
            return length, found
    return 1, None


def _is_about_insurance(text: str, start: int, end: int) -> bool:
    if is_of_travel(text, start, end):
        return False
    return text[start].isupper() and _INSURANCE_WORD.search(text[max(start - _NEAR, 0) : end + _NEAR]) is not None


def is_of_travel(text: str, start: int, end: int) -> bool:
    """Return whether a name is an airline's, as in "we fly Delta"."""
    near = text[max(start - _FLOWN, 0) : start] + "\n" + text[end : end + _FLOWN]
    return name_key(text[start:end]) in _AIRLINES and _FLIES.search(near) is not None


def listed_name(name: str) -> EntityKind | None:
    """Return what a name is by the lists: an insurer or a plan; None if they don't have it."""
    found = _names().get(name_key(name))
    return None if found is None else found[0]


def is_doubtful(name: str) -> bool:
    """Return whether a listed name is also a word or another company's name."""
    found = _names().get(name_key(name))
    return found is not None and found[2]


def name_key(name: str) -> str:
    """Return a name as the lists have it: its words in lower case, without accents."""
    return " ".join(_WORD.findall(fold(name).text.lower().removesuffix("'s"))) or "'"


@cache
def _names() -> dict[str, tuple[EntityKind, str, bool]]:
    """Return what each name in lower case is: its kind, its usual form, and whether it is also a word."""
    folder = files("classifier.entities") / "data"
    names: dict[str, tuple[EntityKind, str, bool]] = {}
    for line in _lines((folder / "plans.txt").read_text(encoding="utf-8")):
        name, is_word = line.removeprefix("?"), line.startswith("?") or not (" " in line or line.isupper())
        names[name_key(name)] = EntityKind.PLAN, name, is_word
    for line in _lines((folder / "carriers.tsv").read_text(encoding="utf-8")):
        usual, *others = line.split("\t")
        doubtful = {name_key(other[1:]) for other in others if other.startswith("?")}
        for name in (usual, *others):
            key = name_key(name.removeprefix("?"))
            names.setdefault(key, (EntityKind.CARRIER, usual, key in doubtful))
    return names


@cache
def _first_words() -> frozenset[str]:
    """Return the words that names begin with."""
    return frozenset(name.split(" ", 1)[0] for name in _names())


def _lines(text: str) -> list[str]:
    return [line for line in text.splitlines() if line and not line.startswith("#")]
