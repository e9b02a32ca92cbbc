"""Whether patterns account for every word of a message."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final, Protocol


class Matcher(Protocol):
    """A pattern, or what is as strict as one."""

    def match(self, string: str, pos: int, /) -> re.Match[str] | None:
        """Return what is found in a string at a place, None if nothing is."""


Row = tuple[Matcher, bool]
"""What covers a part of a message, and whether it decides what the message is."""

_MARKS: Final = re.compile(r'[ .,!?;:¿¡()*"~–—-]*')
"""What may stand between the words of a message, and around them."""


def covers_all(message: str, rows: Sequence[Row], gap: re.Pattern[str], start: int = 0) -> bool:
    """Return whether rows, of which at least one decides, cover a message from `start` on.

    Args:
        message: The message.
        rows: The rows.
        gap: What may stand after each of them, or nothing.
        start: Where the first of them begins.
    """
    # Every place that complete rows lead to, and whether one of them decided.
    reached = {start: False}
    for place in range(start, len(message)):
        if place not in reached:
            continue
        for row, decides in rows:
            if match := row.match(message, place):
                end = end_of_gap(message, match.end(), gap)
                reached[end] = reached.get(end, False) or reached[place] or decides
    return reached.get(len(message), False)


def covers_message(message: str, rows: Sequence[Row]) -> bool:
    """Return whether rows, of which at least one decides, cover a message between its spaces and marks."""
    return covers_all(message, rows, _MARKS, end_of_gap(message, 0, _MARKS))


def end_of_gap(message: str, place: int, gap: re.Pattern[str]) -> int:
    """Return where a gap ends that begins at a place: there, if there is none."""
    found = gap.match(message, place)
    return found.end() if found else place
