"""A classifier that understands some texts as a test says, so that no test depends on one network's guesses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, cast

from classifier import Classifier, Understanding
from classifier.network.model import ModelInfo
from intake.vocabulary import DangerKind, Disposition, TriageLevel
from tests.service import Service

EMERGENCY: dict[str, Any] = {"triage": TriageLevel.EMERGENCY, "danger": DangerKind.OTHER}
INGESTION: dict[str, Any] = {"triage": TriageLevel.EMERGENCY, "danger": DangerKind.INGESTION}
SELF_HARM: dict[str, Any] = {"triage": TriageLevel.EMERGENCY, "danger": DangerKind.SELF_HARM}
SAME_DAY: dict[str, Any] = {"triage": TriageLevel.SAME_DAY}
PERSON: dict[str, Any] = {"disposition": Disposition.PERSON}
OUT_OF_SCOPE: dict[str, Any] = {"disposition": Disposition.OUT_OF_SCOPE}
PRAISE: dict[str, Any] = {"disposition": Disposition.OUT_OF_SCOPE, "praise": True}


class ToldClassifier:
    """The real classifier, except for the values that it is told for a text."""

    def __init__(self, real: Classifier, told: Mapping[str, Mapping[str, Any]]) -> None:
        self._real = real
        self._told = told

    @property
    def info(self) -> ModelInfo:
        """The real classifier's."""
        return self._real.info

    def classify(self, texts: Sequence[str]) -> list[Understanding]:
        """Classifies messages, and puts in what is told of them."""
        found = self._real.classify(texts)
        return [
            replace(understanding, **self._told.get(text, {})) for text, understanding in zip(texts, found, strict=True)
        ]


def tell(service: Service, told: Mapping[str, Mapping[str, Any]]) -> None:
    """Let a service understand texts in this way from now on."""
    classifier = cast(Classifier, ToldClassifier(service.context.classifier, told))
    service.context = replace(service.context, classifier=classifier)


def sure_of(intent: str, **values: Any) -> dict[str, Any]:
    """A message of an intent beyond doubt, with further values."""
    plain = {"confidence": 1.0, "disposition": Disposition.ROUTE, "triage": TriageLevel.ROUTINE, "danger": None}
    return {"intent": intent, **plain, **values}
