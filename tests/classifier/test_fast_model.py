"""The small model that ships beside the default one: chosen by its name, it misses more, but nothing plain."""

from __future__ import annotations

import pytest

from classifier import Classifier
from classifier.network.check import KNOWN_MESSAGES, check, missing_screens
from classifier.network.model_bundle import FAST_FOLDER
from intake.vocabulary import DangerKind, TriageLevel


@pytest.fixture(scope="module")
def fast() -> Classifier:
    return Classifier.load(FAST_FOLDER)


def test_it_is_sound_and_knows_all_that_the_default_one_knows(fast: Classifier, classifier: Classifier) -> None:
    assert [finding.subject for finding in check(FAST_FOLDER) if not finding.passed] == []
    assert missing_screens(FAST_FOLDER) == []
    assert fast.info.labels == classifier.info.labels
    assert list(fast.info.thresholds) == list(classifier.info.thresholds)


@pytest.mark.parametrize(("message", "intent"), KNOWN_MESSAGES)
def test_known_messages_are_understood(fast: Classifier, message: str, intent: str) -> None:
    assert fast.classify([message])[0].intent == intent


@pytest.mark.parametrize(
    ("message", "danger"),
    [
        ("I can't breathe and my lips are turning blue", DangerKind.OTHER),
        ("i want to kill myself tonight, please cancel my cleaning", DangerKind.SELF_HARM),
        ("my toddler just drank bleach from under the sink", DangerKind.INGESTION),
        ("mi papá tiene la cara caída y no puede hablar bien", DangerKind.OTHER),
        ("ya no quiero vivir, cancelen mi cita", DangerKind.SELF_HARM),
    ],
)
def test_a_plain_emergency_is_one_of_its_kind(fast: Classifier, message: str, danger: DangerKind) -> None:
    (understood,) = fast.classify([message])

    assert (understood.triage, understood.danger) == (TriageLevel.EMERGENCY, danger)


@pytest.mark.parametrize(
    "message", ["i need a refill on my inhaler", "can i move my cleaning to thursday?", "gracias por todo"]
)
def test_an_everyday_message_is_no_emergency(fast: Classifier, message: str) -> None:
    assert fast.classify([message])[0].triage != TriageLevel.EMERGENCY


def test_it_is_the_smaller_one(fast: Classifier, classifier: Classifier) -> None:
    assert fast.info.file_sizes["model.onnx"] < 0.8 * classifier.info.file_sizes["model.onnx"]
