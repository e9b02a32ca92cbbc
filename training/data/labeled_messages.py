"""Files of messages labeled with their correct intents, for comparing models."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

from classifier.understanding import INTENTS
from training.errors import TrainingError


class LabeledFileError(TrainingError):
    """A file of labeled messages that cannot be used. The error names the line and never quotes it."""


@dataclass(frozen=True, slots=True)
class LabeledMessage:
    """One message and its correct intent."""

    text: str = field(repr=False)
    intent: str


def read_labeled_messages(path: Path) -> list[LabeledMessage]:
    """Read a file of JSON objects, one per line, each with `text` and `intent`; ignore other keys and empty lines.

    Raises:
        LabeledFileError: The file is missing or empty, or a line is not such an object.
    """
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise LabeledFileError(
            f"{path} cannot be read ({type(error).__name__}): give a file of JSON lines, each with text and intent"
        ) from error
    messages = [_parse_line(line, f"{path}:{number}") for number, line in enumerate(lines, start=1) if line.strip()]
    if not messages:
        raise LabeledFileError(f"{path} has no messages: give a file of JSON lines, each with text and intent")
    return messages


def _parse_line(line: str, place: str) -> LabeledMessage:
    try:
        row = json.loads(line)
    except ValueError:
        row = None
    if not isinstance(row, dict) or not isinstance(row.get("text"), str):
        raise LabeledFileError(f"{place} is not a JSON object with a text: write one object a line")
    if row.get("intent") not in INTENTS:
        raise LabeledFileError(f"{place} has no known intent: expected one of {', '.join(INTENTS)}")
    return LabeledMessage(row["text"], row["intent"])
