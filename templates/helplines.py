"""The numbers that replies to emergencies must name, whatever a practice writes in them."""

from __future__ import annotations

import re

from intake.vocabulary import Intent, ReplyName

CHILD_ABUSE_LINE = "1-800-422-4453"
"""Childhelp, which takes calls and texts day and night, also in Spanish."""
VIOLENCE_LINE = "1-800-799-7233"
"""The National Domestic Violence Hotline, day and night, also in Spanish."""

# A number counts only on its own, not as a part of a longer one.
_PATTERNS = {
    "911": re.compile(r"(?<!\d)(?<!\d[-.])911(?![-.]?\d|\) ?\d)"),
    "988": re.compile(r"(?<!\d)(?<!\d[-.])988(?![-.]?\d|\) ?\d)"),
    "1-800-222-1222": re.compile(r"(?<!\d)(?:1[-. ]?)?\(?800\)?[-. ]?222[-. ]?1222(?!\d)"),
}
_REQUIRED: dict[Intent | ReplyName, tuple[str, ...]] = {
    ReplyName.URGENT: ("911",),
    ReplyName.URGENT_SELF_HARM: ("911", "988"),
    ReplyName.URGENT_INGESTION: ("911", "1-800-222-1222"),
    ReplyName.URGENT_AGAIN: ("911",),
    ReplyName.URGENT_AGAIN_SELF_HARM: ("911", "988"),
    ReplyName.URGENT_AGAIN_INGESTION: ("911", "1-800-222-1222"),
}


def missing_helplines(name: Intent | ReplyName, text: str) -> list[str]:
    """Return the numbers that a reply must name and does not: 911, the Suicide & Crisis Lifeline, Poison Control.

    Args:
        name: what the reply answers.
        text: the reply as a patient reads it.
    """
    return [number for number in _REQUIRED.get(name, ()) if not _PATTERNS[number].search(text)]
