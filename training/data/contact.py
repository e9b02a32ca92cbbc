"""The corpus's lines about the phone that patients write from: see `corpus/contact/README.md`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from classifier.contact.heard_contact import HeardContact
from training.data.corpus import CorpusError, read_rows

FOLDER: Final = Path("contact")
OTHERS: Final = ("no_call", "no_call_now", "answer")
"""The labels of lines that don't keep an answer back."""


@dataclass(frozen=True, slots=True)
class ContactLine:
    """A line: who wrote it, its language, its label in the corpus, and the text."""

    writer: str
    language: str
    label: str
    text: str

    @property
    def kind(self) -> HeardContact | None:
        """What the model should hear in it."""
        return None if self.label in OTHERS else HeardContact(self.label)


def read_contact_lines(corpus: Path) -> list[ContactLine]:
    """Read the lines of all writers.

    Raises:
        CorpusError: A file cannot be read, or a line has an unknown label.
    """
    return [line for path in sorted((corpus / FOLDER).glob("*.tsv")) for line in _read_lines(path)]


def _read_lines(path: Path) -> Iterator[ContactLine]:
    labels = (*HeardContact, *OTHERS)
    for number, (language, label, text) in read_rows(path, columns=3):
        if label not in labels:
            raise CorpusError(f"{path}:{number} has the label {label!r}, expected one of {', '.join(labels)}")
        yield ContactLine(path.stem, language, label, text)
