"""Messages with their values marked, for tests of the insurance record."""

from __future__ import annotations

import re

from classifier.entities.entity import MODEL, Entity
from classifier.insurance import assemble_record
from intake.vocabulary import EntityKind

_MARK = re.compile(r"\[([A-Z_]+) ([^\]]*)\]")


def record(marked: str) -> dict[str, object]:
    """The record of a message in which each value is written as `[KIND value]`."""
    text, entities, last = "", [], 0
    for mark in _MARK.finditer(marked):
        text += marked[last : mark.start()]
        entities.append(Entity(EntityKind(mark[1]), len(text), len(text) + len(mark[2]), 1.0, MODEL))
        text, last = text + mark[2], mark.end()
    text += marked[last:]
    found = assemble_record(text, entities)
    for field, spans in found.spans().items():
        values = getattr(found, field)
        assert [span is None for span in spans] == [value is None for value in values]
    return found.values()
