"""Load the danger signs that the urgency screen looks for from `danger_signs.toml`, which explains its format."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple, get_args

from classifier.errors import DangerSignError

TABLE: Final = Path(__file__).with_name("danger_signs.toml")

Level = Literal["red", "amber"]
"""Whether a sign is urgent by itself, or only together with one of another kind."""

_FRAGMENT = re.compile(r"\{([a-z_]+)\}")
_LINE_BREAK = re.compile(r"\n *")
_SIGN_KEYS = {"what": str, "patterns": list}
_PATTERN_KEYS = {"pattern": str, "unless_preceded_by": list, "unless_followed_by": str, "only_if_followed_by": str}


class Sign(NamedTuple):
    """One danger sign: its unique id, its kind and level, what it is in plain words, and its regular expressions."""

    id: str
    kind: str
    level: Level
    what: str
    patterns: tuple[str, ...]


class CompiledSigns(NamedTuple):
    """For each kind of sign, one expression that finds any sign of that kind and level."""

    red: Mapping[str, re.Pattern[str]]
    amber: Mapping[str, re.Pattern[str]]


@cache
def load_signs() -> CompiledSigns:
    """Return the compiled signs of the table, read once per process."""
    return compile_signs(read_signs(TABLE.read_text(encoding="utf-8")))


def read_signs(text: str) -> list[Sign]:
    """Return the signs of a table in TOML, in its order.

    Raises:
        DangerSignError: The table has a mistake; the message names the sign.
    """
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise DangerSignError(f"{TABLE.name}: {error}") from None
    fragments: dict[str, str] = {}
    for name, value in table.pop("fragments", {}).items():
        whole = f"(?:{'|'.join(value)})" if isinstance(value, list) else value
        fragments[name] = _fill_in(whole, fragments, f"fragment {name}")
    signs: dict[str, Sign] = {}
    for kind, level, name, entry in _walk_signs(table):
        if name in signs:
            raise _mistake(f"sign {name}", f"the id is used in {signs[name].kind} and again in {kind}")
        signs[name] = _read_sign(kind, level, name, entry, fragments)
    return list(signs.values())


def compile_signs(signs: Sequence[Sign]) -> CompiledSigns:
    """Compile signs into one expression for each kind and level, three times as fast as one for each pattern.

    Raises:
        DangerSignError: A pattern is not a regular expression; the message names the sign.
    """
    compiled: dict[Level, dict[str, re.Pattern[str]]] = {"red": {}, "amber": {}}
    try:
        for level, kind in dict.fromkeys((sign.level, sign.kind) for sign in signs):
            patterns = (p for sign in signs if (sign.level, sign.kind) == (level, kind) for p in sign.patterns)
            compiled[level][kind] = re.compile(rf"\b(?:{'|'.join(patterns)})")
    except re.error:
        _check_each_pattern(signs)
        raise
    return CompiledSigns(compiled["red"], compiled["amber"])


def _walk_signs(table: Mapping[str, Any]) -> Iterator[tuple[str, Level, str, Any]]:
    for kind, levels in table.items():
        if not isinstance(levels, dict) or not levels.pop("why", None):
            raise _mistake(f"kind {kind}", "why is missing")
        for level, entries in levels.items():
            if level not in get_args(Level):
                raise _mistake(f"kind {kind}", f"unknown level {level}; a sign is red or amber")
            yield from ((kind, level, name, entry) for name, entry in entries.items())


def _read_sign(kind: str, level: Level, name: str, entry: Any, fragments: Mapping[str, str]) -> Sign:
    owner = f"sign {name}"
    _check_keys(entry, _SIGN_KEYS, ("what", "patterns"), owner)
    patterns = tuple(_fill_in(_expression(pattern, owner), fragments, owner) for pattern in entry["patterns"])
    return Sign(name, kind, level, entry["what"], patterns)


def _expression(entry: Any, owner: str) -> str:
    if isinstance(entry, str) and entry:
        return entry
    _check_keys(entry, _PATTERN_KEYS, ("pattern",), owner)
    before = "".join(f"(?<!{words})" for words in entry.get("unless_preceded_by", ()))
    after = f"(?!{entry['unless_followed_by']})" if "unless_followed_by" in entry else ""
    required = f"(?={entry['only_if_followed_by']})" if "only_if_followed_by" in entry else ""
    return f"{before}{entry['pattern']}{after}{required}"


def _check_keys(entry: Any, types: Mapping[str, type], needed: Sequence[str], owner: str) -> None:
    if not isinstance(entry, dict):
        raise _mistake(owner, f"{entry!r} must be a table with {', '.join(types)}")
    for key in needed:
        if key not in entry:
            raise _mistake(owner, f"{key} is missing")
    for key, value in entry.items():
        if key not in types:
            raise _mistake(owner, f"unknown key {key}; known are {', '.join(types)}")
        if not isinstance(value, types[key]) or not value:
            raise _mistake(owner, f"{key} must be a {'list' if types[key] is list else 'text'} and not empty")


def _fill_in(pattern: str, fragments: Mapping[str, str], owner: str) -> str:
    try:
        return _FRAGMENT.sub(lambda name: fragments[name[1]], _LINE_BREAK.sub("", pattern))
    except KeyError as error:
        raise _mistake(owner, f"unknown fragment {{{error.args[0]}}}") from None


def _check_each_pattern(signs: Sequence[Sign]) -> None:
    for sign in signs:
        for pattern in sign.patterns:
            try:
                re.compile(pattern)
            except re.error as error:
                raise _mistake(f"sign {sign.id}", f"not a regular expression ({error}): {pattern}") from None


def _mistake(owner: str, problem: str) -> DangerSignError:
    return DangerSignError(f"{TABLE.name}: {owner}: {problem}")
