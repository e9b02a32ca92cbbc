from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from classifier import INTENTS, Understanding
from classifier.network.practice_fit import STEPS, confidence_drift, operating_points, worth_labeling
from classifier.outputs import LANGUAGES, Language
from intake.vocabulary import DangerKind, Disposition, TriageLevel
from tasks.routing.decide import decide
from tests.tasks.routing.test_decide import PRACTICE, THRESHOLD, facts


def understood(
    intent: str,
    confidence: float,
    disposition: Disposition = Disposition.ROUTE,
    triage: TriageLevel = TriageLevel.ROUTINE,
    language: Language = "en",
    partly_read: bool = False,
) -> Understanding:
    rest = (1 - confidence) / (len(INTENTS) - 1)
    return Understanding(
        intent=intent,
        confidence=confidence,
        probabilities={name: confidence if name == intent else rest for name in INTENTS},
        triage=triage,
        danger=None,
        language=language,
        disposition=disposition,
        partly_read=partly_read,
        model_version="0" * 12,
    )


def test_each_threshold_says_how_many_are_routed_and_how_many_of_them_are_right() -> None:
    messages = [understood("complaint", 0.99), understood("complaint", 0.75), understood("billing_inquiry", 0.55)]
    points = {point.threshold: point for point in operating_points(messages, ["complaint", "billing_inquiry", None])}

    assert list(points) == [None, *STEPS]
    assert points[0.5].routed == 1
    assert points[0.5].measured == 0.5
    assert points[0.5].expected == pytest.approx((0.99 + 0.75 + 0.55) / 3)
    assert (points[0.9].routed, points[0.9].measured, points[0.9].labeled) == (pytest.approx(1 / 3), 1.0, 1)


def test_a_threshold_that_nothing_reaches_has_no_accuracy() -> None:
    (*_, highest) = operating_points([understood("complaint", 0.6, Disposition.REVIEW)], [None])
    assert (highest.routed, highest.expected, highest.measured) == (0.0, None, None)


def test_the_models_own_thresholds_are_those_that_decided() -> None:
    held, sent = understood("complaint", 0.99, Disposition.REVIEW), understood("complaint", 0.4)
    assert operating_points([held, sent], [None, None])[0].routed == 0.5


@pytest.mark.parametrize(
    "elsewhere",
    [
        understood("complaint", 0.99, triage=TriageLevel.EMERGENCY),
        understood("complaint", 0.99, triage=TriageLevel.SAME_DAY),
        understood("complaint", 0.99, language="other"),
        understood("complaint", 0.99, Disposition.PERSON),
        understood("complaint", 0.99, Disposition.OUT_OF_SCOPE),
        understood("complaint", 0.99, Disposition.ACKNOWLEDGEMENT),
        understood("complaint", 0.99, partly_read=True),
    ],
    ids=["emergency", "same day", "other language", "asks for a person", "out of scope", "thanks", "too long"],
)
def test_what_goes_elsewhere_however_sure_its_intent_is_routed_at_no_threshold(elsewhere: Understanding) -> None:
    points = operating_points([elsewhere, understood("complaint", 0.99)], ["billing_inquiry", "complaint"])

    assert {(point.routed, point.measured, point.labeled) for point in points} == {(0.5, 1.0, 1)}


def test_what_counts_as_routed_is_what_the_service_routes_by_its_intent() -> None:
    for triage, language, disposition, partly_read, confidence in product(
        TriageLevel, LANGUAGES, Disposition, (False, True), (0.5, 0.7)
    ):
        found = understood("billing_inquiry", confidence, disposition, triage, language, partly_read)
        danger = DangerKind.OTHER if triage is TriageLevel.EMERGENCY else None
        known = facts(
            confidence=confidence,
            disposition=disposition,
            triage=triage,
            danger=danger,
            language=language,
            partly_read=partly_read,
        )
        routed = decide(known, PRACTICE).route == "billing_inquiry"
        assert found.is_routed(THRESHOLD) == routed, (triage, language, disposition, partly_read, confidence)


def test_messages_like_those_of_validation_have_not_drifted() -> None:
    deciles = list(np.linspace(0, 1, 11))
    alike = [understood("complaint", place / 200) for place in range(200)]
    unlike = [understood("complaint", 0.2 + place / 1000) for place in range(200)]

    assert not confidence_drift(alike, deciles).notable
    assert confidence_drift(unlike, deciles).notable


def test_a_handful_of_messages_proves_no_drift() -> None:
    assert not confidence_drift([understood("complaint", 0.3)] * 3, [0.0] * 5 + [0.5] * 6).notable


def test_the_least_certain_messages_of_each_intent_in_turn_are_worth_labeling() -> None:
    messages = [
        understood("complaint", 0.9),
        understood("complaint", 0.4),
        understood("billing_inquiry", 0.5),
        understood("billing_inquiry", 0.3),
        understood("complaint", 0.2, Disposition.ACKNOWLEDGEMENT),
    ]
    assert worth_labeling(messages, [None] * 5, 3) == [3, 1, 2]
    assert worth_labeling(messages, [None, None, None, "complaint", None], 2) == [2, 1]
