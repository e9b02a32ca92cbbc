"""Rules for names of people, from the words that introduce, address, or sign them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import Final

from classifier.entities.entity import Entity
from classifier.entities.folding import Folded
from classifier.entities.patterns import LIKELY, entity_at
from intake.vocabulary import EntityKind

NAME_WORD: Final = r"[^\W\d_](?:[^\W\d_]|['-](?=[^\W\d_])){0,30}"
_CAPITALS = r"(?-i:[^\W\d_a-z](?:[^\W\d_]|['-](?=[^\W\d_])){0,30}\.?)"
_NAMES = rf"(?P<value>{_CAPITALS}(?: {_CAPITALS}){{0,3}})"
_ANY = rf"(?P<value>{NAME_WORD}(?: {NAME_WORD}){{0,2}})"
_I_AM = r"(?:this is|it's|its|it is|i'm|i am|im|soy|habla|le habla|les habla|mi nombre es|me llamo)"
_RELATIVE = (
    r"(?:son|daughter|wife|husband|spouse|mom|mother|dad|father|kid|child|baby|brother|sister|partner|grandson|niece"
    r"|nephew|granddaughter|grandmother|grandma|grandfather|grandpa|aunt|uncle|boyfriend|girlfriend|fiance|friend|hijo"
    r"|hija|esposo|esposa|mama|papa|madre|padre|hermano|hermana|abuela|abuelo|bebe|nieto|nieta)"
)
_SPELLED = r"[A-Z](?:[ .,-]{1,2}[A-Z]){3,12}"

_RULES: Final = tuple(
    re.compile(expression, re.IGNORECASE)
    for expression in (
        rf"\b(?:my (?:full )?name is|my name's|the name is|name is|name's|names|(?:full |patient |last "
        rf"|first )?name:|nombre:"
        rf"|paciente:|patient:|subscriber:|policyholder:|titular:|under the name(?: of)?|last name(?: is)?"
        rf"|first name(?: is)?"
        rf"|named|mi nombre es|me llamo|se llama|a nombre de|apellido(?: es)?) (?:is )?{_ANY}",
        rf"\b{_I_AM} {_NAMES}",
        rf"\b(?:{_I_AM}) {_NAMES}(?=,? (?:again|here|from)\b)",
        rf"\b(?:{_I_AM}) {_ANY}(?=,? (?:calling|speaking|de nuevo|llamando)\b)",
        rf"\b(?:speaking with|spoke (?:to|with)|talked (?:to|with)|here is|ask for) {_NAMES}",
        rf"(?:(?<=^)|(?<=[.!?,] )){_ANY}(?= here\b)",
        rf"\b(?:dr|dra|doctor|doctora|nurse|enfermera)\b\.? {_NAMES}",
        rf"\b(?:dr|dra|doctor|doctora)\b\.? (?P<value>{NAME_WORD})",
        rf"\b(?:mr|mrs|ms|miss|mister|senor|senora|sr|sra)\b\.? {_NAMES}",
        rf"\b{_RELATIVE}(?:'s name is|,)? {_NAMES}",
        rf"\b(?:hi|hello|hey|dear|good (?:morning|afternoon|evening)|hola|estimad[oa]) {_NAMES}",
        rf"(?:\b(?:thanks|thank you|thx|ty|regards|best|sincerely|cheers|love|respectfully|take care|gracias|saludos)"
        rf"[ ,.!\n]{{1,4}}|\n ?|- ?){_ANY}(?=\.?\s{{0,3}}$)",
        rf"(?<=[.!?] ){_NAMES}(?=\s{{0,3}}$)",
        rf"(?-i:(?<![\w.])(?P<value>{_SPELLED})(?![\w]))",
    )
)  # fmt: skip


def find(folded: Folded) -> Iterator[Entity]:
    """Yield each name that the words around it explain."""
    for number, expression in enumerate(_RULES):
        for match in expression.finditer(folded.text):
            start = match.start("value")
            end = start + (len(match["value"]) if number == len(_RULES) - 1 else _name_length(match["value"]))
            if end > start:
                yield entity_at(folded, start, end, EntityKind.NAME, "name", LIKELY)


def _name_length(words: str) -> int:
    """Return the length of the words at the start that may be a name, of one shape."""
    length = place = 0
    shape = words[:1].isupper()
    for word in words.split(" "):
        if not may_be_name(word) or (place and word[:1].isupper() != shape):
            break
        length = place + len(word)
        place = length + 1
    bare = words[:length]
    bare = bare[:-2] if bare.endswith(("'s", "'S")) else bare
    return len(bare.rstrip(".") if not re.search(r"\b[A-Z]\.$", bare) else bare)


def may_be_name(word: str) -> bool:
    """Return whether a word that stands where a name could is one."""
    bare = word.rstrip(".").lower()
    lists = word_lists()
    if bare in lists["no name"] or (bare in lists["capitalized"] and bare not in lists["names too"]):
        return False
    return bare.removesuffix("'s") not in lists["no name"] and (bare in lists["names too"] or not _is_common(bare))


def _is_common(word: str) -> bool:
    """Return whether a word, in small letters, is one that people write every day, alone or in its parts."""
    common = common_words()
    return word in common or ("-" in word and all(part in common for part in word.split("-")))


@cache
def common_words() -> frozenset[str]:
    """Return the words that patients write in small letters and that are no names, in plain characters."""
    text = (files("classifier.entities") / "data" / "common_words.txt").read_text(encoding="utf-8")
    return frozenset(text.split())


@cache
def known_names() -> frozenset[str]:
    """Return common first and last names that are no ordinary words, in small letters, plain and without apostrophes.

    They are those of `training/corpus/values` and the most common ones of the U.S. census.
    """
    text = (files("classifier.entities") / "data" / "names.txt").read_text(encoding="utf-8")
    return frozenset(text.split())


@cache
def word_lists() -> dict[str, frozenset[str]]:
    """Return the lists in `data/words.txt`, by their titles."""
    text = (files("classifier.entities") / "data" / "words.txt").read_text(encoding="utf-8")
    sections = re.split(r"^\[(.+)\]$", text, flags=re.MULTILINE)
    return {title: frozenset(words.split()) for title, words in zip(sections[1::2], sections[2::2], strict=True)}
