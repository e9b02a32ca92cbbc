"""How good answers are, and how sure that is: pure functions of what was right and what was said.

The intervals are those of the percentile bootstrap at 95%. Drawing a resample of n answers and counting the right
ones is drawing from a binomial distribution, and counting who was taken for what from a multinomial one; so the
counts are drawn at once, and no resample is ever made.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Names = NDArray[np.str_]
Floats = NDArray[np.float64]
Counts = NDArray[np.int64]

_PERCENTILES = (2.5, 97.5)


@dataclass(frozen=True, slots=True)
class ClassScore:
    """How well one class is recognised; every share is between 0 and 1.

    Attributes:
        precision: Share of the answers that name the class and are right; 0 where none names it.
        recall: Share of the class's messages that are recognised; 0 where there are none.
        f1: Their harmonic mean; 0 where both are.
        messages: Messages of the class.
    """

    precision: float
    recall: float
    f1: float
    messages: int


def accuracy(correct: NDArray[np.bool_]) -> float:
    """Return the share of right answers.

    Raises:
        ValueError: There are no answers.
    """
    _require(len(correct))
    return float(np.mean(correct))


def bootstrap_interval(correct: NDArray[np.bool_], seed: int = 0, resamples: int = 2000) -> tuple[float, float]:
    """Return the 95% interval of the share of right answers.

    Args:
        correct: Whether each answer was right, shape (n,).
        seed: The same seed gives the same interval.
        resamples: Resamples drawn.

    Raises:
        ValueError: There are no answers.
    """
    share = accuracy(correct)
    drawn = np.random.default_rng(seed).binomial(len(correct), share, resamples) / len(correct)
    return _interval(drawn)


def per_class(expected: Names, predicted: Names, labels: Sequence[str]) -> dict[str, ClassScore]:
    """Return how well every class is recognised.

    Args:
        expected: The right class of each message, one of `labels`, shape (n,).
        predicted: What was said, shape (n,); anything outside `labels` is an answer that names no class.
        labels: The classes.

    Raises:
        ValueError: The two differ in length, there are no answers, or a right class is unknown.
    """
    table = _confusion(expected, predicted, labels)
    hits, named, present = _margins(table)
    precision, recall = _ratio(hits, named), _ratio(hits, present)
    f1 = _f1(table)
    return {
        label: ClassScore(float(precision[i]), float(recall[i]), float(f1[i]), int(present[i]))
        for i, label in enumerate(labels)
    }


def macro_f1(expected: Names, predicted: Names, labels: Sequence[str]) -> float:
    """Return the mean of the classes' F1; see `per_class`."""
    return float(_f1(_confusion(expected, predicted, labels)).mean())


def macro_f1_interval(
    expected: Names, predicted: Names, labels: Sequence[str], seed: int = 0, resamples: int = 2000
) -> tuple[float, float]:
    """Return the 95% interval of the macro-F1; see `per_class` and `bootstrap_interval`."""
    table = _confusion(expected, predicted, labels)
    drawn = np.random.default_rng(seed).multinomial(len(expected), table.ravel() / len(expected), resamples)
    return _interval(_f1(drawn.reshape(resamples, *table.shape)).mean(axis=1))


def _confusion(expected: Names, predicted: Names, labels: Sequence[str]) -> Counts:
    """Count who was taken for what, shape (k, k + 1); the last column is for answers that name no class."""
    if len(expected) != len(predicted):
        raise ValueError(f"{len(expected)} right classes do not go with {len(predicted)} answers")
    _require(len(expected))
    index = {label: i for i, label in enumerate(labels)}
    unknown = set(expected.tolist()) - set(labels)
    if unknown:
        raise ValueError(f"the right classes {', '.join(sorted(unknown))} are not among {', '.join(labels)}")
    table = np.zeros((len(labels), len(labels) + 1), dtype=np.int64)
    for right, said in zip(expected.tolist(), predicted.tolist(), strict=True):
        table[index[right], index.get(said, len(labels))] += 1
    return table


def _margins(tables: Counts) -> tuple[Counts, Counts, Counts]:
    """Return hits, answers and messages of every class, each of shape (..., k)."""
    square = tables[..., :-1]
    return np.diagonal(square, axis1=-2, axis2=-1), square.sum(axis=-2), tables.sum(axis=-1)


def _f1(tables: Counts) -> Floats:
    hits, named, present = _margins(tables)
    return _ratio(2 * hits, named + present)


def _ratio(numerator: Counts, denominator: Counts) -> Floats:
    return np.divide(numerator, denominator, out=np.zeros(numerator.shape), where=denominator > 0)


def _interval(drawn: Floats) -> tuple[float, float]:
    low, high = np.percentile(drawn, _PERCENTILES)
    return float(low), float(high)


def _require(answers: int) -> None:
    if answers == 0:
        raise ValueError("there are no answers to score")
