"""Redacted texts, and texts in which something could still identify a person."""

from __future__ import annotations

import pytest

from classifier.entities.entity import MODEL, Entity
from classifier.entities.recognizer import Recognizer
from classifier.redaction import may_identify, redact
from intake.vocabulary import EntityKind

RULES = Recognizer()


def redacted(text: str) -> str:
    return redact(text, RULES.find(text))


def test_values_are_replaced_by_their_kinds() -> None:
    text = "My name is Ana Lopez, call 😀 (202) 555-0142 about claim 12345678."

    assert redacted(text) == "My name is [NAME], call 😀 [PHONE] about claim [CLAIM_NUMBER]."


def test_a_text_without_values_stays_as_it_is() -> None:
    assert redacted("how much is a cleaning?") == "how much is a cleaning?"


@pytest.mark.parametrize(
    "text",
    [
        "I met Jasper there and he was rude",
        "ANA LOPEZ 2PM TOMORROW",
        "use A7X91Q22 to get in",
        "one two three four is my pin",
        "M. Tanner needs her records",
        "меня зовут Анна",
        "appt for clarence please",
        "liam is 3",
        "ask for o'brien's chart",
    ],
)
def test_something_that_could_be_a_name_or_a_number_is_doubtful(text: str) -> None:
    assert may_identify(text, RULES.find(text))


@pytest.mark.parametrize(
    "text",
    [
        "how much is a cleaning?",
        "I take 500mg since 2019. Is an MRI OK on Monday?",
        "call me at 202-555-0142",
        "¿Cuánto es?",
    ],
)
def test_what_names_nobody_is_not(text: str) -> None:
    assert not may_identify(text, RULES.find(text))


@pytest.mark.parametrize(
    ("text", "is_doubtful"), [("name JANE Q DOE", True), ("ask Jane MD", False)], ids=["family name", "degree"]
)
def test_capitals_behind_a_name_may_be_its_rest(text: str, is_doubtful: bool) -> None:
    start = text.lower().index("jane")
    name = Entity(EntityKind.NAME, start, start + (6 if "Q" in text else 4), 0.9, MODEL)

    assert may_identify(text, [name]) is is_doubtful


@pytest.mark.parametrize("piece", ["Xyz ", "1a ", "\n", "A. ", "{", "one two "])
def test_doubt_takes_time_that_is_linear(piece: str) -> None:
    assert may_identify(piece * 20_000, ()) in (True, False)
