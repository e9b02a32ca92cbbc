"""Offer the entities to Presidio, so that programs that use it can use them.

It needs Presidio, which nothing else of this program does: `pip install presidio-analyzer`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from classifier.entities.recognizer import Recognizer
from intake.vocabulary import EntityKind

if TYPE_CHECKING:
    from presidio_analyzer import EntityRecognizer, RecognizerResult

TYPES: Final[dict[EntityKind, str]] = {
    EntityKind.NAME: "PERSON",
    EntityKind.DOB: "DATE_OF_BIRTH",
    EntityKind.DATE: "DATE_TIME",
    EntityKind.PHONE: "PHONE_NUMBER",
    EntityKind.EMAIL: "EMAIL_ADDRESS",
    EntityKind.ADDRESS: "LOCATION",
    EntityKind.URL: "URL",
    EntityKind.EMPLOYER: "ORGANIZATION",
}
"""What Presidio calls a kind; the others keep their names, such as `MEMBER_ID`."""


def presidio_type(kind: EntityKind) -> str:
    """Return what Presidio calls a kind."""
    return TYPES.get(kind, str(kind))


def make_recognizer(recognizer: Recognizer | None = None, language: str = "en") -> EntityRecognizer:
    """Return a recognizer for Presidio: `analyzer.registry.add_recognizer(make_recognizer())`.

    Args:
        recognizer: What finds the entities, by default with the model that came with the program.
        language: The language that Presidio asks for; the entities are those of English and Spanish texts alike.
    """
    from presidio_analyzer import EntityRecognizer, RecognizerResult

    found_by = Recognizer.load() if recognizer is None else recognizer

    class IntakeRecognizer(EntityRecognizer):  # type: ignore[misc]  # Presidio has no type hints
        def load(self) -> None:
            pass

        def analyze(self, text: str, entities: list[str], nlp_artifacts: Any = None) -> list[RecognizerResult]:
            return [
                RecognizerResult(presidio_type(entity.kind), entity.start, entity.end, entity.confidence)
                for entity in found_by.find(text)
                if not entities or presidio_type(entity.kind) in entities
            ]

    types = [presidio_type(kind) for kind in EntityKind]
    return IntakeRecognizer(types, name="intake", supported_language=language)
