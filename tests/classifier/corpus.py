"""Reads the training corpus, with its slots filled in one plain way."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from classifier import INTENTS

CORPUS = Path(__file__).parents[2] / "training" / "corpus"

_VALUES = {
    "first_name": "Maria",
    "full_name": "Maria Lopez",
    "provider_name": "Dr. Patel",
    "date": "April 12",
    "phone": "(202) 555-0123",
    "email": "maria@example.com",
    "amount": "$40",
    "address": "12 Oak Street",
    "dob": "4/12/1970",
}
_SLOT = re.compile(r"\{(\w+)\}")


class Line(NamedTuple):
    """One message: what it is, by the file it stands in, and its text."""

    kind: str
    text: str


def rendered(text: str) -> str:
    return _SLOT.sub(lambda slot: _VALUES.get(slot[1], "Smith"), text)


def columns(path: Path) -> Iterator[list[str]]:
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            yield line.rstrip("\n").split("\t")


def intent_lines() -> Iterator[Line]:
    """Every message of every intent, the harder ones included."""
    intent_files = [path for intent in INTENTS for path in CORPUS.glob(f"*/{intent}.tsv")]
    for path in sorted([*intent_files, *CORPUS.glob("extra/*.tsv")]):
        for first, _, _, text in columns(path):
            yield Line(first if path.parent.name == "extra" else path.stem, rendered(text))


def out_of_scope_lines() -> Iterator[Line]:
    for _, kind, text in columns(CORPUS / "out_of_scope.tsv"):
        yield Line(kind, rendered(text))


def urgency_lines() -> Iterator[Line]:
    for urgent, _, _, text in columns(CORPUS / "urgency.tsv"):
        yield Line("urgent" if urgent == "1" else "near miss", rendered(text))
