"""Tables in `signs/` whose patterns must cover every word of a message, such as `signs/nudges.toml`."""

from __future__ import annotations

import re
from pathlib import Path

from classifier.rules.acknowledgement import TRIMMINGS, WORD_END
from classifier.rules.danger_signs import fill_in, parse_table
from classifier.text.covering import Row


def read_rows(file: Path) -> dict[str, tuple[Row, ...]]:
    """Return the rows of each table in a file but its `fragments`, with those that an acknowledgement may have.

    What a table `says` decides what a message is; it may have whatever is `beside`.
    """
    table = parse_table(file.read_text(encoding="utf-8"), file.name)
    fragments = table.pop("fragments")
    return {
        name: (
            *(
                (
                    re.compile(rf"(?:{fill_in(row, fragments, f'{file.name}: {name}')}){WORD_END}", re.IGNORECASE),
                    key == "says",
                )
                for key in ("says", "beside")
                for row in lists[key]
            ),
            *TRIMMINGS,
        )
        for name, lists in table.items()
    }


def read_fragments(file: Path) -> dict[str, str]:
    """Return the fragments of a file, filled in."""
    fragments: dict[str, str] = parse_table(file.read_text(encoding="utf-8"), file.name)["fragments"]
    return fragments
