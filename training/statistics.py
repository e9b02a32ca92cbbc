"""Scores and how far to trust them: pure arithmetic on what was expected and what was said."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

_OUTER = (2.5, 97.5)
_Z = 1.959964
"""The quantile of the normal distribution that leaves 2.5% above it."""


def bootstrap_interval(correct: NDArray[np.bool_], seed: int = 0, resamples: int = 2000) -> tuple[float, float]:
    """Return the 95% percentile bootstrap interval of an accuracy.

    Args:
        correct: Whether each message was understood; at least one.
        seed: Where the resamples come from.
        resamples: How many there are.
    """
    # Of a resample only the number of right messages matters, and that is binomial.
    right = np.random.default_rng(seed).binomial(len(correct), correct.mean(), resamples)
    return _outer(right / len(correct))


def macro_f1_interval(
    expected: Sequence[str], predicted: Sequence[str], labels: Sequence[str], seed: int = 0, resamples: int = 2000
) -> tuple[float, float]:
    """Return the 95% percentile bootstrap interval of the unweighted mean of the labels' F1.

    Args:
        expected: The right label of each message; at least one message.
        predicted: What was said of each.
        labels: The labels that count. One that a resample has no message of, and that nobody said, scores 0.
        seed: Where the resamples come from.
        resamples: How many there are.
    """
    # Of a resample only the confusion table matters, and that is multinomial.
    cells, counts = np.unique(np.array([expected, predicted]), axis=1, return_counts=True)
    tables = np.random.default_rng(seed).multinomial(len(expected), counts / counts.sum(), resamples)
    scores = [
        _ratio(
            2 * tables[:, (cells == label).all(axis=0)].sum(axis=1),
            tables[:, cells[0] == label].sum(axis=1) + tables[:, cells[1] == label].sum(axis=1),
        )
        for label in labels
    ]
    return _outer(np.mean(scores, axis=0))


def per_class(expected: Sequence[str], predicted: Sequence[str], labels: Sequence[str]) -> dict[str, dict[str, float]]:
    """Return `precision`, `recall`, `f1` (0 to 1, and 0 where undefined) and `messages` of every label.

    Args:
        expected: The right label of each message.
        predicted: What was said of each.
        labels: The labels that count, in the order of the result.
    """
    right, said = np.array(expected, dtype=object), np.array(predicted, dtype=object)
    return {label: _class_scores(right == label, said == label) for label in labels}


def _class_scores(right: Flags, said: Flags) -> dict[str, float]:
    hits, messages, named = int((right & said).sum()), int(right.sum()), int(said.sum())
    return {
        "precision": hits / named if named else 0.0,
        "recall": hits / messages if messages else 0.0,
        "f1": 2 * hits / (messages + named) if messages + named else 0.0,
        "messages": messages,
    }


def macro_f1(expected: Sequence[str], predicted: Sequence[str], labels: Sequence[str]) -> float:
    """Return the unweighted mean of the labels' F1, 0 to 1."""
    return float(np.mean([scores["f1"] for scores in per_class(expected, predicted, labels).values()]))


def wilson_interval(successes: int, total: int) -> tuple[float, float]:
    """Return the 95% Wilson score interval of a share; from 0 to 1 where there is nothing to count.

    It holds for few messages and for shares near 0 and 1, where the bootstrap does not.
    """
    if not total:
        return 0.0, 1.0
    share, weight = successes / total, _Z**2 / total
    middle = (share + weight / 2) / (1 + weight)
    half = _Z * np.sqrt(share * (1 - share) / total + weight / (4 * total)) / (1 + weight)
    return max(0.0, float(middle - half)), min(1.0, float(middle + half))


def risk_coverage(confidence: Floats, correct: Flags) -> tuple[Floats, Floats]:
    """Return what can be had by acting on the surest messages alone.

    Args:
        confidence: How sure each message is; at least one message.
        correct: Whether it was understood.

    Returns:
        The share of the messages acted on, rising to 1, and the accuracy on them, for every confidence that
        occurs as the threshold.
    """
    surest_first = np.argsort(-confidence, kind="stable")
    ranked = confidence[surest_first]
    # Messages of the same confidence are acted on together or not at all.
    ends = np.flatnonzero(np.append(ranked[1:] < ranked[:-1], True))
    right = np.cumsum(correct[surest_first])
    return (ends + 1) / len(ranked), right[ends] / (ends + 1)


def coverage_at(accuracy: float, confidence: Floats, correct: Flags) -> float:
    """Return the largest share of the messages, 0 to 1, that can be acted on at an accuracy; 0 where none can."""
    coverage, reached = risk_coverage(confidence, correct)
    enough = coverage[reached >= accuracy]
    return float(enough.max(initial=0.0))


def reliability(confidence: Floats, correct: Flags, bins: int = 15) -> list[dict[str, float]]:
    """Return mean `confidence`, `accuracy` and `messages` of every bin, of equal width, that is not empty."""
    bin_of = np.minimum((confidence * bins).astype(int), bins - 1)
    return [
        {
            "confidence": float(confidence[bin_of == number].mean()),
            "accuracy": float(correct[bin_of == number].mean()),
            "messages": int((bin_of == number).sum()),
        }
        for number in np.unique(bin_of)
    ]


def expected_error(confidence: Floats, correct: Flags, bins: int = 15) -> float:
    """Return the expected calibration error, 0 to 1: how far the bins' confidence is off (Guo et al. 2017)."""
    found = reliability(confidence, correct, bins)
    return sum(one["messages"] * abs(one["confidence"] - one["accuracy"]) for one in found) / len(confidence)


def _ratio(above: NDArray[np.int64], below: NDArray[np.int64]) -> Floats:
    result: Floats = np.divide(above, below, out=np.zeros(len(above)), where=below > 0)
    return result


def _outer(resampled: Floats) -> tuple[float, float]:
    low, high = np.percentile(resampled, _OUTER)
    return float(low), float(high)
