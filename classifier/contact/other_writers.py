"""Recognize who writes from a patient's phone and asks what they wrote, from `signs/other_writers.toml`."""

from __future__ import annotations

import re
from functools import cache
from typing import Final, NamedTuple

from classifier.folders import SIGNS
from classifier.rules.danger_signs import compile_words
from classifier.rules.screen import break_sentences

TABLE: Final = SIGNS / "other_writers.toml"
MOST_CHARACTERS: Final = 200
"""Who takes a phone to ask what it is about writes no letter."""


class _Words(NamedTuple):
    """What says that another person writes, what they ask, what is enough by itself, and what says otherwise."""

    other: re.Pattern[str]
    asks: re.Pattern[str]
    demands: re.Pattern[str]
    patient: re.Pattern[str]


def is_other_writer(text: str) -> bool:
    """Return whether somebody else than the patient seems to write, and asks what the patient or the practice wrote.

    Args:
        text: Any string.
    """
    if len(text) > MOST_CHARACTERS:
        return False
    sentences = break_sentences(text)
    words = load_other_writers()
    if words.demands.search(sentences):
        return True
    asks = words.other.search(sentences) and words.asks.search(sentences)
    return asks is not None and words.patient.search(sentences) is None


@cache
def load_other_writers() -> _Words:
    """Return the compiled table, read once per process."""
    return _Words(*compile_words(TABLE, _Words._fields))
