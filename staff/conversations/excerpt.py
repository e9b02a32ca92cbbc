"""The part of a text around what a search found, short enough for a row of the list."""

from __future__ import annotations

from collections.abc import Sequence

LENGTH = 140
BEFORE = 12
NEAR = 60
"""How far apart words are to be seen together: rows are narrow."""
Excerpt = tuple[tuple[str, bool], ...]
"""Pieces of text, each with whether it is what was searched for."""


def cut_excerpt(text: str, places: Sequence[tuple[int, int]]) -> Excerpt:
    """Return the part of a text with most hits close together, the first such part, on one line.

    Args:
        text: the text.
        places: where the hits are, as the first index and the one after the last, in order.
    """
    starts = [begin for begin, _ in places]
    first = max(starts, key=lambda start: sum(start <= begin < start + NEAR for begin in starts), default=0)
    start = 0 if first <= BEFORE else text.rfind(" ", 0, first - BEFORE) + 1 or first - BEFORE
    end = min(start + LENGTH, len(text))
    pieces = [("…" if start else "", False)]
    at = start
    for begin, stop in places:
        if begin < start:
            continue
        if begin >= end:
            break
        pieces += [(text[at:begin], False), (text[begin : min(stop, end)], True)]
        at = min(stop, end)
    pieces += [(text[at:end], False), ("…" if end < len(text) else "", False)]
    return tuple((_on_one_line(words), is_hit) for words, is_hit in pieces if words)


def _on_one_line(text: str) -> str:
    """Return a piece with each run of white space as one space; those at its ends keep pieces apart."""
    return "".join(
        character if not character.isspace() else " "
        for place, character in enumerate(text)
        if not (character.isspace() and place and text[place - 1].isspace())
    )
