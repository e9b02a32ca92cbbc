"""Joins many regular expressions into one that tries, at each word, only those that can begin with its first letter.

Python's `re` tries all alternatives of an expression in turn. The tables of danger signs have about 1,100, so joining
them by their first letters makes the screen several times as fast.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

_LOOKBEHIND = re.compile(r"\(\?<!([^()|\\]*)\)")
_PLAIN_CLASS = re.compile(r"\[([a-z0-9]+)\]")
_REPEATED = ("?", "*", "+", "{")

# A pattern whose copies for its first letters would be longer than this is not copied: compiling takes too long.
_MOST_COPIED = 3_000


def join_patterns(patterns: Iterable[str]) -> str:
    """Return one expression that matches where any of the patterns does.

    Args:
        patterns: Regular expressions without capturing groups, in lower case, that begin at a word.
    """
    by_letter: dict[str, list[str]] = {}
    others: list[str] = []
    for pattern in patterns:
        parts = split_first_letter(pattern)
        if parts is None:
            others.append(pattern)
        elif _is_long(parts):
            others.append(f"(?=[{''.join(parts)}])(?:{pattern})")
        else:
            for letter, remainders in parts.items():
                by_letter.setdefault(letter, []).extend(remainders)
    return "|".join([*(f"{letter}(?:{'|'.join(rest)})" for letter, rest in by_letter.items()), *others])


def split_first_letter(pattern: str) -> dict[str, list[str]] | None:
    """Return what remains of a pattern after each letter or digit that it can begin with.

    Returns:
        For each first letter, expressions for the remainder; None if the pattern does not show its first letters.
    """
    found: dict[str, list[str]] = {}
    for alternative in split_alternatives(pattern):
        parts = _split_alternative(alternative)
        if parts is None:
            return None
        for letter, remainders in parts.items():
            found.setdefault(letter, []).extend(remainders)
    return found


def _is_long(parts: dict[str, list[str]]) -> bool:
    return sum(len(rest) for remainders in parts.values() for rest in remainders) > _MOST_COPIED


def _split_alternative(pattern: str) -> dict[str, list[str]] | None:
    if behind := _LOOKBEHIND.match(pattern):
        parts = _split_alternative(pattern[behind.end() :])
        # The letter is consumed before the lookbehind is tried, so it is part of what lies behind.
        return parts and {letter: [f"(?<!{behind[1]}{letter})(?:{'|'.join(rest)})"] for letter, rest in parts.items()}
    if pattern.startswith("(?:"):
        return _split_group(pattern)
    letters, rest = (
        (plain[1], pattern[plain.end() :])
        if (plain := _PLAIN_CLASS.match(pattern))
        else (
            pattern[:1],
            pattern[1:],
        )
    )
    if not letters.isalnum() or rest.startswith(_REPEATED):
        return None
    return {letter: [rest] for letter in letters}


def _split_group(pattern: str) -> dict[str, list[str]] | None:
    end = _group_end(pattern)
    group, rest = pattern[3 : end - 1], pattern[end:]
    optional = rest.startswith("?")
    if rest.startswith(_REPEATED) and (not optional or rest.startswith(("??", "?+"))):
        return None
    rest = rest[1:] if optional else rest
    parts = split_first_letter(group)
    without = split_first_letter(rest) if optional else {}
    if parts is None or without is None:
        return None
    found = {letter: [f"(?:{'|'.join(remainders)}){rest}"] for letter, remainders in parts.items()}
    for letter, remainders in without.items():
        found.setdefault(letter, []).extend(remainders)
    return found


def split_alternatives(pattern: str) -> list[str]:
    """Split a pattern at the bars that are in no group."""
    found, start, position = [], 0, 0
    while position < len(pattern):
        if pattern[position] == "|":
            found.append(pattern[start:position])
            start = position = position + 1
        else:
            position = _element_end(pattern, position)
    return [*found, pattern[start:]]


def _group_end(pattern: str) -> int:
    """Return the place after the group that begins a pattern.

    Raises:
        re.error: The group does not end.
    """
    position = 1
    while position < len(pattern):
        if pattern[position] == ")":
            return position + 1
        position = _element_end(pattern, position)
    raise re.error("missing ), unterminated group", pattern)


def _element_end(pattern: str, position: int) -> int:
    """Return the place after the character, class or group at a position."""
    match pattern[position]:
        case "\\":
            return position + 2
        case "[":
            end = pattern.find("]", position + 2)
            return end + 1 if end >= 0 else len(pattern)
        case "(":
            return position + _group_end(pattern[position:])
        case _:
            return position + 1
