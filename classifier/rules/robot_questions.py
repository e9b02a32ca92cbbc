"""Recognize messages that only ask who answers, a person or a program, from `signs/robots.toml`: "are you a robot?".

Every word must be accounted for, as in `nudges.py`, so that no such message tells of anything else.
"""

from __future__ import annotations

from functools import cache
from typing import Final

from classifier.folders import SIGNS
from classifier.rules.covering_tables import read_rows
from classifier.text.covering import Row, covers_message
from classifier.text.normalise import flattened, without_accents
from intake.vocabulary import Language

TABLE: Final = SIGNS / "robots.toml"
MOST_CHARACTERS: Final = 160
"""Longer messages say something else, too."""


def robot_language(text: str) -> Language | None:
    """Return the language of a message that only asks if a person or a program answers; None of any other message.

    Args:
        text: Any string.
    """
    if len(text) > MOST_CHARACTERS:
        return None
    message = without_accents(flattened(text))
    return next((language for language, rows in load_robots().items() if covers_message(message, rows)), None)


@cache
def load_robots() -> dict[Language, tuple[Row, ...]]:
    """Return the rows that must cover such a message in each language, read once per process."""
    return {Language(name): rows for name, rows in read_rows(TABLE).items()}
