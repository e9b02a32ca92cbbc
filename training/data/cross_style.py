"""The cross-style test: messages written separately, in a deliberately different style.

It is used only for testing. Nothing may be trained, tuned, selected or calibrated on it, so only
`training.evaluation.evaluate`, which changes no weights, imports this module.
"""

from __future__ import annotations

import json
from pathlib import Path

from training.data.corpus import CorpusError, CorpusMessage, read_lines

FILE = Path("test") / "crossstyle.jsonl"
"""Its path in the corpus folder."""


def read_cross_style(corpus: Path) -> list[CorpusMessage]:
    """Read the messages of the cross-style test, whose slots are already filled.

    Raises:
        CorpusError: The file cannot be read, or a line is not a JSON object with text, intent, practice and channel.
    """
    return [_message(line, number) for number, line in enumerate(read_lines(corpus / FILE), start=1)]


def _message(line: str, number: int) -> CorpusMessage:
    try:
        row = json.loads(line)
        return CorpusMessage(row["text"], row["intent"], row["practice"], row["channel"], "cross_style")
    except (ValueError, TypeError, KeyError):
        raise CorpusError(f"{FILE}:{number} is not a JSON object with text, intent, practice and channel") from None
