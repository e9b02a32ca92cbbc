"""Choose what of a long text is read, so that no stranger's text keeps a worker busy (ADR 18).

The network reads the first and the last windows, where people say what they want, and those between them in which the
screen finds a possible danger. The screen costs little and reads everything.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from classifier.windows import cut

MOST_CHARACTERS = 50_000
"""The longest text that is screened and cut into tokens as a whole; as long as the longest email that is stored."""

FIRST = LAST = SIGNED = 2
MOST_WINDOWS = FIRST + LAST + SIGNED
"""The most windows of one text that the network reads."""

_SPACES = re.compile(r"\s+")
_GAP = "\n…\n"


@dataclass(frozen=True, slots=True)
class Excerpt:
    """What the network reads of one text.

    Attributes:
        windows: Distinct windows, each with the number of tokens it stands for.
        is_whole: Whether they cover the text.
        has_unread_sign: Whether there is a possible danger in a window that is not read.
    """

    windows: Mapping[tuple[int, ...], int]
    is_whole: bool = True
    has_unread_sign: bool = False


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


def choose_windows(
    tokens: Sequence[int], length: int, overlap: int, has_sign: Callable[[int, int], bool] | None
) -> Excerpt:
    """Choose the windows of a text that the network reads: at most `MOST_WINDOWS`.

    Args:
        tokens: The text's token ids, without special tokens; at least one.
        length: The most tokens a window holds.
        overlap: How many tokens neighboring windows share.
        has_sign: Whether there is a possible danger in the words from a token up to another, which is asked of as few
            windows as possible; None if there is none in the whole text.
    """
    weights: dict[tuple[int, ...], int] = {}
    places: dict[tuple[int, ...], range] = {}
    for place in cut(len(tokens), length, overlap):
        window = tuple(tokens[place.start : place.stop])
        # A repeated window is read once: otherwise 100,000 periods would keep a worker busy for minutes.
        weights[window] = weights.get(window, 0) + len(place)
        places[window] = place
    if len(weights) <= MOST_WINDOWS:
        return Excerpt(weights)
    chosen = {*list(weights)[:FIRST], *sorted(weights, key=lambda window: places[window].start)[-LAST:]}
    signed = 0
    for window, place in places.items():
        if has_sign is None or signed > SIGNED:
            break
        if window not in chosen and has_sign(place.start, place.stop):
            signed += 1
            if signed <= SIGNED:
                chosen.add(window)
    read = {window: weight for window, weight in weights.items() if window in chosen}
    return Excerpt(read, is_whole=False, has_unread_sign=signed > SIGNED)
