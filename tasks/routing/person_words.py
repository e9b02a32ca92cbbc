"""The word by which a patient asks for a person, as every answer to a common question offers it."""

from __future__ import annotations

from inbox.contact.consent import normalise
from intake.vocabulary import Language

_WORDS = {"person": Language.EN, "a person": Language.EN, "persona": Language.ES, "una persona": Language.ES}


def person_language(text: str) -> Language | None:
    """Return the language of a message that only asks for a person by this word; None of any other message."""
    return _WORDS.get(normalise(text))
