"""Recognize messages that only give a detail, from `signs/details.toml`: "since Monday", "she is 8", "my left knee".

They answer a question, and say nothing by themselves. The network, which does not see the question, takes some of them
for emergencies. Every word must be accounted for, as in `acknowledgement.py`.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Final

from classifier.folders import SIGNS
from classifier.rules.covering_tables import read_rows
from classifier.text.covering import Row, covers_all, end_of_gap
from classifier.text.normalise import normalised, without_accents

TABLE: Final = SIGNS / "details.toml"
MOST_CHARACTERS: Final = 120
"""Longer messages say something else, too."""

_GAP: Final = re.compile(r"[ .,!;:¡()*~–—-]*")


def is_detail(text: str) -> bool:
    """Return whether a message gives details such as an age, a duration, or a place, and says nothing else.

    Args:
        text: Any string.
    """
    if len(text) > MOST_CHARACTERS:
        return False
    message = without_accents(normalised(text)).rstrip("?")
    return covers_all(message, load_details(), _GAP, end_of_gap(message, 0, _GAP))


@cache
def load_details() -> tuple[Row, ...]:
    """Return the rows that must cover such a message, read once per process."""
    return tuple(row for rows in read_rows(TABLE).values() for row in rows)
