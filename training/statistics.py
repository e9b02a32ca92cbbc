"""Scores and their confidence intervals, as pure functions of expected and predicted labels."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from math import sqrt
from statistics import NormalDist
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

_Item = TypeVar("_Item")

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

_OUTER = (2.5, 97.5)
_Z = NormalDist().inv_cdf(0.975)


def bootstrap_interval(correct: NDArray[np.bool_], seed: int = 0, resamples: int = 2000) -> tuple[float, float]:
    """Return the 95% percentile bootstrap interval of an accuracy.

    Args:
        correct: Whether each message was classified correctly; at least one message.
        seed: Random seed of the resamples.
        resamples: Number of resamples.
    """
    # Only the number of correct predictions in a resample matters, and it is binomial.
    right = np.random.default_rng(seed).binomial(len(correct), correct.mean(), resamples)
    return _outer(right / len(correct))


def macro_f1_interval(
    expected: Sequence[str], predicted: Sequence[str], labels: Sequence[str], seed: int = 0, resamples: int = 2000
) -> tuple[float, float]:
    """Return the 95% percentile bootstrap interval of the unweighted mean of the labels' F1.

    Args:
        expected: The correct label of each message; at least one message.
        predicted: The predicted label of each message.
        labels: The labels to score. A label that a resample neither contains nor predicts scores 0.
        seed: Random seed of the resamples.
        resamples: Number of resamples.
    """
    # Only the confusion matrix of a resample matters, and it is multinomial.
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
    """Return the `precision`, `recall`, `f1` (0 to 1, or 0 if undefined) and `messages` of each label.

    Args:
        expected: The correct label of each message; at least one message.
        predicted: The predicted label of each message.
        labels: The labels to score, in the order of the result.
    """
    from sklearn.metrics import precision_recall_fscore_support

    columns = precision_recall_fscore_support(expected, predicted, labels=list(labels), zero_division=0.0)
    return {
        label: {"precision": float(precision), "recall": float(recall), "f1": float(f1), "messages": int(messages)}
        for label, precision, recall, f1, messages in zip(labels, *columns, strict=True)
    }


def macro_f1(expected: Sequence[Any], predicted: Sequence[Any], labels: Sequence[Any]) -> float:
    """Return the unweighted mean of the labels' F1, 0 to 1; a label that never occurs counts as 0."""
    known, found = Counter(expected), Counter(predicted)
    both = Counter(label for label, named in zip(expected, predicted, strict=True) if label == named)
    # scikit-learn takes a hundred times as long, most of it to check what it is given.
    return sum(2 * both[label] / max(known[label] + found[label], 1) for label in labels) / len(labels)


def wilson_interval(successes: int, total: int) -> tuple[float, float]:
    """Return the 95% Wilson score interval of a share; 0 to 1 without observations.

    Unlike the bootstrap, it is valid for small samples and for shares near 0 and 1.
    """
    if not total:
        return 0.0, 1.0
    # scipy's test would also compute a p-value, and take a hundred times as long.
    middle = (successes + _Z**2 / 2) / (total + _Z**2)
    reach = _Z * sqrt(successes * (total - successes) / total + _Z**2 / 4) / (total + _Z**2)
    return 0.0 if successes == 0 else middle - reach, 1.0 if successes == total else middle + reach


def count_share(flags: Sequence[bool] | Flags) -> dict[str, float] | None:
    """Return the share of flags that are set, with its 95% Wilson interval; None without flags."""
    if not len(flags):
        return None
    count = int(np.count_nonzero(flags))
    low, high = wilson_interval(count, len(flags))
    return {"messages": len(flags), "count": count, "share": count / len(flags), "low": low, "high": high}


def risk_coverage(confidence: Floats, correct: Flags) -> tuple[Floats, Floats]:
    """Return the accuracy of acting only on the most confident messages, for each possible cutoff.

    Args:
        confidence: The confidence of each prediction; at least one message.
        correct: Whether each prediction is correct.

    Returns:
        The share of messages acted on, rising to 1, and the accuracy on them, with each distinct confidence as the
        cutoff.
    """
    surest_first = np.argsort(-confidence, kind="stable")
    ranked = confidence[surest_first]
    # Messages with the same confidence are on the same side of every cutoff.
    ends = np.flatnonzero(np.append(ranked[1:] < ranked[:-1], True))
    right = np.cumsum(correct[surest_first])
    return (ends + 1) / len(ranked), right[ends] / (ends + 1)


def coverage_at(accuracy: float, confidence: Floats, correct: Flags) -> float:
    """Return the largest share of messages, 0 to 1, that can be acted on at the given accuracy; 0 if there is none."""
    coverage, reached = risk_coverage(confidence, correct)
    enough = coverage[reached >= accuracy]
    return float(enough.max(initial=0.0))


def reliability_bins(confidence: Floats, correct: Flags, bins: int = 15) -> list[dict[str, float]]:
    """Return the mean `confidence`, the `accuracy` and the number of `messages` of each nonempty, equally wide bin."""
    bin_of = np.minimum((confidence * bins).astype(int), bins - 1)
    return [
        {
            "confidence": float(confidence[bin_of == number].mean()),
            "accuracy": float(correct[bin_of == number].mean()),
            "messages": int((bin_of == number).sum()),
        }
        for number in np.unique(bin_of)
    ]


def expected_calibration_error(confidence: Floats, correct: Flags, bins: int = 15) -> float:
    """Return the expected calibration error, 0 to 1: the mean gap between confidence and accuracy (Guo et al. 2017).

    Neither scikit-learn nor scipy computes it: `calibration_curve` does not return the size of its bins.
    """
    found = reliability_bins(confidence, correct, bins)
    return sum(part["messages"] * abs(part["confidence"] - part["accuracy"]) for part in found) / len(confidence)


def _ratio(above: NDArray[np.int64], below: NDArray[np.int64]) -> Floats:
    result: Floats = np.divide(above, below, out=np.zeros(len(above)), where=below > 0)
    return result


def _outer(resampled: Floats) -> tuple[float, float]:
    low, high = np.percentile(resampled, _OUTER)
    return float(low), float(high)


def spread(items: Sequence[_Item], most: int) -> list[_Item]:
    """Return at most `most` items, evenly spread over all of them."""
    count = min(most, len(items))
    return [items[number * len(items) // count] for number in range(count)]
