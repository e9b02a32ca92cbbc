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
    """

    name: str
    texts: Sequence[str] = field(repr=False)
    intents: Sequence[str]


@dataclass(frozen=True, slots=True)
class Difference:
    """How often two models were right about the same messages.

    Attributes:
        messages: The number of messages.
        old: Share that the old model got right, 0 to 1; 0 without messages.
        new: Share that the new model got right.
        low: Lower end of the 95% interval of `new - old`, by paired bootstrap.
        high: Upper end of that interval.
        chance_of_loss: Probability of this loss or a larger one between two equally good models: McNemar's exact test,
            one-sided.
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
    by_intent = {
        intent: paired_difference(old_right[intents == intent], new_right[intents == intent], resamples)
        for intent in INTENTS
        if (intents == intent).any()
    }
    return Comparison(labeled.name, paired_difference(old_right, new_right, resamples), by_intent)


def paired_difference(old: Right, new: Right, resamples: int) -> Difference:
    """Compare which messages each of two models got right.

    Args:
        old: Whether the old model was right about each message.
        new: Whether the new model was, in the same order.
        resamples: Number of bootstrap resamples.
    """
    if not len(old):
        return Difference(0, 0.0, 0.0, 0.0, 0.0, 1.0)
    from scipy.stats import binomtest

    gained = new.astype(np.float64) - old.astype(np.float64)
    lost, won = int((gained < 0).sum()), int((gained > 0).sum())
    low, high = _interval(gained, resamples)
    chance = float(binomtest(lost, lost + won, alternative="greater").pvalue) if lost + won else 1.0
    return Difference(len(old), float(old.mean()), float(new.mean()), low, high, chance)


def _interval(gained: NDArray[np.float64], resamples: int) -> tuple[float, float]:
    if len(gained) < 2:
        return float(gained.min()), float(gained.max())
    from scipy.stats import bootstrap

    generator = np.random.default_rng(_SEED)
    # In batches: all resamples of a few thousand messages at once would fill the memory.
    found = bootstrap(
        (gained,), np.mean, n_resamples=resamples, batch=100, method="percentile", vectorized=True, rng=generator
    ).confidence_interval
    return float(found.low), float(found.high)


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
