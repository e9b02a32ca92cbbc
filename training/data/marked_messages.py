"""Messages whose values are marked where they stand, as in `[[NAME|Ana]]`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from classifier.entities.spans import Span
from intake.vocabulary import EntityKind
from training.data.corpus import CorpusError, read_rows, with_line_breaks

_MARK = re.compile(r"\[\[([A-Z_]+)\|(.*?)\]\]", re.DOTALL)


@dataclass(frozen=True, slots=True)
class MarkedMessage:
    """A message and its values.

    Attributes:
        text: The message.
        spans: Its values, in order.
        channel: `sms`, `voicemail`, `chat`, `web_form` or `email`.
        language: `en` or `es`.
    """

    text: str
    spans: tuple[Span, ...]
    channel: str
    language: str


def read_marked(path: Path) -> Iterator[MarkedMessage]:
    """Yield the messages of a file with the columns language, channel, and text.

    Raises:
        CorpusError: The file cannot be read, a line has the wrong columns, or a kind is unknown.
    """
    for number, (language, channel, text) in read_rows(path, 3):
        yield parse_marked(text, channel, language, f"{path}:{number}")


def parse_marked(line: str, channel: str, language: str, place: str) -> MarkedMessage:
    """Return a message whose values are marked as `[[KIND|value]]`.

    Raises:
        CorpusError: A kind is unknown.
    """
    marked = with_line_breaks(line)
    text, spans, last = "", [], 0
    for found in _MARK.finditer(marked):
        text += marked[last : found.start()]
        spans.append((len(text), len(text) + len(found[2]), entity_kind(found[1], place)))
        text, last = text + found[2], found.end()
    return MarkedMessage(text + marked[last:], tuple(spans), channel, language)


def entity_kind(name: str, place: str) -> EntityKind:
    """Return a kind by its name.

    Raises:
        CorpusError: There is none of this name.
    """
    try:
        return EntityKind(name)
    except ValueError:
        raise CorpusError(f"{place} has the unknown kind {name!r}, expected one of {', '.join(EntityKind)}") from None
