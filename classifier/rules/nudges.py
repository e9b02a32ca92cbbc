"""Recognize messages that only ask again, from `signs/nudges.toml`: "hello? anyone there", "any update?", "?".

They say nothing of what for, so they belong to whatever the patient wrote before. Every word must be accounted for, as
in `acknowledgement.py`.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Final

from classifier.folders import SIGNS
from classifier.rules.covering_tables import read_rows
from classifier.text.covering import Row, covers_message
from classifier.text.normalise import flattened, without_accents

TABLE: Final = SIGNS / "nudges.toml"
MOST_CHARACTERS: Final = 160
"""Longer messages say something else, too."""

_MARKS_ALONE: Final = re.compile(r'[ .,!?;:¿¡()*"~–—_❓❔❗❕-]+')


def is_nudge(text: str) -> bool:
    """Return whether a message only asks again, or asks if anybody is there, and says nothing of what for.

    Args:
        text: Any string.
    """
    if len(text) > MOST_CHARACTERS:
        return False
    message = without_accents(flattened(text))
    if _MARKS_ALONE.fullmatch(message):
        return True
    return covers_message(message, load_nudges())


@cache
def load_nudges() -> tuple[Row, ...]:
    """Return the rows that must cover such a message, read once per process."""
    return tuple(row for rows in read_rows(TABLE).values() for row in rows)
