"""The messages on which the entity model is measured: the cross-style test and those by strangers, with their values.

They are used only for testing: only `training.evaluation` imports this module.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from classifier.entities.spans import Span
from training.data import cross_style
from training.data.corpus import CorpusError, read_lines
from training.data.insurance_messages import InsuranceMessage, read_marked_records
from training.data.marked_messages import MarkedMessage, entity_kind, read_marked

_FOLDER: Final = Path("held_back") / "entities"
SETS: Final = ("dense", "lookalikes")
"""The names of the sets by strangers."""
FILES: Final = (cross_style.FILE, *(_FOLDER / f"{name}.tsv" for name in SETS))
"""The paths of all test messages in the corpus folder."""
INSURANCE: Final = _FOLDER / "insurance.tsv"
"""The path of the messages about insurance, whose records are tested."""


def read_entity_tests(corpus: Path) -> dict[str, list[MarkedMessage]]:
    """Read the sets by name: `cross_style`, `dense` and `lookalikes`.

    Raises:
        CorpusError: A file cannot be read, or a line does not have the format that `corpus/README.md` describes.
    """
    strangers = {name: list(read_marked(corpus / _FOLDER / f"{name}.tsv")) for name in SETS}
    return {"cross_style": list(_read_cross_style(corpus)), **strangers}


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
        yield start, last, entity_kind(kind, place)


def read_insurance_tests(corpus: Path) -> list[InsuranceMessage]:
    """Read the messages about insurance by strangers, with their records.

    Raises:
        CorpusError: The file cannot be read, or a line does not have the format that `corpus/README.md` describes.
    """
    return read_marked_records(corpus / INSURANCE)
