"""Load the danger signs that the screen looks for from the tables in `signs/`, which explain their format."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple, get_args

from classifier.errors import DangerSignError
from classifier.folders import SIGNS
from classifier.outputs import Language
from classifier.text.first_letters import join_patterns
from intake.vocabulary import DangerKind

TABLES: Final = tuple(SIGNS / f"{language}.toml" for language in ("english", "spanish"))

Level = Literal["certain", "ambiguous", "weak"]
"""Whether a sign is an emergency by itself, one if the network agrees, or a possible one next to another topic's."""

_FRAGMENT = re.compile(r"\{([a-z_]+)\}")
_LINE_BREAK = re.compile(r"\n *")
# Half as many places to try as `\b` alone, which is also where a word ends.
_WORD_START = r"\b(?=\w)"
_SIGN_KEYS = {"what": str, "patterns": list, "danger": str}
_PATTERN_KEYS = {"pattern": str, "unless_preceded_by": list, "unless_followed_by": str, "only_if_followed_by": str}


class Sign(NamedTuple):
    """One danger sign: its unique id, topic, level and danger, what it is in plain words, and its expressions."""

    id: str
    topic: str
    level: Level
    danger: DangerKind
    what: str
    patterns: tuple[str, ...]


class Guards(NamedTuple):
    """Expressions that find what sets a sign aside, where a clause begins, and when it is; `english.toml` explains.

    `told` and `ended` only make a certain sign an ambiguous one. `now` overrides `past` and `told`, and `happening`
    overrides `spoken_of`.
    """

    denied: re.Pattern[str]
    denied_verb: re.Pattern[str]
    denied_noun: re.Pattern[str]
    subject: re.Pattern[str]
    verb: re.Pattern[str]
    present: re.Pattern[str]
    narrated: re.Pattern[str]
    past: re.Pattern[str]
    told: re.Pattern[str]
    ended: re.Pattern[str]
    now: re.Pattern[str]
    over: re.Pattern[str]
    spoken_of: re.Pattern[str]
    happening: re.Pattern[str]


_BEFORE_A_SIGN: Final = ("denied", "denied_verb", "denied_noun")


class SignTable(NamedTuple):
    """The signs of one language, compiled.

    Attributes:
        certain: For each kind of danger, one expression that finds any certain sign of it.
        ambiguous: The same for ambiguous signs.
        weak: The same for weak signs; `lastindex` of a match is the number of its topic.
        guards: What sets a sign aside.
        common_words: The table is for texts with one of these words; for any text if there are none.
        language: The language of the signs.
    """

    certain: Mapping[DangerKind, re.Pattern[str]]
    ambiguous: Mapping[DangerKind, re.Pattern[str]]
    weak: Mapping[DangerKind, re.Pattern[str]]
    guards: Guards
    common_words: frozenset[str]
    language: Language


@cache
def load_tables() -> tuple[SignTable, ...]:
    """Return the compiled tables, read once per process."""
    return tuple(compile_table(path.read_text(encoding="utf-8"), path.name) for path in TABLES)


def compile_table(text: str, file: str) -> SignTable:
    """Compile a table in TOML.

    Args:
        text: The table.
        file: Its name, for error messages.

    Raises:
        DangerSignError: The table has a mistake; the message names the file and the sign.
    """
    table = parse_table(text, file)
    guards = _compile_guards(table.pop("guards", {}), table["fragments"], file)
    language = table.pop("language", {})
    words = frozenset(language.get("common_words", ()))
    return compile_signs(_read_signs(table, file), guards, words, language.get("code", "en"), file)


def read_signs(text: str, file: str) -> list[Sign]:
    """Return the signs of a table in TOML, in its order.

    Raises:
        DangerSignError: The table has a mistake; the message names the file and the sign.
    """
    table = parse_table(text, file)
    return _read_signs({topic: entry for topic, entry in table.items() if topic not in ("guards", "language")}, file)


def compile_signs(
    signs: Sequence[Sign], guards: Guards, common_words: frozenset[str], language: Language, file: str
) -> SignTable:
    """Compile signs into one expression for each level and danger, far faster than one for each pattern.

    Raises:
        DangerSignError: A pattern is not a regular expression or has a capturing group; the message names the sign.
    """
    try:
        table = SignTable(
            certain=_compile_level(signs, "certain", _either),
            ambiguous=_compile_level(signs, "ambiguous", _either),
            weak=_compile_level(signs, "weak", _either_topic),
            guards=guards,
            common_words=common_words,
            language=language,
        )
    except re.error:
        _check_each_pattern(signs, file)
        raise
    topics = {(sign.danger, sign.topic) for sign in signs if sign.level == "weak"}
    levels = (table.certain, table.ambiguous, table.weak)
    if sum(expression.groups for level in levels for expression in level.values()) != len(topics):
        _check_each_pattern(signs, file)
    return table


def _compile_level(
    signs: Sequence[Sign], level: Level, join: Callable[[Sequence[Sign]], str]
) -> dict[DangerKind, re.Pattern[str]]:
    kinds = {kind: [sign for sign in signs if (sign.level, sign.danger) == (level, kind)] for kind in DangerKind}
    return {kind: re.compile(rf"{_WORD_START}(?:{join(found)})") for kind, found in kinds.items() if found}


def _either(signs: Sequence[Sign]) -> str:
    return join_patterns(pattern for sign in signs for pattern in sign.patterns)


def _either_topic(signs: Sequence[Sign]) -> str:
    topics = dict.fromkeys(sign.topic for sign in signs)
    return "|".join(f"({_either([sign for sign in signs if sign.topic == topic])})" for topic in topics)


def parse_table(text: str, file: str) -> dict[str, Any]:
    """Return a table in TOML, with its fragments filled in.

    Raises:
        DangerSignError: It is not TOML, or a fragment has an unknown name.
    """
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise DangerSignError(f"{file}: {error}") from None
    fragments: dict[str, str] = {}
    for name, value in table.get("fragments", {}).items():
        whole = f"(?:{'|'.join(value)})" if isinstance(value, list) else value
        fragments[name] = fill_in(whole, fragments, f"{file}: fragment {name}")
    table["fragments"] = fragments
    return table


NOTHING: Final = "(?!)"
"""The pattern of an empty list of alternatives: it matches nothing."""


def read_alternatives(path: Path) -> dict[str, dict[str, str]]:
    """Return the lists of patterns of a table in TOML, by entry and name, each list as the alternatives of one pattern.

    Raises:
        DangerSignError: The table has a mistake; the message names it.
    """
    table = parse_table(path.read_text(encoding="utf-8"), path.name)
    fragments = table.pop("fragments")
    return {
        entry: {
            name: "|".join(fill_in(pattern, fragments, f"{path.name}: {entry}") for pattern in patterns)
            for name, patterns in lists.items()
        }
        for entry, lists in table.items()
    }


def compile_words(path: Path, entries: Sequence[str]) -> Iterator[re.Pattern[str]]:
    """Compile what each entry of a table in TOML `says`, as whole words, in the order of the entries.

    Raises:
        DangerSignError: The table has a mistake; the message names it.
    """
    table = read_alternatives(path)
    return (re.compile(rf"\b(?:{table[entry]['says']})\b") for entry in entries)


def _compile_guards(guards: Mapping[str, Any], fragments: Mapping[str, str], file: str) -> Guards:
    owner = f"{file}: guards"
    _check_keys(guards, dict.fromkeys(Guards._fields, list), Guards._fields, owner)
    try:
        return Guards(*(_compile_guard(name, guards[name], fragments, owner) for name in Guards._fields))
    except re.error as error:
        raise DangerSignError(f"{owner}: not a regular expression ({error})") from None


def _compile_guard(name: str, patterns: Sequence[str], fragments: Mapping[str, str], owner: str) -> re.Pattern[str]:
    either = "|".join(fill_in(pattern, fragments, owner) for pattern in patterns)
    return re.compile(rf"\b(?:{either})$" if name in _BEFORE_A_SIGN else rf"\b(?:{either})\b")


def _read_signs(table: Mapping[str, Any], file: str) -> list[Sign]:
    signs: dict[str, Sign] = {}
    for topic, level, danger, name, entry in _walk_signs(table, file):
        if name in signs:
            problem = f"the id is used in {signs[name].topic} and again in {topic}"
            raise DangerSignError(f"{file}: sign {name}: {problem}")
        signs[name] = _read_sign(topic, level, danger, name, entry, table["fragments"], f"{file}: sign {name}")
    return list(signs.values())


def _walk_signs(table: Mapping[str, Any], file: str) -> Iterator[tuple[str, Level, str, str, Any]]:
    for topic, levels in table.items():
        if topic == "fragments":
            continue
        owner = f"{file}: topic {topic}"
        if not isinstance(levels, dict) or not levels.get("why"):
            raise DangerSignError(f"{owner}: why is missing")
        danger = levels.get("danger", DangerKind.OTHER)
        for level, entries in levels.items():
            if level in ("why", "danger"):
                continue
            if level not in get_args(Level):
                raise DangerSignError(f"{owner}: unknown level {level}; a sign is {', '.join(get_args(Level))}")
            yield from ((topic, level, danger, name, entry) for name, entry in entries.items())


def _read_sign(
    topic: str, level: Level, danger: str, name: str, entry: Any, fragments: Mapping[str, str], owner: str
) -> Sign:
    _check_keys(entry, _SIGN_KEYS, ("what", "patterns"), owner)
    danger = entry.get("danger", danger)
    if danger not in list(DangerKind):
        raise DangerSignError(f"{owner}: unknown danger {danger}; known are {', '.join(DangerKind)}")
    patterns = tuple(fill_in(_expression(pattern, owner), fragments, owner) for pattern in entry["patterns"])
    return Sign(name, topic, level, DangerKind(danger), entry["what"], patterns)


def _expression(entry: Any, owner: str) -> str:
    if isinstance(entry, str) and entry:
        return entry
    _check_keys(entry, _PATTERN_KEYS, ("pattern",), owner)
    before = "".join(f"(?<!{words})" for words in entry.get("unless_preceded_by", ()))
    after = f"(?!{entry['unless_followed_by']})" if "unless_followed_by" in entry else ""
    required = f"(?={entry['only_if_followed_by']})" if "only_if_followed_by" in entry else ""
    return f"{before}(?:{entry['pattern']}){after}{required}"


def _check_keys(entry: Any, types: Mapping[str, type], needed: Sequence[str], owner: str) -> None:
    if not isinstance(entry, dict):
        raise DangerSignError(f"{owner}: {entry!r} must be a table with {', '.join(types)}")
    for key in needed:
        if key not in entry:
            raise DangerSignError(f"{owner}: {key} is missing")
    for key, value in entry.items():
        if key not in types:
            raise DangerSignError(f"{owner}: unknown key {key}; known are {', '.join(types)}")
        if not isinstance(value, types[key]) or not value:
            raise DangerSignError(f"{owner}: {key} must be a {'list' if types[key] is list else 'text'} and not empty")


def fill_in(pattern: str, fragments: Mapping[str, str], owner: str) -> str:
    """Return a pattern with its fragments in place of their names, and on one line.

    Raises:
        DangerSignError: A fragment has an unknown name.
    """
    # A class such as [^,] must not run on into the next sentence, which stands on a line of its own.
    within_sentence = _join_lines(pattern).replace("[^", "[^\\n")
    try:
        return _FRAGMENT.sub(lambda name: fragments[name[1]], within_sentence)
    except KeyError as error:
        raise DangerSignError(f"{owner}: unknown fragment {{{error.args[0]}}}") from None


def _join_lines(pattern: str) -> str:
    return _LINE_BREAK.sub("", pattern)


def _check_each_pattern(signs: Sequence[Sign], file: str) -> None:
    for sign in signs:
        for pattern in sign.patterns:
            try:
                groups = re.compile(pattern).groups
            except re.error as error:
                problem = f"not a regular expression ({error})"
                raise DangerSignError(f"{file}: sign {sign.id}: {problem}: {pattern}") from None
            if groups:
                raise DangerSignError(f"{file}: sign {sign.id}: write (?:…) instead of (…): {pattern}")
