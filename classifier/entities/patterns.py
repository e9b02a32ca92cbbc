"""Find what regular expressions describe, in a time that is linear in the length of the text.

A pattern starts at a literal or a look-behind, and repeats nothing without an upper limit, except for one class of
characters that the pattern's start cannot begin inside of.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from classifier.entities.entity import Entity
from classifier.entities.folding import Folded
from intake.vocabulary import EntityKind

CERTAIN: Final = 1.0
"""The confidence in a value whose form or check digit says what it is."""
LIKELY: Final = 0.9
"""The confidence in a value that the words around it explain."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """A rule that is a regular expression.

    Attributes:
        name: What the rule is called in `Entity.source`.
        kind: What it finds.
        expression: The regular expression. Of a match, the group `value` is taken if there is one.
        fits: Says whether the value that was found is one, in plain characters.
        confidence: How sure the rule is.
    """

    name: str
    kind: EntityKind
    expression: re.Pattern[str]
    fits: Callable[[str], bool] | None = None
    confidence: float = CERTAIN

    def find(self, folded: Folded) -> Iterator[Entity]:
        """Yield each value in a text."""
        group: str | int = "value" if "value" in self.expression.groupindex else 0
        for match in self.expression.finditer(folded.text):
            start, end = match.span(group)
            if start < end and (self.fits is None or self.fits(match[group])):
                yield entity_at(folded, start, end, self.kind, self.name, self.confidence)


def entity_at(folded: Folded, start: int, end: int, kind: EntityKind, source: str, confidence: float) -> Entity:
    """Return the entity that stands at a place of the plain text."""
    first, last = folded.original(start, end)
    return Entity(kind, first, last, confidence, source)


def any_of(words: Iterable[str]) -> str:
    """Return an expression for one of several words, the longest first."""
    return "(?:" + "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True)) + ")"


def pattern(
    name: str,
    kind: EntityKind,
    expression: str,
    fits: Callable[[str], bool] | None = None,
    confidence: float = CERTAIN,
) -> Pattern:
    """Return a rule whose expression ignores case."""
    return Pattern(name, kind, re.compile(expression, re.IGNORECASE), fits, confidence)
