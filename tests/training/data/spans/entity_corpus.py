"""The messages of the entity model, read once for all tests of a process: it takes seconds."""

from __future__ import annotations

from functools import cache

from training.data.corpus import CORPUS
from training.data.spans.messages import SpanMessage, read_span_messages


@cache
def entity_messages() -> tuple[SpanMessage, ...]:
    """Every message of the corpus whose values are all slots."""
    return tuple(read_span_messages(CORPUS))
