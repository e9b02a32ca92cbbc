"""Tables as comma-separated values that a spreadsheet opens without running anything."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

from staff.figures.tables import Table

ALL_COLUMNS = ("Table", "Row", "Column", "Value")
_STARTS_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
_SPACES = " \u00a0\u3000"

Value = str | int | float


def write_one(table: Table) -> str:
    """Return a table with a header line."""
    heads = [column.in_file or column.heading for column in table.columns]
    return _write([heads, *([row.name, *(cell.value for cell in row.cells)] for row in table.rows)])


def write_all(tables: Iterable[Table]) -> str:
    """Return several tables as one, a figure to a line."""
    lines = [
        (table.caption, row.name, column.in_file or column.heading, cell.value)
        for table in tables
        for row in table.rows
        for column, cell in zip(table.columns[1:], row.cells, strict=True)
    ]
    return _write([ALL_COLUMNS, *lines])


def as_text(value: Value) -> Value:
    """Return a value that no spreadsheet takes for a formula: what begins like one gets an apostrophe in front."""
    if isinstance(value, str) and value.lstrip(_SPACES).startswith(_STARTS_FORMULA):
        return f"'{value}"
    return value


def _write(lines: Iterable[Sequence[Value]]) -> str:
    text = io.StringIO()
    csv.writer(text).writerows([as_text(value) for value in line] for line in lines)
    return text.getvalue()
