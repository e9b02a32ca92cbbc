from __future__ import annotations

import numpy as np
import pytest

from training.calibrate import calibrate, calibration_error, fit_temperature, review_threshold, softmax


def overconfident(temperature: float, rows: int = 4_000) -> tuple[np.ndarray, np.ndarray]:
    """Logits that are `temperature` times too large for the labels drawn from them."""
    rng = np.random.default_rng(1)
    logits = rng.normal(0, 2, (rows, 7))
    labels = np.array([rng.choice(7, p=row) for row in softmax(logits)])
    return logits * temperature, labels


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.0])
def test_the_temperature_that_spoilt_the_logits_is_found(temperature: float) -> None:
    assert fit_temperature(*overconfident(temperature)) == pytest.approx(temperature, rel=0.08)


def test_the_error_of_an_overconfident_network_falls() -> None:
    calibration = calibrate(*overconfident(3.0), target_accuracy=0.9)
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
    logits, labels = overconfident(2.0)
    found = calibrate(logits, labels, target_accuracy=0.9)
    probabilities = softmax(logits / found.temperature)
    routed = probabilities.max(axis=1) >= found.review_threshold
    assert found.validation_coverage == pytest.approx(routed.mean(), abs=1e-3)
    assert found.validation_accuracy_when_routed >= 0.9


def test_calibration_error_is_the_gap_between_confidence_and_accuracy() -> None:
    sure = np.tile([0.9, 0.1], (10, 1))
    half_right = np.array([0, 1] * 5)
    assert calibration_error(sure, half_right) == pytest.approx(0.4)
