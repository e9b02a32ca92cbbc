"""Whom a note mentions: `@` and a colleague's full name, or a first name that only one of them has."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from unicodedata import normalize

_AT = re.compile(r"(?<!\w)@")  # not the one of an email address


def find_mentions(text: str, names: Mapping[int, str]) -> list[int]:
    """Return the ids of the people whom a text mentions, in order and once each.

    The longest name that fits counts. A name that several people have mentions nobody, as it would be a guess.

    Args:
        text: the note.
        names: the full names of those who can be mentioned, by id.
    """
    known = _unambiguous({staff_id: " ".join(_plain(name).split()) for staff_id, name in names.items()})
    words = " ".join(_plain(text).split())
    starts = (match.end() for match in _AT.finditer(words))
    found = (_longest(words, start, known) for start in starts)
    return list(dict.fromkeys(staff_id for staff_id in found if staff_id is not None))


def _unambiguous(names: Mapping[int, str]) -> dict[str, int | None]:
    """Return whom each full name and each first name means; None if that is more than one person."""
    whole = [(name, staff_id) for staff_id, name in names.items() if name]
    first = [(name.partition(" ")[0], staff_id) for name, staff_id in whole if " " in name]
    return _of_one(first) | _of_one(whole)


def _of_one(named: Iterable[tuple[str, int]]) -> dict[str, int | None]:
    known = list(named)
    often = Counter(name for name, _ in known)
    return {name: staff_id if often[name] == 1 else None for name, staff_id in known}


def _longest(words: str, start: int, known: Mapping[str, int | None]) -> int | None:
    fitting = [name for name in known if words.startswith(name, start) and not _goes_on(words, start + len(name))]
    return known[max(fitting, key=len)] if fitting else None


def _goes_on(words: str, end: int) -> bool:
    return words[end : end + 1].isalnum()


def _plain(text: str) -> str:
    return normalize("NFC", text).casefold()
