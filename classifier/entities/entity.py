"""A part of a message that is an entity."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from intake.vocabulary import EntityKind

Places = tuple[tuple[int, int], ...]
"""Where some parts of a text start and end, in characters."""
MODEL: Final = "model"
"""`Entity.source` of what the network found."""


@dataclass(frozen=True, slots=True)
class Entity:
    """One value in a text: `text[start:end]`.

    Attributes:
        kind: What it is.
        start: Where it starts, in characters of the original text.
        end: Where it ends, in characters of the original text.
        confidence: The probability, 0–1, that it is one.
        source: What found it: `MODEL`, or the name of a rule.
    """

    kind: EntityKind
    start: int
    end: int
    confidence: float
    source: str
