"""Choose what of a long text is read, so that no stranger's text keeps a worker busy (ADR 18).

The network reads the first and the last windows, where people say what they want, and those between them in which the
screen finds a possible danger. The screen costs little and reads everything.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from classifier.text.windows import cut

FIRST = LAST = SIGNED = 2
MOST_WINDOWS = FIRST + LAST + SIGNED
"""The most windows of one text that the network reads."""


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
