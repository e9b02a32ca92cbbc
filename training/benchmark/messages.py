"""The messages that a benchmark is about."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from classifier.understanding import INTENTS
from training.benchmark.errors import BenchmarkError


@dataclass(frozen=True, slots=True)
class Labelled:
    """One message and its right intent."""

    text: str
    intent: str


def read_messages(path: Path) -> list[Labelled]:
    """Read a file of one JSON object a line, with `text` and `intent`; other keys are ignored.

    Raises:
        BenchmarkError: It is missing, empty, or a line is not such an object; no text is quoted.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise BenchmarkError(f"{path} cannot be read as text; name a file of JSON lines") from error
    messages = [_message(line, f"{path}:{number}") for number, line in enumerate(lines, start=1)]
    if not messages:
        raise BenchmarkError(f"{path} holds no messages; name a file of JSON lines with text and intent")
    return messages


def _message(line: str, place: str) -> Labelled:
    try:
        row = json.loads(line)
    except ValueError:
        row = None
    if not isinstance(row, dict) or not isinstance(row.get("text"), str):
        raise BenchmarkError(f"{place} is not a JSON object with a text; write one object a line")
    if row.get("intent") not in INTENTS:
        raise BenchmarkError(f"{place} has no known intent; expected one of {', '.join(INTENTS)}")
    return Labelled(row["text"], row["intent"])
