"""The generated messages so far, one line per batch, so that an interrupted run can resume."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from training.generation.parsing import Written
from training.json_lines import JsonLines, JsonLinesError


class Journal:
    """The journal of one folder."""

    def __init__(self, lines: JsonLines, plan: str) -> None:
        """Load the journal.

        Args:
            lines: The file.
            plan: The fingerprint of the plan.

        Raises:
            JsonLinesError: The file belongs to a different plan.
        """
        self._lines = lines
        entries = lines.read()
        if not entries:
            lines.append({"plan": plan})
        elif entries[0] != {"plan": plan}:
            raise JsonLinesError(
                f"{lines.path} belongs to another version of the recipe: choose another folder, or remove this one"
            )
        self.written = {entry["cell"]: _written(entry) for entry in entries[1:]}

    def add(self, batch: str, written: Written) -> None:
        """Add the messages of a batch."""
        texts = {str(index): text for index, text in written.texts.items()}
        self._lines.append({"cell": batch, "texts": texts, "rejected": dict(written.rejected)})
        self.written[batch] = written


def _written(entry: Mapping[str, Any]) -> Written:
    return Written({int(index): text for index, text in entry["texts"].items()}, entry["rejected"])
