"""The adapter for Presidio, with the real library; CONTRIBUTING.md says how to run it.

Presidio imports PyTorch where that is installed, so each test imports it for itself.
"""

from __future__ import annotations

from classifier.entities.recognizer import Recognizer
from classifier.presidio import make_recognizer

TEXT = "This is Ana Lopez, call 202-555-0142 about member id W123456789"


def test_entities_come_as_results_of_presidio() -> None:
    results = make_recognizer(Recognizer()).analyze(TEXT, [])

    assert [(result.entity_type, TEXT[result.start : result.end]) for result in results] == [
        ("PERSON", "Ana Lopez"),
        ("PHONE_NUMBER", "202-555-0142"),
        ("MEMBER_ID", "W123456789"),
    ]


def test_only_wanted_types_are_returned() -> None:
    results = make_recognizer(Recognizer()).analyze(TEXT, ["PERSON"])

    assert [result.entity_type for result in results] == ["PERSON"]


def test_presidios_registry_takes_it() -> None:
    from presidio_analyzer import RecognizerRegistry

    registry = RecognizerRegistry(recognizers=[])
    registry.add_recognizer(make_recognizer(Recognizer()))

    [recognizer] = registry.get_recognizers(language="en", entities=["MEMBER_ID"])
    assert recognizer.name == "intake"
