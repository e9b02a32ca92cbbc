"""Row ids in requests: what cannot be one is nobody's, instead of an error in the database."""

from __future__ import annotations

from flask import Flask
from werkzeug.routing import IntegerConverter, Map

LARGEST_ID = 2**63 - 1
_MOST_DIGITS = 18


class RowId(IntegerConverter):
    """`<int:…>` in an address, which no number matches that is larger than a database can hold."""

    def __init__(self, url_map: Map) -> None:
        super().__init__(url_map, max=LARGEST_ID)


def bound_row_ids(app: Flask) -> None:
    """Let no address of a route that is registered from now on have a larger id."""
    app.url_map.converters = dict(app.url_map.converters, int=RowId)


def read_row_id(text: str) -> int | None:
    """Return the id that a form or a query names; None if it names none."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= _MOST_DIGITS else None
