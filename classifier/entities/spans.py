"""The ends of a value in a text: what belongs to it, and which neighbors are one value."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from intake.vocabulary import EntityKind

Span = tuple[int, int, EntityKind]
"""The start and end of a value, in characters, and its kind."""

_BETWEEN: Final = {
    EntityKind.NAME: re.compile(r" "),
    EntityKind.ADDRESS: re.compile(
        r"[\s,.]{0,3}(?:(?:apt|apto|apartment|apartamento|depto|departamento|unit|unidad|suite|ste|lot|zip code|zip|#)"
        r"\.?[\s#]{0,2})?",
        re.IGNORECASE,
    ),
}
_LONGEST_BETWEEN: Final = 20
_EDGES: Final = ' \t\n\r\f\v\u00a0,;:!?"“”«»…*_|=<>~'
_OPENING: Final = _EDGES + ".)]}-–—/'’`"
_CLOSING: Final = _EDGES + "([{-–—/'’`"
_POSSESSIVE = re.compile(r"['’`]s?$", re.IGNORECASE)
_ABBREVIATED = re.compile(r"(?:\b[A-Z]|\b(?:jr|sr|st|ave|blvd|rd|dr|ln|ct|apt))\.$", re.IGNORECASE)


def join_neighbors(text: str, spans: Iterable[Span]) -> list[Span]:
    """Join values that are one: a given and a family name, or a street with its unit, its city, and its ZIP code."""
    joined: list[Span] = []
    for start, end, kind in sorted(spans):
        between = _BETWEEN.get(kind)
        if joined and between and joined[-1][2] == kind and start - joined[-1][1] <= _LONGEST_BETWEEN:
            first, last, _ = joined[-1]
            if between.fullmatch(text[last:start]):
                joined[-1] = (first, max(last, end), kind)
                continue
        joined.append((start, end, kind))
    return joined


def trim_span(text: str, start: int, end: int, kind: EntityKind) -> tuple[int, int]:
    """Return the ends of a value without spaces, quotation marks, final punctuation, or a possessive.

    Nothing is left of a span that has nothing else: its ends are then the same.
    """
    while start < end and text[start] in _OPENING and not (kind is EntityKind.AMOUNT and text[start] == "-"):
        start += 1
    while start < end:
        found = text[start:end]
        if kind is EntityKind.NAME and (possessive := _POSSESSIVE.search(found)):
            end -= len(possessive[0])
        elif (
            found[-1] in _CLOSING
            or (found[-1] == "." and not (kind in _BETWEEN and _ABBREVIATED.search(found)))
            or (found[-1] in ")]}" and not any(mark in found for mark in "([{"))
        ):
            end -= 1
        else:
            break
    return start, end
