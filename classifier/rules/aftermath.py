"""Recognize what patients answer after an emergency that tells of no new danger, from `signs/aftermath.toml`.

Every word must be accounted for, and a certain danger sign always wins.
"""

from __future__ import annotations

import re
from enum import StrEnum
from functools import cache
from typing import Final

from classifier.folders import SIGNS
from classifier.rules.acknowledgement import FRIENDLY_SIGNS, WORD_END
from classifier.rules.danger_signs import fill_in, parse_table
from classifier.rules.screen import screen_text
from classifier.text.covering import Row, covers_all, end_of_gap
from classifier.text.normalise import normalised, without_accents

TABLE: Final = SIGNS / "aftermath.toml"
MOST_CHARACTERS: Final = 160
"""Longer messages say something else, too."""

_GAP: Final = re.compile(r'[ .,!;:()*"~–—-]*')
_CALLED: Final = re.compile(r"\b(?:911|988)\b")
_SIGNS: Final = re.compile(FRIENDLY_SIGNS)


class Update(StrEnum):
    """What a message says of an emergency that was answered before it; the first that fits all of its words counts."""

    THANKS = "thanks"
    HELPED = "helped"
    MISTAKEN = "mistaken"
    OVER = "over"
    HUSHED = "hushed"


def read_update(text: str) -> Update | None:
    """Return what a message says of an emergency, if that is all it says; None if it may say more.

    "Over" is only said of somebody else: whoever wants to die says "I'm fine" as well.

    Args:
        text: Any string.
    """
    if len(text) > MOST_CHARACTERS:
        return None
    message = without_accents(normalised(text))
    start = end_of_gap(message, 0, _GAP)
    found = (update for update, rows in load_updates().items() if covers_all(message, rows, _GAP, start))
    update = next(found, None)
    # To call a number is what was asked of them, so it alone is no sign of danger.
    is_danger = update is not None and screen_text(_CALLED.sub("them", text)).certain is not None
    return None if is_danger else update


@cache
def load_updates() -> dict[Update, tuple[Row, ...]]:
    """Return the rows that must cover a message that says each of them, read once per process.

    What decides is what it says itself. Thanks are no more than thanks; beside the others may stand those before them.
    """
    table = parse_table(TABLE.read_text(encoding="utf-8"), TABLE.name)
    fragments = table.pop("fragments")
    patterns = {
        name: [
            re.compile(rf"(?:{without_accents(fill_in(pattern, fragments, f'{TABLE.name}: {name}'))}){WORD_END}")
            for pattern in lists["says"]
        ]
        for name, lists in table.items()
    }
    rows: dict[Update, tuple[Row, ...]] = {}
    beside: tuple[Row, ...] = ((_SIGNS, False),)
    for update in Update:
        rows[update] = (*((pattern, True) for pattern in patterns[update]), *beside)
        beside += tuple((pattern, False) for pattern in patterns[update])
        if update is Update.THANKS:
            beside += tuple((pattern, False) for pattern in patterns["beside"])
    return rows
