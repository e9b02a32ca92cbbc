"""Messages about insurance with their records: those of the corpus, filled with values."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any, Final

from classifier.entities.spans import Span
from training.data.corpus import CorpusError, read_lines, read_rows, with_line_breaks
from training.data.marked_messages import parse_marked
from training.data.spans.rendering import render_spans
from training.data.spans.setting import Values
from training.data.spans.slots import read_kinds

FILE: Final = Path("entities") / "insurance.tsv"
MARKED_RECORDS: Final = {name: Path("entities") / f"{name}.tsv" for name in ("coverage", "abacus")}
"""Messages by strangers, with marked values, many of which say whose insurance it is."""
_SPANISH: Final = Path("entities") / "spanish.txt"
_REFERENCE = re.compile(r"([a-z0-9_]+?)(?:#(\d+))?")


@dataclass(frozen=True, slots=True)
class InsuranceMessage:
    """A message, its values, and what its record should be.

    Attributes:
        text: The message.
        spans: Its values, in order.
        record: The record, with values as the text writes them or in their one form.
        language: `en` or `es`.
    """

    text: str
    spans: tuple[Span, ...]
    record: Mapping[str, Any]
    language: str


def read_halves(corpus: Path) -> tuple[list[InsuranceMessage], list[InsuranceMessage]]:
    """Read the messages of the corpus in two halves: every second line, and the others.

    Each is filled with the same values every time, of those that the entity model is not trained with.

    Raises:
        CorpusError: A file cannot be read, or a line has the wrong columns.
    """
    spanish = frozenset(read_lines(corpus / _SPANISH))
    kinds = read_kinds(corpus)
    halves: tuple[list[InsuranceMessage], list[InsuranceMessage]] = ([], [])
    for number, (_, channel, text, record) in read_rows(corpus / FILE, 4):
        is_spanish = text in spanish
        values = Values(held_out=True, corpus=corpus)
        filled = render_spans(with_line_breaks(text), channel, Random(number), values, spanish=is_spanish)  # noqa: S311
        places: dict[str, list[str]] = {}
        for start, end, slot in filled.spans:
            places.setdefault(slot, []).append(filled.text[start:end])
        stated = {field: _with_values(value, places) for field, value in read_record(record, number).items()}
        spans = tuple((start, end, kinds[slot]) for start, end, slot in filled.spans)
        halves[(number - 1) % 2].append(InsuranceMessage(filled.text, spans, stated, "es" if is_spanish else "en"))
    return halves


def read_marked_records(path: Path) -> list[InsuranceMessage]:
    """Read the messages of a file with the columns language, channel, text with marked values, and record.

    Raises:
        CorpusError: The file cannot be read, or a line has the wrong columns, an unknown kind, or no record.
    """
    found: list[InsuranceMessage] = []
    for number, (language, channel, text, record) in read_rows(path, 4):
        message = parse_marked(text, channel, language, f"{path}:{number}")
        found.append(InsuranceMessage(message.text, message.spans, read_record(record, number), language))
    return found


def read_record(written: str, number: int) -> dict[str, Any]:
    """Return the record of a line.

    Raises:
        CorpusError: It is not a JSON object.
    """
    try:
        record = json.loads(written)
    except ValueError:
        record = None
    if not isinstance(record, dict):
        raise CorpusError(f"line {number} has a record that is not a JSON object: see corpus/entities/README.md")
    return record


def _with_values(stated: Any, places: Mapping[str, list[str]]) -> Any:
    """Return a field with the values of the slots that it names."""
    if isinstance(stated, list):
        return [_with_values(value, places) for value in stated]
    reference = _REFERENCE.fullmatch(stated) if isinstance(stated, str) else None
    if reference is None or reference[1] not in places:
        return stated
    return places[reference[1]][int(reference[2] or 1) - 1]
