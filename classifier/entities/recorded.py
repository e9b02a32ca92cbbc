"""Find what a patient's record contains in the patient's own messages, however it is written."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from classifier.entities.entity import Entity
from classifier.entities.folding import fold
from classifier.entities.merging import RECORD
from classifier.entities.patterns import CERTAIN, entity_at
from classifier.entities.rules_names import NAME_WORD, word_lists
from intake.vocabulary import EntityKind

_FEWEST_DIGITS: Final = 7


@dataclass(frozen=True, slots=True)
class RecordedPatient:
    """What a record contains about its patient.

    Attributes:
        names: The names that the patient gave.
        numbers: Phone numbers, in any format.
        emails: Email addresses.
    """

    names: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()


def find_recorded(text: str, recorded: RecordedPatient) -> list[Entity]:
    """Return where a text contains what the record does."""
    folded = fold(text)
    return [
        entity_at(folded, *match.span(), kind, RECORD, CERTAIN)
        for kind, expression in _expressions(recorded)
        for match in expression.finditer(folded.text)
        if match[0]
    ]


def _expressions(recorded: RecordedPatient) -> Iterator[tuple[EntityKind, re.Pattern[str]]]:
    for email in recorded.emails:
        yield EntityKind.EMAIL, re.compile(re.escape(fold(email).text), re.IGNORECASE)
    for number in recorded.numbers:
        digits = re.sub(r"[^0-9]", "", fold(number).text)[-10:]
        if len(digits) >= _FEWEST_DIGITS:
            yield EntityKind.PHONE, re.compile(r"(?:\+?1[ ().-]{0,3})?\(?" + r"[\s().-]{0,3}".join(digits))
    for name in recorded.names:
        parts = [part for part in re.findall(NAME_WORD, fold(name).text) if len(part) > 1]
        whole = r"\s{1,3}".join(map(re.escape, parts))
        if len(parts) > 1:
            yield EntityKind.NAME, re.compile(rf"\b{whole}\b", re.IGNORECASE)
        for part in parts:
            yield EntityKind.NAME, re.compile(rf"\b{_as_written(part)}\b")


def _as_written(part: str) -> str:
    """Return an expression for a name; one that is also a word counts only with a capital."""
    lists = word_lists()
    is_word = part.lower() in lists["names too"] or part.lower() in lists["no name"]
    return re.escape(part.capitalize()) if is_word else f"(?i:{re.escape(part)})"
