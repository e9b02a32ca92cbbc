"""Where in a message its danger is, for a place that shows only a line of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from itertools import pairwise

from classifier.rules.screen import Screening, screen_text
from classifier.text.message_parts import LEAST_WORDS, split_parts
from intake.vocabulary import DangerKind

LONGEST_HINT = 60


def from_danger_on(text: str) -> str:
    """Return a message on one line, from the part that tells of the danger on; all of it if no part has a sign.

    A part with a certain sign counts before any other, and the first of several. The danger may be a few words, or too
    much for one short part, so the shortest parts are tried first and then the usual ones. Of self-harm, people speak
    in hints, so that a short part before an uncertain sign of it is shown, too, unless it is a question.
    """
    line = " ".join(text.split())
    cuts = [_screen_parts(line, least_words) for least_words in (1, LEAST_WORDS)]
    certain = (_first(cut, lambda screening: screening.certain is not None) for cut in cuts)
    any_sign = (_with_hint(cut, _first(cut, lambda screening: screening != Screening())) for cut in cuts)
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


def _with_hint(parts: Sequence[tuple[str, Screening]], chosen: str | None) -> str | None:
    """Return the short part before an uncertain sign of self-harm, or the chosen part if there is none."""
    for (before, _), (part, screening) in pairwise(parts):
        is_hint = len(before) <= LONGEST_HINT and not before.endswith("?")
        if part == chosen and screening.possible is DangerKind.SELF_HARM and is_hint:
            return before
    return chosen


def _find_part(line: str, part: str) -> int:
    """Return where a part begins, which may lack the commas and dashes between those that it was joined from."""
    found = re.search(r"[,\s–—-]+".join(map(re.escape, part.split())), line)
    return found.start() if found else 0
