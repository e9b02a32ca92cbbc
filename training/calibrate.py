"""Making confidence mean what it says, and choosing how much of it is enough to act without a person."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Labels = NDArray[np.int64]

_TEMPERATURES = np.geomspace(0.2, 5.0, 2001)
_THRESHOLDS = np.arange(1001) / 1000


@dataclass(frozen=True, slots=True)
class Calibration:
    """What the validation messages say about the network's confidence.

    Attributes:
        temperature: What logits are divided by before the softmax.
        review_threshold: The least confidence, 0 to 1, at which a message is routed without a person.
        target_accuracy: The accuracy that the routed messages had to reach.
        validation_coverage: Share of the validation messages at or above the threshold.
        validation_accuracy_when_routed: Accuracy on those.
        ece_before: Expected calibration error of the plain softmax.
        ece_after: Expected calibration error at `temperature`.
    """

    temperature: float
    review_threshold: float
    target_accuracy: float
    validation_coverage: float
    validation_accuracy_when_routed: float
    ece_before: float
    ece_after: float


def calibrate(logits: Floats, labels: Labels, target_accuracy: float) -> Calibration:
    """Fit the temperature and choose the review threshold.

    Args:
        logits: One row a message, as the network that will serve gives them.
        labels: The right column of each row.
        target_accuracy: What the routed messages have to reach, between 0 and 1.
    """
    temperature = fit_temperature(logits, labels)
    probabilities = softmax(logits / temperature)
    confidence, correct = probabilities.max(axis=1), probabilities.argmax(axis=1) == labels
    threshold = review_threshold(confidence, correct, target_accuracy)
    routed = confidence >= threshold
    return Calibration(
        temperature=round(temperature, 4),
        review_threshold=threshold,
        target_accuracy=target_accuracy,
        validation_coverage=round(float(routed.mean()), 4),
        validation_accuracy_when_routed=round(float(correct[routed].mean()) if routed.any() else 1.0, 4),
        ece_before=round(calibration_error(softmax(logits), labels), 4),
        ece_after=round(calibration_error(probabilities, labels), 4),
    )


def softmax(logits: Floats) -> Floats:
    """Turn rows of logits into rows of probabilities."""
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    result: Floats = powers / powers.sum(axis=1, keepdims=True)
    return result


def fit_temperature(logits: Floats, labels: Labels) -> float:
    """Return the temperature, from 0.2 to 5, of the least negative log-likelihood.

    Temperature scaling: Guo et al., On Calibration of Modern Neural Networks, ICML 2017.
    """
    rows = np.arange(len(labels))
    losses = [-np.log(softmax(logits / t)[rows, labels] + 1e-12).mean() for t in _TEMPERATURES]
    return float(_TEMPERATURES[int(np.argmin(losses))])


def review_threshold(confidence: Floats, correct: NDArray[np.bool_], target_accuracy: float) -> float:
    """Return the smallest threshold, in thousandths, above which the accuracy reaches the target.

    1.0, which sends all but the surest message to a person, where no threshold reaches it.
    """
    for threshold in _THRESHOLDS:
        routed = confidence >= threshold
        if routed.any() and correct[routed].mean() >= target_accuracy:
            return float(threshold)
    return 1.0


def calibration_error(probabilities: Floats, labels: Labels, bins: int = 15) -> float:
    """Return the expected calibration error, 0 to 1, over bins of equal width (Guo et al. 2017)."""
    confidence, correct = probabilities.max(axis=1), probabilities.argmax(axis=1) == labels
    bin_of = np.minimum((confidence * bins).astype(int), bins - 1)
    error = 0.0
    for number in range(bins):
        inside = bin_of == number
        if inside.any():
            error += inside.mean() * abs(confidence[inside].mean() - correct[inside].mean())
    return float(error)
