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


_INSURANCE = re.compile(r"\{(?:CARRIER|PLAN|MEMBER_ID|GROUP_NUMBER)\}")


def choose_question(marked: str) -> tuple[str, int]:
    """Return the question with the most points, and the points.

    If no word says what the message asks, one that only names an insurance is taken to give it for the record.

    Args:
        marked: The message as `mark_text` returns it.
    """
    points = {question: sum(worth for cue, worth in cues if cue.search(marked)) for question, cues in _cues().items()}
    best = max(points, key=lambda question: points[question])
    if points[best]:
        return best, points[best]
    if _INSURANCE.search(marked):
        return ("eligibility" if "?" in marked else "update_card"), 0
    return "other", 0


@cache
def _cues() -> dict[str, list[tuple[re.Pattern[str], int]]]:
    table = tomllib.loads((files("classifier.insurance") / "cues.toml").read_text(encoding="utf-8"))
    return {question: [(re.compile(cue), worth) for cue, worth in cues.items()] for question, cues in table.items()}
