"""Saved replies: texts with variables that staff write once and put into their replies to patients.

Staff write variables as in automatic replies, in words: `[first name]`, which is stored as `{{ first_name }}`. There is
nothing else of a template in them, so that whoever answers patients can write one. What is not known for a patient
becomes a blank in square brackets, which the writer fills in; so are blanks of one's own, such as `[day and time]` or
`___`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from difflib import get_close_matches
from types import MappingProxyType

from intake.practices import Links, Practice
from intake.setting_editors import Editor
from intake.vocabulary import Language
from templates.plain_words import words_of_value
from templates.replies import MAX_LENGTH, variables

LONGEST_NAME = 60
LONGEST_TEXT = MAX_LENGTH
LONGEST_FIRST_NAME = 30
SAMPLE_FIRST_NAME = "Maria"
_LINK = "links."
_LINK_LABELS = {
    name: editor.label
    for name, setting in Links.model_fields.items()
    for editor in setting.metadata
    if isinstance(editor, Editor)
}
VARIABLES: Mapping[str, str] = MappingProxyType(
    {
        "first_name": "the patient’s first name",
        "my_name": "your name",
        "practice.name": "the practice’s name",
        "phone": "the practice’s phone number",
        "next_opening": "when the practice opens next",
        "practice.price_range": "the practice’s price range",
        **{_LINK + name: f"the link “{label}”" for name, label in _LINK_LABELS.items()},
    }
)
"""What each variable stands for, in the order of the page that explains them."""
WORDS: Mapping[str, str] = MappingProxyType(
    {
        "first_name": "first name",
        "my_name": "my name",
        **{name: words_of_value(name) for name in VARIABLES if name not in ("first_name", "my_name")},
    }
)
"""How each variable is written, in square brackets; those of automatic replies have the same words there."""
BLANKS: Mapping[str, str] = MappingProxyType(
    {
        "first_name": "[first name]",
        "my_name": "[your name]",
        "practice.name": "[practice name]",
        "phone": "[phone number]",
        "next_opening": "[when you open next]",
        "practice.price_range": "[price range]",
        **{_LINK + name: f"[link: {label}]" for name, label in _LINK_LABELS.items()},
    }
)
"""What stands for a variable that nothing is known for; no reply that has one is sent."""
_BLANK = re.compile(r"\[[^\[\]\n\d]*[^\W\d_][^\[\]\n]*\]|(?<!\w)_{3,}(?!\w)")
_NAMES = {
    **{blank.strip("[]").lower(): name for name, blank in BLANKS.items()},
    **{name.replace("_", " "): name for name in VARIABLES},
    **{words.lower(): name for name, words in WORDS.items()},
}
"""The variable that words in square brackets mean, in small letters: its own words, and what stands for it unfilled."""
_CLOSE = 0.85  # "frist name" is; "last name" and "patient name" are not
_BRACKETED = re.compile(r"\[([^\[\]\n]+)\]")
_VARIABLE = re.compile(r"\{\{ ?([a-z_]+(?:\.[a-z_]+)?) ?\}\}")
_TYPED = re.compile(r"\{+\s*([A-Za-z_]+(?:\s?\.\s?[A-Za-z_]+)?)\s*\}+")
_GREETING = re.compile(rf"^(\W?[^\W\d]+(?: [^\W\d]+)?) {re.escape(BLANKS['first_name'])}(?=[,:!])", re.MULTILINE)
_NAME = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")  # no dot: phones make a link of evil.com
_SUFFIXES = frozenset({"jr", "sr", "ii", "iii", "iv", "md", "phd"})
_TITLES = frozenset({"mr", "mrs", "ms", "miss", "dr", "prof", "sr", "sra", "srta"})


@dataclass(frozen=True, slots=True)
class Reader:
    """Whom a saved reply is for and from.

    Attributes:
        first_name: the patient's first name, empty if it is not known.
        my_name: the name of the member who replies.
    """

    first_name: str = field(default="", repr=False)
    my_name: str = ""


def tidy_variables(typed: str) -> str:
    """Return a text with each known variable as it is stored, whatever brackets, braces, and spaces it had."""

    def tidy_braces(match: re.Match[str]) -> str:
        name = re.sub(r"\s", "", match[1]).lower()
        return f"{{{{ {name} }}}}" if name in VARIABLES else match[0]

    def tidy_brackets(match: re.Match[str]) -> str:
        name = _NAMES.get(" ".join(match[1].split()).lower())
        return match[0] if name is None else f"{{{{ {name} }}}}"

    return _BRACKETED.sub(tidy_brackets, _TYPED.sub(tidy_braces, typed))


def show_variables(text: str) -> str:
    """Return a stored text as staff write it: `Hi [first name], …`."""
    return _VARIABLE.sub(lambda match: f"[{WORDS[match[1]]}]" if match[1] in WORDS else match[0], text)


def find_wrong_variable(text: str) -> str:
    """Return why a text's variables cannot be used, empty if they can.

    Words in brackets that are nearly a variable's were mistyped; all others are blanks that the writer means to fill.
    """
    unknown = [match for match in _TYPED.finditer(text) if match[1] not in VARIABLES]
    if unknown:
        return _explain_unknown(unknown[0][0], unknown[0][1].replace("_", " "), likeness=0.6)
    if re.search(r"[{}]", _VARIABLE.sub("", text)):
        return "Patients would read { and } as they are. Leave them out; what is filled in stands in [square brackets]."
    for blank in find_blanks(text):
        if blank.startswith("[") and get_close_matches(blank.strip("[]").lower(), _NAMES, 1, _CLOSE):
            return _explain_unknown(blank, blank.strip("[]"), likeness=_CLOSE)
    return ""


def _explain_unknown(typed: str, words: str, *, likeness: float) -> str:
    near = get_close_matches(words.lower(), _NAMES, 1, likeness)
    if near:
        return f"{typed} is not a word we know; did you mean [{WORDS[_NAMES[near[0]]]}]?"
    return f"{typed} is not a word we know. Use one of these: {', '.join(f'[{each}]' for each in WORDS.values())}."


def known_values(
    practice: Practice, moment: datetime, language: Language, reader: Reader, *, is_text: bool = True
) -> dict[str, str]:
    """Return what stands for each variable in a text of a language: its value, or a blank where nothing is known.

    Args:
        practice: the practice that replies.
        moment: the current time, aware.
        language: the language of the text.
        reader: whom it is for and from.
        is_text: whether it is sent as a text.
    """
    known = variables(practice, moment, language, is_text=is_text)
    said = {
        "first_name": reader.first_name,
        "my_name": reader.my_name,
        "practice.name": practice.name,
        "phone": known["phone"],
        "next_opening": known["next_opening"],
        "practice.price_range": practice.price_range,
        **{_LINK + name: getattr(practice.links, name) for name in _LINK_LABELS},
    }
    return {name: str(value or BLANKS[name]) for name, value in said.items()}


def fill_variables(text: str, values: Mapping[str, str]) -> str:
    """Return a saved reply as it goes into the box: with its variables, which were checked, replaced by their values.

    A greeting does without a name that is not known: "Hi {{ first_name }}, …" becomes "Hi, …".
    """
    return _GREETING.sub(r"\1", _VARIABLE.sub(lambda match: values[match[1]], text))


def find_blanks(text: str) -> list[str]:
    """Return the blanks that a reply still has, also those that somebody wrote themselves: `[date]`, `___`."""
    return list(dict.fromkeys(_BLANK.findall(text)))


def first_name_of(name: str | None) -> str:
    """Return the first name in a full name, such as Maria for `Rivera, Maria`; empty if there may be none.

    What anyone can type as a name may hold anything: only a word of letters counts.
    """
    before, comma, after = (name or "").partition(",")
    given = after if comma and after.strip().strip(".").casefold() not in _SUFFIXES else before
    words = given.split()
    if words and words[0].strip(".").casefold() in _TITLES:
        words = words[1:] if len(words) > 2 else []  # "Mr. Lee" has no first name
    first = words[0] if words else ""
    is_name = len(first) <= LONGEST_FIRST_NAME and _NAME.fullmatch(first) is not None
    return first if is_name else ""
