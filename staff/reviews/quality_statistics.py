"""How right the model is, estimated from what people said of its messages.

Messages that the model was not sure of are all reviewed, sure ones by a sample. Each review therefore counts for as
many messages as it stands for (the inverse of its sampling probability, Horvitz and Thompson 1952), times the share
of its kind that was looked at so far.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

Z = 1.959964  # 95% of a normal distribution lie within so many standard deviations
Key = TypeVar("Key", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Asked:
    """A message that people were asked about.

    Attributes:
        at: when, aware.
        intent: what the model took it for.
        confidence: how sure it was, 0 to 1.
        sampling_rate: how probable it was to be asked for, above 0 up to 1.
        is_sample: it was drawn at random from the sure ones.
        label: what somebody said it is; None while nobody has.
    """

    at: datetime
    intent: str
    confidence: float
    sampling_rate: float
    is_sample: bool
    label: str | None


@dataclass(frozen=True, slots=True)
class Judged:
    """A message whose label is known, and how many messages it stands for."""

    at: datetime
    intent: str
    confidence: float
    label: str
    weight: float

    @property
    def is_right(self) -> bool:
        """Whether the model had the label."""
        return self.intent == self.label


@dataclass(frozen=True, slots=True)
class Share:
    """An estimated share.

    Attributes:
        value: 0 to 1.
        low: lower end of its 95% interval.
        high: upper end.
        count: how many reviews it rests on.
    """

    value: float
    low: float
    high: float
    count: int


@dataclass(frozen=True, slots=True)
class Bin:
    """The messages of one range of confidence.

    Attributes:
        low: the range's lower end.
        high: its upper end.
        confidence: the mean confidence within it.
        right: share of them that were right.
        weight: share of all messages that lie in it.
    """

    low: float
    high: float
    confidence: float
    right: Share
    weight: float


@dataclass(frozen=True, slots=True)
class Operating:
    """What a threshold brings.

    Attributes:
        threshold: the least confidence that is acted on.
        coverage: share of all messages at or above it.
        right: share of those that are right; None when there are none.
    """

    threshold: float
    coverage: float
    right: Share | None


def weigh(asked: Iterable[Asked]) -> list[Judged]:
    """Return the messages whose label is known, in the order given, each with what it stands for.

    Those that nobody has labelled yet are taken to be like the others of their kind, sure or unsure.
    """
    kinds: dict[bool, list[Asked]] = defaultdict(list)
    everything = list(asked)
    for one in everything:
        kinds[one.is_sample].append(one)
    scale = {kind: len(ones) / max(1, sum(one.label is not None for one in ones)) for kind, ones in kinds.items()}
    return [
        Judged(one.at, one.intent, one.confidence, one.label, scale[one.is_sample] / one.sampling_rate)
        for one in everything
        if one.label is not None
    ]


def wilson(value: float, count: float) -> tuple[float, float]:
    """Return the 95% interval of a share by Wilson's score (1927).

    Args:
        value: the share, 0 to 1.
        count: how many observations it rests on, above 0; need not be whole.
    """
    square = Z * Z / count
    centre = (value + square / 2) / (1 + square)
    reach = Z * math.sqrt(value * (1 - value) / count + square / (4 * count)) / (1 + square)
    return max(0.0, centre - reach), min(1.0, centre + reach)


def share_right(judged: Sequence[Judged]) -> Share | None:
    """Estimate how many of the messages that these stand for are right; None for none.

    The interval is Wilson's for the effective number of observations, which unequal weights make smaller (Kish 1965).
    """
    if not judged:
        return None
    total = math.fsum(one.weight for one in judged)
    value = min(1.0, math.fsum(one.weight for one in judged if one.is_right) / total)
    low, high = wilson(value, total * total / math.fsum(one.weight**2 for one in judged))
    return Share(value, min(low, value), max(high, value), len(judged))


def by_time(judged: Sequence[Judged], period: Callable[[datetime], Key]) -> list[tuple[Key, Share]]:
    """Estimate it for each period that has any, in the order in which they first come."""
    groups: dict[Key, list[Judged]] = defaultdict(list)
    for one in judged:
        groups[period(one.at)].append(one)
    return [(key, share) for key, group in groups.items() if (share := share_right(group)) is not None]


def confusion(judged: Iterable[Judged]) -> dict[tuple[str, str], int]:
    """Count the reviews by what people said and what the model had said."""
    counts: dict[tuple[str, str], int] = defaultdict(int)
    for one in judged:
        counts[one.label, one.intent] += 1
    return dict(counts)


def reliability(judged: Sequence[Judged], bins: int = 10) -> list[Bin]:
    """Compare confidence with how many were right, over ranges of equal width; empty ones are left out."""
    total = math.fsum(one.weight for one in judged)
    found = []
    for number in range(bins):
        inside = [one for one in judged if min(int(one.confidence * bins), bins - 1) == number]
        right = share_right(inside)
        if right is not None:
            weight = math.fsum(one.weight for one in inside)
            confidence = math.fsum(one.weight * one.confidence for one in inside) / weight
            found.append(Bin(number / bins, (number + 1) / bins, confidence, right, weight / total))
    return found


def calibration_error(bins: Iterable[Bin]) -> float:
    """Return the expected calibration error, 0 to 1: how far confidence is off, on average (Guo et al. 2017)."""
    return math.fsum(one.weight * abs(one.confidence - one.right.value) for one in bins)


def at_threshold(judged: Sequence[Judged], threshold: float) -> Operating:
    """Estimate what a threshold brings."""
    total = math.fsum(one.weight for one in judged)
    above = [one for one in judged if one.confidence >= threshold]
    coverage = math.fsum(one.weight for one in above) / total if total else 0.0
    return Operating(threshold, coverage, share_right(above))


def over_thresholds(judged: Sequence[Judged], steps: int = 50) -> list[Operating]:
    """Estimate what each of evenly spaced thresholds from 0 to 1 brings, those left out that no message reaches."""
    found = [at_threshold(judged, step / steps) for step in range(steps + 1)]
    return [one for one in found if one.right is not None]
