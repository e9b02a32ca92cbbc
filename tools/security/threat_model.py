"""The table of `docs/security.md`: each threat, and the tests that hold it off."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

DOCUMENT: Final = Path(__file__).parents[2] / "docs" / "security.md"


@dataclass(frozen=True, slots=True)
class Threat:
    """One line of the table.

    Attributes:
        name: its id, such as T1.
        tests: the tests that hold it off, as pytest names them.
    """

    name: str
    tests: tuple[str, ...]


def read_threats(document: Path = DOCUMENT) -> list[Threat]:
    """Return the lines of the table."""
    rows = [line.split(" | ") for line in document.read_text().splitlines() if re.match(r"\| T\d+ \|", line)]
    return [Threat(row[0].removeprefix("| "), tuple(re.findall(r"`([^`]+)`", row[-1]))) for row in rows]
