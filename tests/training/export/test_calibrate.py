from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from classifier import INTENTS
from classifier.understanding import LABELS
from training.export.calibrate import (
    Calibration,
    NetworkAnswers,
    calibrate_network,
    fit_temperature,
    review_threshold,
)
from training.fit.output_columns import output_names
from training.recipe import CalibrationTargets
from training.statistics import expected_calibration_error

TARGETS = CalibrationTargets(accuracy=0.9)
SCREENED = output_names(screens=True)


def overconfident(temperature: float, rows: int = 4_000) -> tuple[np.ndarray, np.ndarray]:
    """Logits that are `temperature` times too large for the labels drawn from them."""
    from scipy.special import softmax

    rng = np.random.default_rng(1)
    logits = rng.normal(0, 2, (rows, 7))
    labels = np.array([rng.choice(7, p=row) for row in softmax(logits, axis=1)])
    return logits * temperature, labels


def intents_alone(temperature: float) -> NetworkAnswers:
    logits, labels = overconfident(temperature)
    nothing = np.zeros(len(labels), dtype=bool)
    return NetworkAnswers(logits, [INTENTS[label] for label in labels], [None] * len(labels), nothing, nothing)


def screened(*messages: tuple[str | None, str, float]) -> NetworkAnswers:
    """Messages by their right label, the label that the network says with confidence, and the logit of being urgent."""
    logits = np.zeros((len(messages), len(SCREENED)))
    for row, (_, said, urgency) in enumerate(messages):
        logits[row, LABELS.index(said)] = 6.0
        logits[row, -1] = urgency
    nothing = np.zeros(len(messages), dtype=bool)
    return NetworkAnswers(logits, [right for right, _, _ in messages], [None] * len(messages), nothing, ~nothing)


def of_urgency(*messages: tuple[bool, float, bool]) -> NetworkAnswers:
    """Messages by whether they are urgent, the network's probability of it, and whether their words hold a sign."""
    rows = [("clinical_concern", "clinical_concern", float(np.log(p / (1 - p)))) for _, p, _ in messages]
    return replace(
        screened(*rows), urgent=[u for u, _, _ in messages], has_sign=np.array([sign for _, _, sign in messages])
    )


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.0])
def test_the_temperature_that_spoilt_the_logits_is_found(temperature: float) -> None:
    assert fit_temperature(*overconfident(temperature)) == pytest.approx(temperature, rel=0.08)


def test_the_error_of_an_overconfident_network_falls() -> None:
    calibration = calibrate_network(INTENTS, intents_alone(3.0), TARGETS)
    assert calibration.ece_before > 0.15
    assert calibration.ece_after < 0.03


def test_the_threshold_is_the_smallest_that_reaches_the_target() -> None:
    confidence = np.array([0.95, 0.9, 0.8, 0.7, 0.6])
    correct = np.array([True, True, True, False, True])
    assert review_threshold(confidence, correct, 0.9) == 0.701
    assert review_threshold(confidence, correct, 0.75) == 0.0


def test_no_threshold_reaches_an_accuracy_that_is_not_there() -> None:
    assert review_threshold(np.array([0.9, 0.8]), np.array([False, False]), 0.9) == 1.0


def test_what_is_recorded_agrees_with_the_threshold() -> None:
    from scipy.special import softmax

    answers = intents_alone(2.0)
    found = calibrate_network(INTENTS, answers, TARGETS)
    probabilities = softmax(answers.logits / found.temperature, axis=1)
    thresholds = np.array([found.review_thresholds[INTENTS[best]] for best in probabilities.argmax(axis=1)])
    routed = probabilities.max(axis=1) >= thresholds
    assert found.validation_coverage == pytest.approx(routed.mean(), abs=1e-3)
    assert found.validation_accuracy_when_routed >= 0.9


def test_a_network_of_intents_alone_has_no_other_thresholds() -> None:
    found = calibrate_network(INTENTS, intents_alone(1.0), TARGETS)
    assert (found.acknowledgement_threshold, found.urgent_threshold, found.urgent_with_sign_threshold) == (None,) * 3
    assert found.validation_out_of_scope_held is None


def test_the_threshold_holds_the_share_of_messages_without_an_intent_that_is_asked_for() -> None:
    rng = np.random.default_rng(2)
    spam = [("out_of_scope", "complaint" if number < 3 else "out_of_scope", -6.0) for number in range(10)]
    answers = screened(*[("complaint", "complaint", -6.0)] * 20, *spam)
    answers.logits[:, :-1] += rng.normal(0, 0.3, (30, len(LABELS)))
    loose = calibrate_network(SCREENED, answers, CalibrationTargets(accuracy=0.5, out_of_scope_held=0.7))
    strict = calibrate_network(SCREENED, answers, CalibrationTargets(accuracy=0.5, out_of_scope_held=0.95))
    assert loose.validation_out_of_scope_held == 0.7
    assert strict.validation_out_of_scope_held == 1.0
    assert strict.review_threshold > loose.review_threshold


def test_an_acknowledgement_need_not_be_held() -> None:
    thanks = [("acknowledgement", "complaint", -6.0)] * 5
    found = calibrate_network(SCREENED, screened(*[("complaint", "complaint", -6.0)] * 20, *thanks), TARGETS)
    assert found.validation_out_of_scope_held is None


def test_no_message_that_needs_an_answer_is_taken_for_one_that_needs_none() -> None:
    rows = [("acknowledgement", "acknowledgement", -6.0)] * 9 + [("complaint", "complaint", -6.0)] * 9
    sure = calibrate_network(SCREENED, screened(*rows), TARGETS)
    doubtful = calibrate_network(SCREENED, screened(*rows, (None, "acknowledgement", -6.0)), TARGETS)
    assert sure.acknowledgement_threshold == 0.3
    assert doubtful.acknowledgement_threshold == 1.0


def test_enough_urgent_messages_are_found_with_the_fewest_false_alarms() -> None:
    answers = of_urgency(
        (True, 0.9, False),
        (True, 0.8, True),
        (True, 0.3, True),
        (False, 0.6, False),
        (False, 0.015, True),
        (False, 0.1, False),
    )
    found = calibrate_network(SCREENED, answers, TARGETS)
    assert (found.validation_urgent_found, found.validation_false_alarms) == (1.0, 0.0)
    assert found.urgent_threshold is not None
    assert found.urgent_with_sign_threshold is not None
    assert 0.6 < found.urgent_threshold <= 0.9
    assert found.urgent_with_sign_threshold == 0.02


def test_no_more_alarms_are_raised_than_the_share_to_find_asks_for() -> None:
    answers = of_urgency(*[(True, 0.9, False)] * 9, (True, 0.1, False), *[(False, 0.4, False)] * 10)
    most = calibrate_network(SCREENED, answers, CalibrationTargets(accuracy=0.9, urgent_found=0.9))
    every = calibrate_network(SCREENED, answers, CalibrationTargets(accuracy=0.9, urgent_found=0.98))
    assert (most.validation_urgent_found, most.validation_false_alarms) == (0.9, 0.0)
    assert (every.validation_urgent_found, every.validation_false_alarms) == (1.0, 1.0)


def test_a_false_alarm_that_nobody_would_raise_does_not_count() -> None:
    answers = of_urgency((True, 0.9, False), (False, 0.95, False))
    undoubted = replace(answers, doubtful=np.array([True, False]))
    assert calibrate_network(SCREENED, answers, TARGETS).validation_false_alarms == 1.0
    assert calibrate_network(SCREENED, undoubted, TARGETS).validation_false_alarms == 0.0


def test_without_an_urgent_message_the_signs_are_left_to_decide() -> None:
    found: Calibration = calibrate_network(SCREENED, of_urgency((False, 0.9, False)), TARGETS)
    assert found.urgent_threshold is None
    assert found.validation_urgent_found is None


def test_calibration_error_is_the_gap_between_confidence_and_accuracy() -> None:
    sure = np.tile([0.9, 0.1], (10, 1))
    half_right = np.array([0, 1] * 5)
    assert expected_calibration_error(sure.max(axis=1), sure.argmax(axis=1) == half_right) == pytest.approx(0.4)
