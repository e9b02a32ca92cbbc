"""The words of tags: how they are tidied, and which of them are the same tag."""

from __future__ import annotations

import re
import unicodedata

LONGEST_TAG = 30
MOST_TAGS = 10
"""How many tags a conversation may have."""


def tidy_tag(typed: str) -> str:
    """Return a tag as it is kept: without line breaks, doubled spaces, and a number sign before it."""
    return " ".join(unicodedata.normalize("NFC", typed).split()).removeprefix("#").strip()


def find_tag_problem(tag: str) -> str:
    """Return why a tidied tag cannot be used, empty if it can."""
    if not re.search(r"\w", tag):
        return "Write a word for the tag."
    if len(tag) > LONGEST_TAG:
        return f"A tag has at most {LONGEST_TAG} characters. Shorten it."
    if any(unicodedata.category(character).startswith("C") for character in tag):
        return "A tag cannot have control characters. Type it anew."
    return ""


def fold_tag(tag: str) -> str:
    """Return what two spellings of one tag have in common: capitals do not count."""
    return unicodedata.normalize("NFKC", tag.casefold())


def tag_value(practice: str, tag: str) -> str:
    """Return what the index of a tag is made of; no two practices share it."""
    return f"tag\n{practice}\n{fold_tag(tag)}"
