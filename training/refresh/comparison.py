"""Two models on the same messages: how far apart they are, and how much of that could be chance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binomtest, bootstrap

from classifier import INTENTS, Classifier
from training.data.labeled_messages import read_labeled_messages

_SEED = 1

Right = NDArray[np.bool_]
"""For every message, whether a model was right."""


@dataclass(frozen=True, slots=True)
class LabeledSet:
    """Messages and their intents.

    Attributes:
        name: What they are called in the report.
        texts: As the models read them.
        intents: The right ones, in the same order.
    """

    name: str
    texts: Sequence[str] = field(repr=False)
    intents: Sequence[str]


@dataclass(frozen=True, slots=True)
class Difference:
    """How often two models were right about the same messages.

    Attributes:
        messages: How many there were.
        old: Share that the old model got right, 0 to 1; 0 where there were none.
        new: Share that the new one got right.
        low: The lower end of the 95% interval of `new - old`, by a paired bootstrap.
        high: Its upper end.
        chance_of_loss: How probable so much of a loss, or more, is among two equally good models: McNemar's exact test,
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
        """By how much the new model is better, -1 to 1."""
        return self.new - self.old


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two models on one set of messages: their accuracy, and their recall by intent."""

    name: str
    overall: Difference
    by_intent: dict[str, Difference]


def compare_models(old: Classifier, new: Classifier, labeled: LabeledSet, resamples: int) -> Comparison:
    """Have two models read the same messages, each by itself, as workers do."""
    intents = np.array(labeled.intents)
    old_right, new_right = (_intents(model, labeled.texts) == intents for model in (old, new))
    by_intent = {
        intent: paired_difference(old_right[intents == intent], new_right[intents == intent], resamples)
        for intent in INTENTS
        if (intents == intent).any()
    }
    return Comparison(labeled.name, paired_difference(old_right, new_right, resamples), by_intent)


def compare_urgency(old: Classifier, new: Classifier, urgent: Sequence[str], resamples: int) -> Difference:
    """Compare how many of some urgent messages two models take for urgent."""
    found = [np.array([model.classify([text])[0].urgent for text in urgent], dtype=bool) for model in (old, new)]
    return paired_difference(found[0], found[1], resamples)


def paired_difference(old: Right, new: Right, resamples: int) -> Difference:
    """Compare two models by where each was right, message by message.

    Args:
        old: Where the old model was right.
        new: Where the new one was, in the same order.
        resamples: Of the bootstrap.
    """
    if not len(old):
        return Difference(0, 0.0, 0.0, 0.0, 0.0, 1.0)
    gained = new.astype(np.float64) - old.astype(np.float64)
    lost, won = int((gained < 0).sum()), int((gained > 0).sum())
    low, high = _interval(gained, resamples)
    chance = float(binomtest(lost, lost + won, alternative="greater").pvalue) if lost + won else 1.0
    return Difference(len(old), float(old.mean()), float(new.mean()), low, high, chance)


def _interval(gained: NDArray[np.float64], resamples: int) -> tuple[float, float]:
    if len(gained) < 2:
        return float(gained.min()), float(gained.max())
    generator = np.random.default_rng(_SEED)
    # in batches, as all resamples of some thousand messages at once would fill the memory
    found = bootstrap(
        (gained,), np.mean, n_resamples=resamples, batch=100, method="percentile", vectorized=True, rng=generator
    ).confidence_interval
    return float(found.low), float(found.high)


def _intents(model: Classifier, texts: Sequence[str]) -> NDArray[np.str_]:
    return np.array([model.classify([text])[0].intent for text in texts])


def load_labeled_set(path: Path, name: str) -> LabeledSet:
    """Load messages and their intents from a file.

    Raises:
        LabeledFileError: The file cannot be used.
    """
    messages = read_labeled_messages(path)
    return LabeledSet(name, [message.text for message in messages], [message.intent for message in messages])
