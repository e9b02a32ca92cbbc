"""The columns of a network's output: their names, and the groups that are decoded together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal, get_args

from intake import vocabulary
from intake.vocabulary import DangerKind, TriageLevel

Language = Literal["en", "es", "other"]
"""The languages that are told apart."""

LANGUAGES: Final[tuple[Language, ...]] = get_args(Language)
INTENTS: Final = tuple(intent.value for intent in vocabulary.INTENTS)
"""The intents' values, in order."""
OTHERS: Final = ("acknowledgement", "out_of_scope", "person", "praise")
"""The labels of messages that belong to no intent."""
LABELS: Final = (*INTENTS, *OTHERS)
"""Every label, of which exactly one fits a message; a network may know only the intents."""
LEVELS: Final = tuple(TriageLevel)
DANGERS: Final = (DangerKind.SELF_HARM, DangerKind.INGESTION)
"""The kinds of danger that have a column; every other danger is `OTHER`."""

LANGUAGE_COLUMNS: Final = tuple(f"language:{language}" for language in LANGUAGES)
"""One softmax: the language."""
LEVEL_COLUMNS: Final = tuple(f"triage:{level}" for level in LEVELS)
"""One softmax: the triage level."""
DANGER_COLUMNS: Final = tuple(f"danger:{kind}" for kind in DANGERS)
"""Each a logit of its own: whether the danger is of this kind."""
MENTION_COLUMNS: Final = tuple(f"mention:{intent}" for intent in INTENTS)
"""Each a logit of its own: whether the message asks for this, first or besides."""

ALL_COLUMNS: Final = (*LABELS, *LANGUAGE_COLUMNS, *LEVEL_COLUMNS, *DANGER_COLUMNS, *MENTION_COLUMNS)
"""Every column, in the order in which this project trains them."""


def check_columns(names: Sequence[str]) -> None:
    """Check the columns of a network: every intent, in any order, and any other label and whole groups of the rest.

    Raises:
        ValueError: An intent is missing, a group is incomplete, or a name is unknown or comes twice.
    """
    missing = [intent for intent in INTENTS if intent not in names]
    unknown = [name for name in names if name not in ALL_COLUMNS]
    if missing or unknown or len(set(names)) != len(names):
        raise ValueError(
            f"must be the intents {', '.join(INTENTS)} and at most {', '.join(ALL_COLUMNS[len(INTENTS) :])}"
        )
    for group in (LANGUAGE_COLUMNS, LEVEL_COLUMNS, DANGER_COLUMNS, MENTION_COLUMNS):
        if set(group) & set(names) and not set(group) <= set(names):
            raise ValueError(f"must have all of {', '.join(group)}, or none of them")
