"""Estimate how well the model fits a practice's own messages, before its replies are switched on."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from classifier.understanding import Understanding
from intake.vocabulary import Disposition

STEPS: Final = (0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98)
"""The thresholds of the table."""
NOTABLE_DRIFT: Final = 0.1
"""The distance between two distributions of confidence that is reported, beyond what chance explains."""
_CHANCE: Final = 1.36
"""The 5% point of the Kolmogorov distribution."""


@dataclass(frozen=True, slots=True)
class ThresholdOutcome:
    """What happens at one threshold.

    Attributes:
        threshold: The least confidence, 0–1, at which an intent is acted on; None for the model's own thresholds.
        routed: Share of all messages that go to the team of their intent without a person, 0–1.
        expected: Their expected accuracy, 0–1, by the model's own confidence; None if there are none.
        measured: Their accuracy, 0–1, on the labeled ones; None if there are none.
        labeled: Number of labeled messages among them.
    """

    threshold: float | None
    routed: float
    expected: float | None
    measured: float | None
    labeled: int


@dataclass(frozen=True, slots=True)
class Drift:
    """How the confidence on the practice's messages differs from that on the model's validation messages.

    Attributes:
        distance: The largest difference of the two cumulative distributions, 0–1.
        notable: Whether it is larger than chance and `NOTABLE_DRIFT` together explain.
    """

    distance: float
    notable: bool


def operating_points(understood: Sequence[Understanding], intents: Sequence[str | None]) -> list[ThresholdOutcome]:
    """Return what happens at the model's own thresholds and at each of `STEPS`.

    Args:
        understood: The classifier's results, at least one.
        intents: The right intent of each message, None where nobody has labeled it.
    """
    confidence = np.array([found.confidence for found in understood])
    right = np.array(
        [math.nan if i is None else float(u.intent == i) for u, i in zip(understood, intents, strict=True)]
    )
    return [
        _operating(step, np.array([found.is_routed(step) for found in understood]), confidence, right)
        for step in (None, *STEPS)
    ]


def _operating(
    threshold: float | None, routed: NDArray[np.bool_], confidence: NDArray[np.float64], right: NDArray[np.float64]
) -> ThresholdOutcome:
    known = right[routed & ~np.isnan(right)]
    return ThresholdOutcome(
        threshold=threshold,
        routed=float(routed.mean()),
        expected=float(confidence[routed].mean()) if routed.any() else None,
        measured=float(known.mean()) if len(known) else None,
        labeled=len(known),
    )


def confidence_drift(understood: Sequence[Understanding], deciles: Sequence[float]) -> Drift:
    """Compare the confidence on a practice's messages with that on validation (a Kolmogorov-Smirnov distance).

    Args:
        understood: The classifier's results for messages in one language, at least one.
        deciles: The deciles of the confidence on validation, lowest and highest included.
    """
    confidence = np.array([found.confidence for found in understood])
    shares = np.linspace(0, 1, len(deciles))
    # Between two deciles the shares of both are close enough, so the inner deciles are compared alone.
    gaps = [abs(float((confidence <= d).mean()) - share) for d, share in zip(deciles[1:-1], shares[1:-1], strict=True)]
    distance = max(gaps)
    return Drift(distance, distance > NOTABLE_DRIFT + _CHANCE / math.sqrt(len(confidence)))


def worth_labeling(understood: Sequence[Understanding], intents: Sequence[str | None], most: int) -> list[int]:
    """Return the places of the unlabeled messages that would teach most, in turn from each predicted intent.

    These are the ones whose best two intents are closest.

    Args:
        understood: The classifier's results.
        intents: The right intent of each message, None where nobody has labeled it.
        most: The largest number of places to return.
    """
    margins: dict[str, list[tuple[float, int]]] = {}
    for place, (found, intent) in enumerate(zip(understood, intents, strict=True)):
        if intent is None and found.disposition is not Disposition.ACKNOWLEDGEMENT:
            best, second = sorted(found.probabilities.values(), reverse=True)[:2]
            margins.setdefault(found.intent, []).append((best - second, place))
    queues = [[place for _, place in sorted(of_intent)] for _, of_intent in sorted(margins.items())]
    turns = max(map(len, queues), default=0)
    ordered = [queue[turn] for turn in range(turns) for queue in queues if turn < len(queue)]
    return ordered[:most]
