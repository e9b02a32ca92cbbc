"""Words of a search and of what is searched: without capitals, accents, and punctuation, in any language with spaces.

Of a word, the index holds beginnings of a few lengths, its stems. A search looks up the longest stem that it is sure of
and then compares the words themselves. Numbers are compared whole, and phone numbers also by their groups.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from intake import phone
from intake.errors import IntakeError

STEM_LENGTHS = (3, 5, 8)
MOST_WORDS = 1000
"""How many different words of one text are indexed, so that a huge one can't fill the database."""
MOST_LOOKED_UP = 8
LONGEST_WORD = 64
SHORTEST_PREFIX = STEM_LENGTHS[0]
_WORD = re.compile(r"[^\W_]+")
_NORTH_AMERICAN = re.compile(r"1?(\d{3})(\d{3})(\d{4})")
_APOSTROPHES = "'\u2019"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a search looks for.

    Attributes:
        words: whole words.
        beginning: the beginning of a word, empty if every word is whole.
    """

    words: frozenset[str]
    beginning: str

    def __bool__(self) -> bool:
        """Return whether there is anything to look for."""
        return bool(self.words or self.beginning)


def fold_words(text: str) -> list[str]:
    """Return the words of a text as they are compared, in their order."""
    if text.isascii():
        folded = text.lower().replace("'", "")
    else:
        plain = unicodedata.normalize("NFKD", text.casefold())
        folded = "".join(char for char in plain if char not in _APOSTROPHES and not unicodedata.combining(char))
    return [word[:LONGEST_WORD] for word in _WORD.findall(folded)]


def words_of_texts(texts: Iterable[str | None]) -> set[str]:
    """Return the words that a search may find something by: its texts' words, and the groups of phone numbers."""
    words: dict[str, None] = {}
    for text in filter(None, texts):
        for word in fold_words(text):
            groups = _groups(word)
            words.update(dict.fromkeys((word, *groups, *(["".join(groups[1:])] if groups else []))))
            if len(words) >= MOST_WORDS:
                return set(words)
    return set(words)


def stems_of(words: Iterable[str]) -> set[str]:
    """Return what the index holds of words."""
    return {stem for word in words for stem in _stems(word)}


def read_wanted(typed: str) -> Wanted:
    """Return what a search looks for: all words, the last of them as a beginning if it is long enough to be one."""
    words = _number_in(typed) or fold_words(typed)
    if not words:
        return Wanted(frozenset(), "")
    *whole, last = words
    if len(last) < SHORTEST_PREFIX or last.isdigit():
        whole, last = words, ""
    return Wanted(frozenset(part for word in whole for part in _groups(word) or (word,)), last)


def wanted_stems(wanted: Wanted) -> list[str]:
    """Return the stems to look up, the longest first; texts that have them are candidates, no more."""
    stems = {max(_stems(word), key=len) for word in (*wanted.words, wanted.beginning) if word}
    return sorted(stems, key=lambda stem: (-len(stem), stem))[:MOST_LOOKED_UP]


def is_found(wanted: Wanted, words: Iterable[str]) -> bool:
    """Return whether words are what a search looks for."""
    found = set(words)
    begun = not wanted.beginning or any(word.startswith(wanted.beginning) for word in found)
    return begun and wanted.words <= found


def find_places(wanted: Wanted, text: str) -> list[tuple[int, int]]:
    """Return where a text has the words of a search, as the first index and the one after the last."""
    folded: list[str] = []
    places: list[int] = []
    for place, character in enumerate(text):
        for char in unicodedata.normalize("NFKD", character.casefold()):
            if char not in _APOSTROPHES and not unicodedata.combining(char):
                folded.append(char)
                places.append(place)
    found = []
    for match in _WORD.finditer("".join(folded)):
        word = match[0][:LONGEST_WORD]
        if words_of_texts([word]) & wanted.words or (wanted.beginning and word.startswith(wanted.beginning)):
            found.append((places[match.start()], places[match.end() - 1] + 1))
    return found


def _number_in(typed: str) -> list[str]:
    """Return a search that is a whole phone number, however it is written, as one word."""
    if any(map(str.isalpha, typed)):
        return []
    try:
        number = phone.normalise(typed)[1:]
    except IntakeError:
        return []
    return [number] if typed.strip().startswith("+") or _groups(number) else []


def _stems(word: str) -> set[str]:
    if word.isdigit() or len(word) < STEM_LENGTHS[0]:
        return {word}
    return {word[:length] for length in STEM_LENGTHS if length <= len(word)}


def _groups(word: str) -> tuple[str, ...]:
    """Return the area code, exchange, and line of a North American number, whose groups people write apart."""
    match = _NORTH_AMERICAN.fullmatch(word)
    return match.groups() if match else ()
