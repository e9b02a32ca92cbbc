"""Recognize everyday complaints that nobody need be woken for, from `signs/minor.toml`: lice, an ingrown nail.

A network that must miss nobody raises some of them. A message names such a complaint and nothing else that may be
worse: no other symptom, no danger, nobody who is frail. It may then be for the same day, but it is no emergency.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Final, NamedTuple

from classifier.folders import SIGNS
from classifier.rules.danger_signs import compile_words
from classifier.rules.screen import break_sentences

TABLE: Final = SIGNS / "minor.toml"
MOST_CHARACTERS: Final = 240
"""Longer messages say something else, too."""


def is_minor(text: str) -> bool:
    """Return whether a message names an everyday complaint, and nothing that may be worse.

    Args:
        text: Any string.
    """
    if len(text) > MOST_CHARACTERS:
        return False
    sentences = break_sentences(text)
    minor = load_minor()
    return minor.names.search(sentences) is not None and not minor.ties.search(minor.eased.sub(" ", sentences))


class _Minor(NamedTuple):
    """What names such a complaint, what is said to be well, and what may be worse."""

    names: re.Pattern[str]
    eased: re.Pattern[str]
    ties: re.Pattern[str]


@cache
def load_minor() -> _Minor:
    """Return the compiled table, read once per process."""
    return _Minor(*compile_words(TABLE, _Minor._fields))
