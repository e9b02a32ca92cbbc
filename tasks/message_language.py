"""The language of a message that says nothing in any: a name, a number, or "ok" alone."""

from __future__ import annotations

import re

from classifier.entities.folding import fold
from classifier.entities.rules_names import common_words
from intake.vocabulary import Language

LONGEST = 6  # words of a full name, with a birth date or a number
_WORD = re.compile(r"[^\W\d_]+(?:['-][^\W\d_]+)*")
_OF_NO_LANGUAGE = frozenset(
    ("ok", "okay", "no", "de", "del", "la", "las", "los", "y", "e", "da", "dos", "van", "von", "jr", "sr")
)
_SPANISH_MARKS = frozenset("¿¡")


def has_language(text: str) -> bool:
    """Return whether a text tells which language its writer uses: by a word of one, by its marks, or by its length."""
    words = _WORD.findall(fold(text).text.lower())
    told = [word for word in words if word not in _OF_NO_LANGUAGE]
    return len(words) > LONGEST or not _SPANISH_MARKS.isdisjoint(text) or not common_words().isdisjoint(told)


def decide_language(text: str, read_as: str, last: str | None) -> str:
    """Return the language in which a message is answered and shown.

    Args:
        text: the message.
        read_as: the language that the model reads in it.
        last: the language of the patient's last message in this conversation; None if there is none.
    """
    if has_language(text) or (last is None and read_as == Language.OTHER):
        return read_as
    return last or Language.EN
