"""A message with its entities' kinds in place of their values, so that the words around each can be examined."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from classifier.entities.entity import Entity
from classifier.entities.folding import fold
from intake.vocabulary import EntityKind

_NEAR: Final = 90
"""How many characters around an entity are examined."""


@dataclass(frozen=True, slots=True)
class Mention:
    """An entity and the words around it, in plain lower case, with kinds such as `{NAME}` in place of values.

    Attributes:
        entity: The entity.
        value: What the text says there.
        place: Where its `{KIND}` starts in the marked text.
        before: The marked text before it, as far as it is near.
        after: The marked text after it, as far as it is near.
    """

    entity: Entity
    value: str
    place: int
    before: str
    after: str

    @property
    def kind(self) -> EntityKind:
        """What kind of entity it is."""
        return self.entity.kind


def mark_text(text: str, entities: Sequence[Entity]) -> tuple[str, list[Mention]]:
    """Return the marked text, and each entity in it.

    Args:
        text: The message.
        entities: Its entities, in its order, without overlaps.
    """
    parts: list[str] = []
    places: list[tuple[int, int]] = []
    length = end = 0
    for entity in entities:
        words, sign = _plain(text[end : entity.start]), f"{{{entity.kind}}}"
        parts += (words, sign)
        places.append((length + len(words), length + len(words) + len(sign)))
        length, end = places[-1][1], entity.end
    marked = "".join((*parts, _plain(text[end:])))
    return marked, [
        Mention(
            entity,
            value=text[entity.start : entity.end],
            place=first,
            before=marked[max(first - _NEAR, 0) : first],
            after=marked[last : last + _NEAR],
        )
        for entity, (first, last) in zip(entities, places, strict=True)
    ]


def _plain(words: str) -> str:
    return fold(words).text.lower().replace("{", "(").replace("}", ")")
