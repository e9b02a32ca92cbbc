"""Recognize patients who can't be called, as they don't hear or speak, from the table in `signs/text_only.toml`."""

from __future__ import annotations

import re
from functools import cache
from typing import Final, NamedTuple

from classifier.folders import SIGNS
from classifier.rules.danger_signs import compile_words
from classifier.rules.screen import break_sentences

MOST_CHARACTERS: Final = 400
"""Who writes a letter may tell of ears and voices for many reasons."""

TABLE: Final = SIGNS / "text_only.toml"


class _Words(NamedTuple):
    """What is enough by itself, what makes calls hard, a wish for texts, and what says that it passes."""

    cannot: re.Pattern[str]
    hardly: re.Pattern[str]
    texts: re.Pattern[str]
    for_now: re.Pattern[str]


def is_text_only(text: str) -> bool:
    """Return whether a message says that its writer can't be called, and has to be written to.

    Args:
        text: Any string.
    """
    if len(text) > MOST_CHARACTERS:
        return False
    sentences = break_sentences(text)
    words = load_text_only()
    lasting = [line for line in sentences.split("\n") if not words.for_now.search(line)]
    if any(words.cannot.search(line) for line in lasting):
        return True
    return any(words.hardly.search(line) for line in lasting) and words.texts.search(sentences) is not None


@cache
def load_text_only() -> _Words:
    """Return the compiled table, read once per process."""
    return _Words(*compile_words(TABLE, _Words._fields))
