"""The table of faults, on a terminal and in docs/faults.md."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from faults.run import Row
from faults.service import URGENT_WITHIN_SECONDS

HEADINGS = (
    *("fault", "database", "texts", "stored", "classified", "answered 0 / 1 / 2+"),
    *("opted-out texted", "urgent untold", "slowest told s", "recovery s", "verdict"),
)
WIDTHS = (52, 10, 5, 6, 10, 19, 16, 13, 14, 10)
BEGIN, END = "<!-- faults: written by `make faults` -->\n", "<!-- end of faults -->\n"


def header_line() -> str:
    """Return the headings for a terminal."""
    return _line(HEADINGS)


def row_line(row: Row) -> str:
    """Return a row for a terminal."""
    return _line(_cells(row))


def summary_line(rows: Sequence[Row]) -> str:
    """Return what the rows come to."""
    broken = [row for row in rows if row.breaches]
    return f"{len(rows)} kinds of faults, {len(rows) - len(broken)} without harm, {len(broken)} with a breach"


def write_markdown(rows: Sequence[Row], path: Path) -> None:
    """Put the table between the marks of a document.

    Raises:
        ValueError: The document has no marks.
    """
    before, begin, rest = path.read_text().partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{path} has no marks: add the lines {BEGIN.strip()} and {END.strip()}")
    headings = (HEADINGS[0], "what is done", *HEADINGS[1:])
    lines = [headings, ["---"] * len(headings)]
    lines += [[row.kind.name, row.kind.done, *_cells(row)[1:]] for row in rows]
    table = "".join(f"| {' | '.join(line)} |\n" for line in lines)
    path.write_text(f"{before}{begin}\n{table}\n{summary_line(rows)}.\n\n{end}{after}")


def _cells(row: Row) -> list[str]:
    counts = row.counts
    return [
        row.kind.name,
        row.kind.database,
        str(counts.texts),
        str(counts.stored),
        str(counts.classified),
        f"{counts.unanswered} / {counts.answered} / {counts.doubled}",
        str(counts.opted_out_texted),
        str(counts.urgent_untold),
        _telling(row),
        _seconds(counts.recovery, "never"),
        "; ".join(row.breaches) or "ok",
    ]


def _telling(row: Row) -> str:
    """Return how long staff were not told, and the limit if it is a fault's own."""
    shown, limit = _seconds(row.counts.slowest_telling, "–"), row.kind.urgent_within
    return shown if limit == URGENT_WITHIN_SECONDS else f"{shown} (limit {limit:g})"


def _seconds(seconds: float | None, otherwise: str) -> str:
    return otherwise if seconds is None else f"{seconds:.1f}"


def _line(cells: Sequence[str]) -> str:
    padded = [cell.ljust(width) for cell, width in zip(cells, WIDTHS, strict=False)]
    return "  ".join([*padded, cells[-1]])
