"""Write a text in plain characters for the rules, and keep each character's place in the original."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import lru_cache

_PLAIN = {
    **dict.fromkeys("’‘ʼ`´′", "'"),
    **dict.fromkeys("“”″", '"'),
    **dict.fromkeys("‐‑‒–—−", "-"),
    **dict.fromkeys("\u2028\u2029\x85", "\n"),
}


@dataclass(frozen=True, slots=True)
class Folded:
    """A text in plain characters: no accents, no invisible characters, ASCII digits, quotes, and hyphens.

    Attributes:
        text: The plain text; its case is that of the original.
        starts: Where each of its characters starts in the original; None if the places are the same.
        ends: Where each of its characters ends in the original, with the accents that follow it.
    """

    text: str
    starts: tuple[int, ...] | None = None
    ends: tuple[int, ...] | None = None

    def original(self, start: int, end: int) -> tuple[int, int]:
        """Return the place in the original of `text[start:end]`, which is not empty."""
        if self.starts is None or self.ends is None:
            return start, end
        return self.starts[start], self.ends[end - 1]


def fold(text: str) -> Folded:
    """Return a text in plain characters. Any string is accepted; the time is linear in its length."""
    if text.isascii():
        return Folded(text)
    plain: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    for place, character in enumerate(text):
        written = character if character.isascii() else _written_plainly(character)
        if not written:
            if ends and ends[-1] == place and unicodedata.combining(character):
                ends[-1] = place + 1
            continue
        for part in written:
            plain.append(part)
            starts.append(place)
            ends.append(place + 1)
    return Folded("".join(plain), tuple(starts), tuple(ends))


@lru_cache(maxsize=4096)
def _written_plainly(character: str) -> str:
    if character in _PLAIN:
        return _PLAIN[character]
    if unicodedata.category(character) in ("Cf", "Mn", "Me"):
        return ""
    digit = unicodedata.decimal(character, None)
    if digit is not None:
        return str(digit)
    parts = unicodedata.normalize("NFKD", character)
    bare = "".join(_PLAIN.get(part, part) for part in parts if not unicodedata.combining(part))
    return " " if bare.isspace() else bare
