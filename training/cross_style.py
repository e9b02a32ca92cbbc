"""The cross-style test set: messages written separately, in a deliberately different style.

It is for testing alone. Nothing may be trained, tuned, selected or given a threshold on it, so only
`training.evaluate`, which changes no weight, imports this module.
"""

from __future__ import annotations

import json
from pathlib import Path

from training.corpus import CORPUS

CROSS_STYLE = CORPUS / "test" / "crossstyle.jsonl"


def read_cross_style(path: Path = CROSS_STYLE) -> tuple[list[str], list[str]]:
    """Return the texts of the cross-style test and their intents."""
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return [row["text"] for row in rows], [row["intent"] for row in rows]
