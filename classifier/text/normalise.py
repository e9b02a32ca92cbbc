"""Reduce the many ways that phones type the same words to one spelling."""

from __future__ import annotations

import unicodedata
from typing import Literal

# NFKC sorts combining marks by swapping neighbors: 50,000 of them in a row would take seconds.
_MOST_AT_ONCE = 1000
_APOSTROPHES = str.maketrans("", "", "'’‘ʼ`´′＇")


def well_formed(text: str) -> str:
    """Return text that can be encoded: surrogate pairs are joined, lone surrogates become U+FFFD."""
    if text.isascii():
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def flattened(text: str) -> str:
    """Return the text in NFKC, single-spaced and without apostrophes ("Can’t  wait" becomes "Cant wait").

    Apostrophes are removed because half of all texters leave them out. Any string is accepted.
    """
    # Apostrophes first: NFKC turns a free-standing acute accent into a space and a combining mark.
    bare = well_formed(text).translate(_APOSTROPHES)
    return " ".join(_normalize("NFKC", bare).split())


def normalised(text: str) -> str:
    """Return the flattened text in lower case."""
    return flattened(text).lower()


def without_accents(text: str) -> str:
    """Return the text with each letter that carries a mark written as the bare letter ("está" becomes "esta")."""
    if text.isascii():
        return text
    return "".join(letter for letter in _normalize("NFKD", text) if not unicodedata.combining(letter))


def _normalize(form: Literal["NFKC", "NFKD"], text: str) -> str:
    """Return a text in a normal form; of a long one, a thousand characters at a time."""
    if text.isascii():
        return text
    parts = (text[start : start + _MOST_AT_ONCE] for start in range(0, len(text), _MOST_AT_ONCE))
    return "".join(unicodedata.normalize(form, part) for part in parts)
