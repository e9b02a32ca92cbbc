"""How much of a text is read at all: nobody waits for a stranger's endless one (ADR 18)."""

from __future__ import annotations

import re

MOST_CHARACTERS = 50_000
"""The longest text that is screened and cut into tokens as a whole; as long as the longest email that is stored."""

_SPACES = re.compile(r"\s+")
_GAP = "\n…\n"


def shorten_text(text: str) -> tuple[str, bool]:
    """Return a text, or the beginning and the end of one that is too long to screen, and whether that is all of it."""
    if len(text) <= MOST_CHARACTERS:
        return text, True
    # A flood of spaces is no text.
    single_spaced = _SPACES.sub(" ", text)
    if len(single_spaced) <= MOST_CHARACTERS:
        return single_spaced, True
    half = MOST_CHARACTERS // 2
    return f"{single_spaced[:half]}{_GAP}{single_spaced[-half:]}", False
