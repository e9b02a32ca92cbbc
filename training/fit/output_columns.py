"""The meaning of the columns of a network's output, and how each group of them is trained."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from classifier.outputs import (
    ALL_COLUMNS,
    DANGER_COLUMNS,
    INTENTS,
    LABELS,
    LANGUAGE_COLUMNS,
    LEVEL_COLUMNS,
    MENTION_COLUMNS,
)


@dataclass(frozen=True, slots=True)
class ColumnGroup:
    """Columns that are trained together.

    Attributes:
        columns: Their place in the output.
        targets: The place of their targets in `training.data.targets.targets_of`: one class for a softmax, one value
            per column otherwise.
        exclusive: Whether exactly one of them fits, so that they share a softmax; otherwise each is a logit of its own.
        weight: The weight of their loss, above 0.
    """

    columns: slice
    targets: slice
    exclusive: bool
    weight: float


def output_names(screens: bool) -> tuple[str, ...]:
    """Return the names of the output's columns.

    Args:
        screens: Whether the network has more outputs than the intents.
    """
    return ALL_COLUMNS if screens else INTENTS


def _groups() -> tuple[ColumnGroup, ...]:
    groups, column, target = [], 0, 0
    for names, exclusive, weight in (
        (LABELS, True, 1.0),
        (LANGUAGE_COLUMNS, True, 0.3),
        (LEVEL_COLUMNS, True, 1.0),
        (DANGER_COLUMNS, False, 0.5),
        # the mean over seven columns, of which at most two are ever wanted
        (MENTION_COLUMNS, False, 4.0),
    ):
        targets = 1 if exclusive else len(names)
        columns = slice(column, column + len(names))
        groups.append(ColumnGroup(columns, slice(target, target + targets), exclusive, weight))
        column, target = column + len(names), target + targets
    return tuple(groups)


SCREENING_GROUPS: Final = _groups()
"""The groups of a network with every column."""
LEVEL_GROUP: Final = SCREENING_GROUPS[2]
"""The group of the triage levels."""
INTENT_GROUPS: Final = (ColumnGroup(slice(0, len(INTENTS)), slice(0, 1), exclusive=True, weight=1.0),)
"""The only group of a network that knows the intents alone."""


def column_groups(columns: int) -> tuple[ColumnGroup, ...]:
    """Return the groups of a network with this many columns."""
    return INTENT_GROUPS if columns == len(INTENTS) else SCREENING_GROUPS
