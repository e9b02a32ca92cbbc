"""What a signature says about emergencies in general is no emergency; what a person says of one always is."""

from __future__ import annotations

import pytest

from classifier import Classifier
from classifier.text.helplines import without_helplines
from intake.vocabulary import TriageLevel

GENERAL = (
    "If you are in crisis, call 911 or the 988 Suicide & Crisis Lifeline.",
    "If this is an emergency, call 911.",
    "If you or someone else is in danger, call 911 now.",
    "If you are having thoughts of suicide call 988.",
    "In case of a medical emergency, please dial 911 or go to the nearest emergency room.",
    "CONFIDENTIALITY NOTICE: If you are experiencing a life-threatening emergency, go to the nearest hospital.",
    "For emergencies call 911.",
    "Si es una emergencia, llame al 911.",
    "Si usted está en crisis, llame o envíe un mensaje al 988.",
    "En caso de emergencia, acuda a la sala de urgencias.",
)


@pytest.mark.parametrize("sentence", GENERAL)
@pytest.mark.parametrize("request_", ["Why was I charged twice?", "Please send the records of my client. Dr. Roe"])
def test_what_to_do_in_an_emergency_in_general_is_left_out(sentence: str, request_: str) -> None:
    assert without_helplines(f"{request_}\n\n{sentence}\n").strip() == request_


@pytest.mark.parametrize(
    "text",
    [
        "If I am in crisis tonight who do I call, 988?",
        "if you dont call me back im going to call 911",
        "The nurse said if it gets worse go to the emergency room, and my chest hurts more now",
        "If she stops breathing again should I call 911?",
        "Should you call 911 for my husband, he collapsed",
        "I called 988 and hung up.",
        "my son is in danger, call 911",
        "Si tengo otra crisis, ¿llamo al 911?",
        "Call 911",
        "If this is an emergency, call 911.",
    ],
)
def test_what_somebody_says_of_themselves_or_of_another_stays(text: str) -> None:
    assert without_helplines(text) == text


@pytest.mark.parametrize(
    "message",
    [
        "Please send the records of my client to our office.\n\nDr. Jane Roe, LCSW\nThis email is not monitored for "
        "emergencies. If you are in crisis, call 911 or text or call the 988 Suicide & Crisis Lifeline.",
        "Why was I charged twice?\n\nCONFIDENTIALITY NOTICE: If you are experiencing a medical emergency, call 911. "
        "If you are having thoughts of suicide call 988.",
    ],
    ids=["therapist", "disclaimer"],
)
def test_a_helpline_in_a_signature_raises_no_alarm(classifier: Classifier, message: str) -> None:
    [understood] = classifier.classify([message])

    assert understood.triage is not TriageLevel.EMERGENCY


def test_a_danger_above_such_a_signature_is_one(classifier: Classifier) -> None:
    [understood] = classifier.classify([f"I took all my pills an hour ago.\n\n{GENERAL[0]}"])

    assert understood.triage is TriageLevel.EMERGENCY
