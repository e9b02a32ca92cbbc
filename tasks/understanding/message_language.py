"""The language of a message that says nothing in any: a name, a number, or "ok" alone; and that of a staff text."""

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
_ENGLISH_WORDS = frozenset(
    (
        "a", "about", "an", "and", "are", "as", "at", "be", "call", "can", "do", "for", "from", "has",
        "have", "hello", "hi", "how", "if", "in", "is", "it", "of", "on", "or", "our", "please", "see",
        "thank", "thanks", "that", "the", "this", "to", "today", "tomorrow", "us", "we", "when", "will",
        "with", "you", "your",
    )
)  # fmt: skip
_SPANISH_WORDS = frozenset(
    (
        "aqui", "buenas", "buenos", "cita", "con", "cuando", "de", "del", "el", "en", "es", "esta",
        "estamos", "favor", "gracias", "hay", "hola", "hoy", "la", "las", "le", "les", "llame", "lo", "los",
        "manana", "mi", "nos", "nuestra", "nuestro", "para", "por", "puede", "que", "se", "si", "su", "sus",
        "tenemos", "una", "usted", "y", "ya",
    )
)  # fmt: skip


def has_language(text: str) -> bool:
    """Return whether a text tells which language its writer uses: by a word of one, by its marks, or by its length."""
    words = _words(text)
    told = [word for word in words if word not in _OF_NO_LANGUAGE]
    return len(words) > LONGEST or not _SPANISH_MARKS.isdisjoint(text) or not common_words().isdisjoint(told)


def written_language(text: str) -> Language | None:
    """Return the language that most of a text's small words are of; None if they don't tell."""
    if not _SPANISH_MARKS.isdisjoint(text):
        return Language.ES
    words = _words(text)
    english, spanish = (sum(word in known for word in words) for known in (_ENGLISH_WORDS, _SPANISH_WORDS))
    if english == spanish:
        return None
    return Language.EN if english > spanish else Language.ES


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


def _words(text: str) -> list[str]:
    """Return the words of a text, in small letters without accents."""
    return _WORD.findall(fold(text).text.lower())
