"""Where a text is marked: names, dates, numbers, and the like, each with its kind."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from classifier.entities.entity import Entity
from intake.vocabulary import EntityKind

_STYLES = {
    **dict.fromkeys((EntityKind.NAME, EntityKind.ADDRESS, EntityKind.EMPLOYER), "who"),
    **dict.fromkeys((EntityKind.DATE, EntityKind.DOB), "when"),
}


@dataclass(frozen=True, slots=True)
class TextPart:
    """A part of a text.

    Attributes:
        text: the part; all parts together are the text.
        label: the kind of an entity in display words; empty for the words between entities.
        style: the CSS class of an entity's mark: `who`, `when`, or `number`.
    """

    text: str = field(repr=False)
    label: str = ""
    style: str = ""


def split_text(text: str, entities: Iterable[Entity]) -> list[TextPart]:
    """Return a text in parts. Of entities that overlap, the first counts; what is not within the text is left out."""
    parts: list[TextPart] = []
    place = 0
    for entity in sorted(entities, key=lambda entity: (entity.start, -entity.end)):
        if not place <= entity.start < entity.end <= len(text):
            continue
        if place < entity.start:
            parts.append(TextPart(text[place : entity.start]))
        kind = EntityKind(entity.kind)
        parts.append(TextPart(text[entity.start : entity.end], kind.words, _STYLES.get(kind, "number")))
        place = entity.end
    if place < len(text):
        parts.append(TextPart(text[place:]))
    return parts
