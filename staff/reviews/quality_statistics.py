"""Estimating the model's accuracy from staff reviews.

All low-confidence messages are reviewed, but only a sample of the others. Each review is therefore weighted by the
inverse of its sampling probability (Horvitz and Thompson 1952), and scaled up for messages of its kind, low-confidence
or sampled, that have not been reviewed yet.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

Z = 1.959964  # 95% of a normal distribution lies within this many standard deviations
LEAST_REVIEWS = 200
LEAST_TO_TELL = 30
"""Fewer reviews than this tell no share: one more would move it by several points."""
LEAST_AGREEMENT = 0.95
Key = TypeVar("Key", bound=Hashable)


@dataclass(frozen=True, slots=True)
class SelectedMessage:
    """A message that was selected for review.

    Attributes:
        at: when it was selected, aware.
        intent: the predicted intent.
        confidence: the model's confidence, 0 to 1.
        sampling_rate: the probability of being selected, above 0 and up to 1.
        is_sample: whether it was sampled at random from the confident predictions.
        label: the label that a reviewer chose, None if there is none yet.
    """

    at: datetime
    intent: str
    confidence: float
    sampling_rate: float
    is_sample: bool
    label: str | None


@dataclass(frozen=True, slots=True)
class Judged:
    """A labeled message, and the number of messages that it represents."""

    at: datetime
    intent: str
    confidence: float
    label: str
    weight: float

    @property
    def is_right(self) -> bool:
        """Whether the model predicted the label."""
        return self.intent == self.label


@dataclass(frozen=True, slots=True)
class Share:
    """An estimated share.

    Attributes:
        value: the share, 0 to 1.
        low: the lower end of its 95% interval.
        high: the upper end of its 95% interval.
        count: the number of reviews that it is based on.
    """

    value: float
    low: float
    high: float
    count: int


@dataclass(frozen=True, slots=True)
class Bin:
    """The messages of one range of confidence.

    Attributes:
        low: the lower end of the range.
        high: the upper end of the range.
        confidence: the mean confidence in the range.
        right: the share of these messages that were classified correctly.
        weight: the share of all messages that are in the range.
    """

    low: float
    high: float
    confidence: float
    right: Share
    weight: float


@dataclass(frozen=True, slots=True)
class OperatingPoint:
    """The results at one threshold.

    Attributes:
        threshold: the lowest confidence that is handled automatically.
        coverage: the share of all messages at or above it.
        right: the share of those that are classified correctly, None if there are none.
    """

    threshold: float
    coverage: float
    right: Share | None


@dataclass(frozen=True, slots=True)
class ModelReadiness:
    """Whether reviews show that the model can answer on its own.

    Attributes:
        right: the share of the confident predictions that reviewers agreed with, None without a review of any.
        count: the number of those reviews.
    """

    right: Share | None
    count: int

    @property
    def is_enough(self) -> bool:
        """Whether there are enough reviews to judge by."""
        return self.count >= LEAST_REVIEWS

    @property
    def is_ready(self) -> bool:
        """Whether the lower end of the 95% interval reaches `LEAST_AGREEMENT`, over enough reviews."""
        return self.is_enough and self.right is not None and self.right.low >= LEAST_AGREEMENT


def judge_readiness(asked: Iterable[SelectedMessage]) -> ModelReadiness:
    """Judge by the confident predictions, which would be answered by intent; the others get a neutral reply."""
    sampled = weigh(message for message in asked if message.is_sample)
    return ModelReadiness(share_right(sampled), len(sampled))


def weigh(asked: Iterable[SelectedMessage]) -> list[Judged]:
    """Return the labeled messages, in the order given, with their weights.

    Messages without a label are assumed to be like the others of their kind, low-confidence or sampled.
    """
    kinds: dict[bool, list[SelectedMessage]] = defaultdict(list)
    everything = list(asked)
    for message in everything:
        kinds[message.is_sample].append(message)
    scale = {
        kind: len(messages) / max(1, sum(message.label is not None for message in messages))
        for kind, messages in kinds.items()
    }
    return [
        Judged(
            message.at,
            message.intent,
            message.confidence,
            message.label,
            scale[message.is_sample] / message.sampling_rate,
        )
        for message in everything
        if message.label is not None
    ]


def wilson(value: float, count: float) -> tuple[float, float]:
    """Return the 95% interval of a share by Wilson's score (1927).

    Args:
        value: the share, 0 to 1.
        count: the number of observations, above 0 and not necessarily whole.
    """
    square = Z * Z / count
    centre = (value + square / 2) / (1 + square)
    reach = Z * math.sqrt(value * (1 - value) / count + square / (4 * count)) / (1 + square)
    return max(0.0, centre - reach), min(1.0, centre + reach)


def share_right(judged: Sequence[Judged]) -> Share | None:
    """Estimate the share of messages that are classified correctly; None if there are no reviews.

    The interval is Wilson's for the effective number of observations, which unequal weights reduce (Kish 1965).
    """
    if not judged:
        return None
    total = math.fsum(message.weight for message in judged)
    value = min(1.0, math.fsum(message.weight for message in judged if message.is_right) / total)
    low, high = wilson(value, total * total / math.fsum(message.weight**2 for message in judged))
    return Share(value, min(low, value), max(high, value), len(judged))


def by_time(judged: Sequence[Judged], period: Callable[[datetime], Key]) -> list[tuple[Key, Share]]:
    """Estimate the share for each period that has reviews, in order of first appearance."""
    groups: dict[Key, list[Judged]] = defaultdict(list)
    for message in judged:
        groups[period(message.at)].append(message)
    return [(key, share) for key, group in groups.items() if (share := share_right(group)) is not None]


def confusion(judged: Iterable[Judged]) -> dict[tuple[str, str], int]:
    """Count the reviews by label and predicted intent."""
    counts: dict[tuple[str, str], int] = defaultdict(int)
    for message in judged:
        counts[message.label, message.intent] += 1
    return dict(counts)


def reliability(judged: Sequence[Judged], bins: int = 10) -> list[Bin]:
    """Compare confidence with accuracy over ranges of equal width, omitting empty ones."""
    total = math.fsum(message.weight for message in judged)
    found = []
    for number in range(bins):
        inside = [message for message in judged if min(int(message.confidence * bins), bins - 1) == number]
        right = share_right(inside)
        if right is not None:
            weight = math.fsum(message.weight for message in inside)
            confidence = math.fsum(message.weight * message.confidence for message in inside) / weight
            found.append(Bin(number / bins, (number + 1) / bins, confidence, right, weight / total))
    return found


def calibration_error(bins: Iterable[Bin]) -> float:
    """Return the expected calibration error, 0 to 1: how far confidence is from accuracy (Guo et al. 2017)."""
    return math.fsum(bucket.weight * abs(bucket.confidence - bucket.right.value) for bucket in bins)


def at_threshold(judged: Sequence[Judged], threshold: float) -> OperatingPoint:
    """Estimate the results at a threshold."""
    total = math.fsum(message.weight for message in judged)
    above = [message for message in judged if message.confidence >= threshold]
    coverage = math.fsum(message.weight for message in above) / total if total else 0.0
    return OperatingPoint(threshold, coverage, share_right(above))


def over_thresholds(judged: Sequence[Judged], steps: int = 50) -> list[OperatingPoint]:
    """Estimate the results at evenly spaced thresholds from 0 to 1, omitting those that no message reaches."""
    found = [at_threshold(judged, step / steps) for step in range(steps + 1)]
    return [operating for operating in found if operating.right is not None]
