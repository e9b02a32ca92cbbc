"""Cut a message into the parts in which it may say different things: sentences, and clauses that turn to another."""

from __future__ import annotations

import re
from collections.abc import Iterable

LEAST_WORDS = 6
"""The fewest words of a part: fewer say too little by themselves."""
MOST_PARTS = 16

_SENTENCE_END = re.compile(r"(?<=[.!?…;])[\"')\]]* ")
_ENGLISH = (
    r"and (?:also|can|could|do|is|what|how|i|my|the|if|while|please|then|we|would|are|it)|but|also|plus|btw|by the way"
    r"|oh and|anyway|another thing|one more thing|separately|while i"
)
_SPANISH = (
    r"y (?:también|además|otra|quería|quiero|de paso|me|mi|si|el|la|no|que|cuánto|cuanto|a ver)|pero|además|ademas"
    r"|también|tambien|de paso|otra cosa|aparte|por otro lado"
)
# People who type or dictate without periods still say when they turn to something else.
_TURN = re.compile(rf"(?:,| [-–—]+)? (?=(?:{_ENGLISH}|{_SPANISH})\b)", re.IGNORECASE)


def split_parts(text: str, least_words: int = LEAST_WORDS) -> list[str]:
    """Return a message's parts in order: at most `MOST_PARTS`, of `least_words` or more unless there is only one.

    A part that is too short belongs to the one after it, and the last to the one before it.
    """
    # With single spaces, no expression has more than one place to try.
    lines = [" ".join(line.split()) for line in text.splitlines()]
    count = sum(len(line.split()) for line in lines)
    least = max(least_words, -(-count // MOST_PARTS))
    sentences = _join_short((part for line in lines for part in _SENTENCE_END.split(line)), least)
    clauses = [clause for sentence in sentences for clause in _join_short(_TURN.split(sentence), least)]
    # A sentence of which a turn took a lone comma may have become too short.
    return _join_short(clauses, least)


def _join_short(parts: Iterable[str], least: int) -> list[str]:
    found: list[str] = []
    words: list[str] = []
    for part in parts:
        words += part.split()
        if len(words) >= least:
            found.append(" ".join(words))
            words = []
    if not words:
        return found
    return [*found[:-1], " ".join([*found[-1:], *words])]
