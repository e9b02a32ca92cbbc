"""Decide what a message about insurance or a bill asks."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from importlib.resources import files
from typing import Final

QUESTIONS: Final = (
    "eligibility", "claim_denied", "balance_dispute", "coordination", "prior_auth", "superbill", "payment_plan",
    "refund", "update_card", "other",
)  # fmt: skip
"""What a message may ask."""


def choose_question(marked: str) -> str:
    """Return the question with the most points, "other" if no word says what the message asks.

    Args:
        marked: The message as `mark_text` returns it.
    """
    points = {question: sum(worth for cue, worth in cues if cue.search(marked)) for question, cues in _cues().items()}
    best = max(points, key=lambda question: points[question])
    return best if points[best] else "other"


@cache
def _cues() -> dict[str, list[tuple[re.Pattern[str], int]]]:
    table = tomllib.loads((files("classifier.insurance") / "cues.toml").read_text(encoding="utf-8"))
    return {question: [(re.compile(cue), worth) for cue, worth in cues.items()] for question, cues in table.items()}
