"""The log of every use of the test messages."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

RECORD = "READS.md"
_HEADER = """\
# Uses of the test messages

A test set becomes less informative with every decision that is based on it. Every evaluation that uses the cross-style
test or the held-back messages adds a line here before it reads them.

| date | model | files | command |
|---|---|---|---|
"""


def record_read(corpus: Path, day: date, version: str, files: Sequence[Path], command: str) -> None:
    """Record that an evaluation is about to use test messages.

    Args:
        corpus: The corpus folder, which contains the log.
        day: The current date.
        version: The version of the evaluated model.
        files: The files, relative to the corpus folder.
        command: The command that was entered.
    """
    record = corpus / RECORD
    if not record.exists():
        record.write_text(_HEADER, encoding="utf-8")
    names = ", ".join(f"`{file.as_posix()}`" for file in files)
    with record.open("a", encoding="utf-8") as lines:
        lines.write(f"| {day.isoformat()} | `{version}` | {names} | `{command}` |\n")
