"""The record of every reading of the messages that are for testing alone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

RECORD = "READS.md"
_HEADER = """\
# Readings of the test messages

A test set tells less each time something is decided by it. Every evaluation that read the cross-style test or the
held-back messages has its line here, written before it read them.

| date | model | files | command |
|---|---|---|---|
"""


def record_read(corpus: Path, day: date, version: str, files: Sequence[Path], command: str) -> None:
    """Write down that an evaluation is about to read test messages.

    Args:
        corpus: The corpus folder, where the record lies.
        day: When.
        version: The model that will read them.
        files: Where they lie in the corpus folder.
        command: What was typed.
    """
    record = corpus / RECORD
    if not record.exists():
        record.write_text(_HEADER, encoding="utf-8")
    names = ", ".join(f"`{file.as_posix()}`" for file in files)
    with record.open("a", encoding="utf-8") as lines:
        lines.write(f"| {day.isoformat()} | `{version}` | {names} | `{command}` |\n")
