"""Compare two models on the same messages, with the uncertainty of the difference."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from classifier import INTENTS, Classifier, Understanding
from training.data.labeled_messages import read_labeled_messages

_SEED = 1

Right = NDArray[np.bool_]
"""Whether a model was right about each message."""


@dataclass(frozen=True, slots=True)
class LabeledSet:
    """Messages with their intents.

    Attributes:
        name: The name of the set in the report.
        texts: The texts that the models classify.
        intents: The correct intents, in the same order.
        weights: How many messages each stands for, in the same order; None if each stands for itself.
    """

    name: str
    texts: Sequence[str] = field(repr=False)
    intents: Sequence[str]
    weights: Sequence[float] | None = None


@dataclass(frozen=True, slots=True)
class Difference:
    """How often two models were right about the same messages.

    Attributes:
        messages: The number of messages; the shares are of what they stand for.
        old: Share that the old model got right, 0 to 1; 0 without messages.
        new: Share that the new model got right.
        low: Lower end of the 95% interval of `new - old`, by paired bootstrap.
        high: Upper end of that interval.
        chance_of_loss: Probability of this loss or a larger one between two equally good models: McNemar's exact test,
            one-sided; of weighted messages, the share of the bootstrap's resamples without a loss.
    """

    messages: int
    old: float
    new: float
    low: float
    high: float
    chance_of_loss: float

    @property
    def gain(self) -> float:
        """The improvement of the new model, -1 to 1."""
        return self.new - self.old


@dataclass(frozen=True, slots=True)
class Comparison:
    """The accuracy of two models on one set of messages, and their recall by intent."""

    name: str
    overall: Difference
    by_intent: dict[str, Difference]


def compare_models(old: Classifier, new: Classifier, labeled: LabeledSet, resamples: int) -> Comparison:
    """Compare the intents that two models give the same messages."""
    intents = np.array(labeled.intents)
    old_right, new_right = (_intents(model, labeled.texts) == intents for model in (old, new))
    weights = None if labeled.weights is None else np.array(labeled.weights)

    def compare(chosen: NDArray[np.bool_]) -> Difference:
        return paired_difference(
            old_right[chosen], new_right[chosen], resamples, None if weights is None else weights[chosen]
        )

    by_intent = {intent: compare(intents == intent) for intent in INTENTS if (intents == intent).any()}
    return Comparison(labeled.name, compare(np.ones(len(intents), dtype=bool)), by_intent)


def paired_difference(
    old: Right, new: Right, resamples: int, weights: Sequence[float] | NDArray[np.float64] | None = None
) -> Difference:
    """Compare which messages each of two models got right.

    Args:
        old: Whether the old model was right about each message.
        new: Whether the new model was, in the same order.
        resamples: Number of bootstrap resamples.
        weights: How many messages each stands for, in the same order; None if each stands for itself.
    """
    if not len(old):
        return Difference(0, 0.0, 0.0, 0.0, 0.0, 1.0)
    from scipy.stats import binomtest

    gained = new.astype(np.float64) - old.astype(np.float64)
    if weights is None:
        lost, won = int((gained < 0).sum()), int((gained > 0).sum())
        chance = float(binomtest(lost, lost + won, alternative="greater").pvalue) if lost + won else 1.0
        low, high, _ = _interval(gained, np.ones(len(old)), resamples)
    else:
        low, high, chance = _interval(gained, np.asarray(weights, dtype=np.float64), resamples)
    before, after = (float(np.average(right, weights=weights)) for right in (old, new))
    return Difference(len(old), before, after, low, high, chance)


def _interval(gained: NDArray[np.float64], weights: NDArray[np.float64], resamples: int) -> tuple[float, float, float]:
    """Return the ends of the 95% interval of the mean, and the share of the resamples in which it is not negative."""
    if len(gained) < 2:
        return float(gained.min()), float(gained.max()), float((gained >= 0).mean())
    from scipy.stats import bootstrap

    generator = np.random.default_rng(_SEED)
    # In batches: all resamples of a few thousand messages at once would fill the memory.
    found = bootstrap(
        (gained * weights, weights),
        lambda total, weight, axis: total.sum(axis) / weight.sum(axis),
        n_resamples=resamples,
        batch=100,
        method="percentile",
        paired=True,
        vectorized=True,
        rng=generator,
    )
    low, high = found.confidence_interval
    return float(low), float(high), float((found.bootstrap_distribution >= 0).mean())


def classify_each(model: Classifier, texts: Sequence[str]) -> list[Understanding]:
    """Classify messages one at a time, as workers do."""
    return [model.classify([text])[0] for text in texts]


def _intents(model: Classifier, texts: Sequence[str]) -> NDArray[np.str_]:
    return np.array([found.intent for found in classify_each(model, texts)])


def load_labeled_set(path: Path, name: str) -> LabeledSet:
    """Load messages with their intents from a file.

    Raises:
        LabeledFileError: The file cannot be used.
    """
    messages = read_labeled_messages(path)
    return LabeledSet(name, [message.text for message in messages], [message.intent for message in messages])
