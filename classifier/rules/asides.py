"""Recognize what patients write soon after an emergency that is about something else, from `signs/asides.toml`.

Most of it is found as in `nudges.py`, by patterns that must account for every word. Of anything else, this only says
that it names what an office does and nothing that may be about the emergency: the network has to be sure of it, too.
"""

from __future__ import annotations

import re
from enum import Enum, auto
from functools import cache
from typing import Final

from classifier.folders import SIGNS
from classifier.rules.covering_tables import read_rows
from classifier.rules.danger_signs import compile_words
from classifier.rules.screen import break_sentences, is_urgent
from classifier.text.covering import Row, covers_message
from classifier.text.normalise import flattened, without_accents

TABLE: Final = SIGNS / "asides.toml"
MOST_CHARACTERS: Final = 160
"""Longer messages say something else, too."""


class Aside(Enum):
    """What a message says that is not about an emergency before it.

    A plain question, such as for the way; that nobody is ill, only lost; or what may be a matter for the office.
    """

    QUESTION = auto()
    FINE = auto()
    OFFICE = auto()


def read_aside(text: str) -> Aside | None:
    """Return what a message says besides an emergency, None if it may be about that, too.

    Args:
        text: Any string.
    """
    if len(text) > MOST_CHARACTERS or is_urgent(text):
        return None
    message = without_accents(flattened(text))
    for aside, rows in load_asides().items():
        if covers_message(message, rows):
            return aside
    sentences = break_sentences(text)
    names, ties = load_office_words()
    return Aside.OFFICE if names.search(sentences) and not ties.search(sentences) else None


@cache
def load_asides() -> dict[Aside, tuple[Row, ...]]:
    """Return the rows that must cover a message that says each of them, read once per process."""
    rows = read_rows(TABLE)
    return {Aside.QUESTION: rows["asks"], Aside.FINE: rows["fine"]}


@cache
def load_office_words() -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Return what names a matter for the office, and what may be about the emergency, read once per process."""
    names, ties = compile_words(TABLE, ("names", "ties"))
    return names, ties
