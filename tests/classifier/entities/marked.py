"""What the network finds in a message, for tests of what is made of it."""

from __future__ import annotations

import re
from collections.abc import Iterable

from classifier.entities.entity import MODEL, Entity
from intake.vocabulary import EntityKind

_MARK = re.compile(r"\[([A-Z_]+) ([^\]]*)\]")


def read_marked(marked: str, sure: float = 0.9) -> tuple[str, list[Entity]]:
    """The text and the entities of a message in which each value is written as `[KIND value]`."""
    text, entities, last = "", [], 0
    for mark in _MARK.finditer(marked):
        text += marked[last : mark.start()]
        entities.append(Entity(EntityKind(mark[1]), len(text), len(text) + len(mark[2]), sure, MODEL))
        text, last = text + mark[2], mark.end()
    return text + marked[last:], entities


def written(text: str, entities: Iterable[Entity]) -> list[str]:
    """Each entity as its kind and what the text says there."""
    return [f"{entity.kind} {text[entity.start : entity.end]}" for entity in entities]
