"""The messages on which the entity model is measured: the cross-style test and those by strangers, with their values.

They are used only for testing: only `training.evaluation` imports this module.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from classifier.entities.spans import Span
from intake.vocabulary import EntityKind
from training.data import cross_style
from training.data.corpus import CorpusError, read_lines, read_rows, with_line_breaks
from training.data.insurance_messages import InsuranceMessage, read_record

_FOLDER: Final = Path("held_back") / "entities"
SETS: Final = ("dense", "lookalikes")
"""The names of the sets by strangers."""
FILES: Final = (cross_style.FILE, *(_FOLDER / f"{name}.tsv" for name in SETS))
"""The paths of all test messages in the corpus folder."""
INSURANCE: Final = _FOLDER / "insurance.tsv"
"""The path of the messages about insurance, whose records are tested."""

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


def read_entity_tests(corpus: Path) -> dict[str, list[MarkedMessage]]:
    """Read the sets by name: `cross_style`, `dense` and `lookalikes`.

    Raises:
        CorpusError: A file cannot be read, or a line does not have the format that `corpus/README.md` describes.
    """
    strangers = {name: list(_read_marked(corpus / _FOLDER / f"{name}.tsv")) for name in SETS}
    return {"cross_style": list(_read_cross_style(corpus)), **strangers}


def _read_marked(path: Path) -> Iterator[MarkedMessage]:
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
        spans.append((len(text), len(text) + len(found[2]), _kind(found[1], place)))
        text, last = text + found[2], found.end()
    return MarkedMessage(text + marked[last:], tuple(spans), channel, language)


def _kind(name: str, place: str) -> EntityKind:
    try:
        return EntityKind(name)
    except ValueError:
        raise CorpusError(f"{place} has the unknown kind {name!r}, expected one of {', '.join(EntityKind)}") from None


def _read_cross_style(corpus: Path) -> Iterator[MarkedMessage]:
    for number, line in enumerate(read_lines(corpus / cross_style.FILE), start=1):
        place = f"{cross_style.FILE}:{number}"
        try:
            row: dict[str, Any] = json.loads(line)
            text, channel = str(row["text"]), str(row["channel"])
            values = [(str(value), str(kind)) for value, kind in row["spans"]]
        except (ValueError, TypeError, KeyError):
            raise CorpusError(f"{place} is not a JSON object with text, channel and spans") from None
        yield MarkedMessage(text, tuple(_places(text, values, place)), channel, "en")


def _places(text: str, values: list[tuple[str, str]], place: str) -> Iterator[Span]:
    """Yield the places of values that are listed without them: each after the one before, if it is there."""
    last = 0
    for value, kind in values:
        start = text.find(value, last)
        start = text.find(value) if start < 0 else start
        if start < 0 or not value:
            raise CorpusError(f"{place} lists a value that is not in its text")
        last = start + len(value)
        yield start, last, _kind(kind, place)


def read_insurance_tests(corpus: Path) -> list[InsuranceMessage]:
    """Read the messages about insurance by strangers, with their records.

    Raises:
        CorpusError: The file cannot be read, or a line does not have the format that `corpus/README.md` describes.
    """
    path = corpus / INSURANCE
    found: list[InsuranceMessage] = []
    for number, (language, channel, text, record) in read_rows(path, 4):
        message = parse_marked(text, channel, language, f"{path}:{number}")
        found.append(InsuranceMessage(message.text, message.spans, read_record(record, number), language))
    return found
