"""Where in a message its danger is, for a place that shows only a line of it."""

from __future__ import annotations

from classifier.message_parts import split_parts
from classifier.screen import Screening, screen_text


def from_danger_on(text: str) -> str:
    """Return a message on one line, from the part that tells of the danger on; all of it if no part has a sign.

    A part with a certain sign counts before any other, and the first of several.
    """
    line = " ".join(text.split())
    parts = split_parts(line)
    if len(parts) < 2:
        return line
    found = [(part, screening) for part in parts if (screening := screen_text(part)) != Screening()]
    certain = [part for part, screening in found if screening.certain]
    if not found:
        return line
    start = line.find(certain[0] if certain else found[0][0])
    return f"…{line[start:]}" if start > 0 else line
