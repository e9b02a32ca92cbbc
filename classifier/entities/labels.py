"""The columns of the entity network: for each kind, the first token of a value and the tokens after it."""

from __future__ import annotations

from typing import Final

from intake.vocabulary import EntityKind

OUTSIDE: Final = "O"
KINDS: Final = tuple(EntityKind)
LABELS: Final = (OUTSIDE, *(f"{place}-{kind}" for kind in KINDS for place in "BI"))
"""The labels of a token, in the order of the network's columns."""


def first_column(kind: EntityKind) -> int:
    """Return the column of the first token of a value; that of the tokens after it is the next one."""
    return 1 + 2 * KINDS.index(kind)
