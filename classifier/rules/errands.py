"""Recognize errands and good news in the words of a danger, from `signs/errands.toml`: "I killed it at PT".

A network that must miss nobody raises some of them. Like an everyday complaint (`minor_complaints.py`), such a message
has nothing that may be worse beside what it says.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Final, NamedTuple

from classifier.folders import SIGNS
from classifier.rules.danger_signs import compile_words
from classifier.rules.minor_complaints import load_minor
from classifier.rules.screen import break_sentences

TABLE: Final = SIGNS / "errands.toml"
MOST_CHARACTERS: Final = 240
"""Longer messages say something else, too."""


def is_errand(text: str) -> bool:
    """Return whether a message has an errand or good news in the words of a danger, and nothing that may be worse.

    Args:
        text: Any string.
    """
    sentences = _read_short(text)
    words = load_errands()
    if words.person.search(sentences):
        return not re.search(r"\w", words.of_person.sub("", sentences))
    if words.awaits.search(sentences) and not _ties(words.of_waiting.sub(" ", sentences)):
        return True
    return words.says.search(sentences) is not None and not _ties(words.says.sub(" ", sentences))


def is_visit_log(text: str) -> bool:
    """Return whether a message only logs a visit to a patient's home, with ordinary numbers.

    Args:
        text: Any string.
    """
    sentences = _read_short(text)
    words = load_errands()
    if not words.log.search(sentences) or not words.numbers.search(sentences):
        return False
    return not _ties(words.ordinary.sub(" ", words.numbers.sub(" ", sentences)))


def was_seen(text: str) -> bool:
    """Return whether somebody was seen in a hospital, is well, and says that it is no emergency.

    Args:
        text: Any string.
    """
    sentences = _read_short(text)
    words = load_errands()
    told = (words.no_emergency, words.seen, words.well)
    return all(found.search(sentences) for found in told) and not words.again.search(sentences)


def _read_short(text: str) -> str:
    return break_sentences(text) if len(text) <= MOST_CHARACTERS else ""


def _ties(rest: str) -> bool:
    """Return whether what is left of a message may be something worse."""
    words, minor = load_errands(), load_minor()
    if words.frail.search(rest):
        return True
    return minor.ties.search(minor.eased.sub(" ", words.eased.sub(" ", rest))) is not None


class _Errands(NamedTuple):
    """What says it, what is well beside it, what may be worse, and the notes of a visit and of a hospital."""

    says: re.Pattern[str]
    eased: re.Pattern[str]
    frail: re.Pattern[str]
    log: re.Pattern[str]
    numbers: re.Pattern[str]
    ordinary: re.Pattern[str]
    no_emergency: re.Pattern[str]
    seen: re.Pattern[str]
    well: re.Pattern[str]
    again: re.Pattern[str]
    awaits: re.Pattern[str]
    of_waiting: re.Pattern[str]
    person: re.Pattern[str]
    of_person: re.Pattern[str]


@cache
def load_errands() -> _Errands:
    """Return the compiled table, read once per process."""
    return _Errands(*compile_words(TABLE, _Errands._fields))
