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


_FACTS = re.compile(
    r"\{(?:MEMBER_ID|GROUP_NUMBER)\}|\b(?:subscriber|policy ?holder|titular|sub:|the insured:|insurance has (?:me"
    r"|us))|\b(?:insurance"
    r"|plan)[^.?\n]{0,20}\{(?:CARRIER|PLAN)\}"
)
_ASKS = re.compile(
    r"\?|\{(?:AMOUNT|CPT|CLAIM_NUMBER)\}|\b(?:am i|can i|do (?:i|you|u|y'?all)|does|will (?:you|they|it|u)"
    r"|are (?:you|u)"
    r"|is (?:it|that|this)|would|whether|wondering|can (?:you|u) (?:see|check|tell))\b"
)
_IS_ASKED = re.compile(r"\?|\b(?:can (?:i|we)|is (?:dr|doctor)|(?:do|does) (?:i|we|dr|doctor))\b")
_GIVES: Final = 3
"""What it weighs that a message tells the facts of a card and asks nothing."""
_INSURANCE = re.compile(r"\{(?:CARRIER|PLAN|MEMBER_ID|GROUP_NUMBER)\}")


def choose_question(marked: str) -> tuple[str, int, int]:
    """Return the question with the most points, the points, and those that its own words gave it.

    If no word says what the message asks, one that only names an insurance is taken to give it for the record.

    Args:
        marked: The message as `mark_text` returns it.
    """
    points = {question: points_of(question, marked) for question in _cues()}
    gives = {"update_card": _GIVES} if _FACTS.search(marked) and not _ASKS.search(marked) else {}
    best = max(points, key=lambda question: points[question] + gives.get(question, 0))
    if points[best] or gives:
        return best, points[best] + gives.get(best, 0), points[best]
    if _INSURANCE.search(marked):
        return ("eligibility" if _IS_ASKED.search(marked) else "update_card"), 0, 0
    return "other", 0, 0


def points_of(question: str, marked: str) -> int:
    """Return the points that the words of a message give to a question."""
    return sum(worth for cue, worth in _cues().get(question, ()) if cue.search(marked))


@cache
def _cues() -> dict[str, list[tuple[re.Pattern[str], int]]]:
    table = tomllib.loads((files("classifier.insurance") / "cues.toml").read_text(encoding="utf-8"))
    return {question: [(re.compile(cue), worth) for cue, worth in cues.items()] for question, cues in table.items()}
