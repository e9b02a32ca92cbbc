"""Where in a message its danger is, for a place that shows only a line of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from classifier.message_parts import LEAST_WORDS, split_parts
from classifier.screen import Screening, screen_text


def from_danger_on(text: str) -> str:
    """Return a message on one line, from the part that tells of the danger on; all of it if no part has a sign.

    A part with a certain sign counts before any other, and the first of several. The danger may be a few words, or too
    much for one short part, so the shortest parts are tried first and then the usual ones.
    """
    line = " ".join(text.split())
    cuts = [_screen_parts(line, least_words) for least_words in (1, LEAST_WORDS)]
    certain = (_first(cut, lambda screening: screening.certain is not None) for cut in cuts)
    any_sign = (_first(cut, lambda screening: screening != Screening()) for cut in cuts)
    start = next((_find_part(line, part) for part in (*certain, *any_sign) if part), 0)
    return f"…{line[start:]}" if start > 0 else line


def _screen_parts(line: str, least_words: int) -> list[tuple[str, Screening]]:
    parts = split_parts(line, least_words)
    return [(part, screen_text(part)) for part in parts] if len(parts) > 1 else []


def _first(parts: Sequence[tuple[str, Screening]], counts: Callable[[Screening], bool]) -> str | None:
    """Return the first part that counts, or the first of those with a sign that lead up to it; None if none counts."""
    leading: str | None = None
    for part, screening in parts:
        leading = None if screening == Screening() else leading or part
        if counts(screening):
            return leading
    return None


def _find_part(line: str, part: str) -> int:
    """Return where a part begins, which may lack the commas and dashes between those that it was joined from."""
    found = re.search(r"[,\s–—-]+".join(map(re.escape, part.split())), line)
    return found.start() if found else 0
