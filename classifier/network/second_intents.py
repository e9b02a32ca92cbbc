"""Weigh whether a message has a second intent: pure arithmetic, shared by serving and calibration.

The network says of each intent how probable it is that the message asks for it, first or besides. That alone is high
wherever the first intent is in doubt. So it is weighed together with the labels: a second intent is probable where
the first is certain and the other is mentioned all the same. Where that leaves doubt, the message's parts are read by
themselves, and count if one of them is about the other intent while another is about the first.
"""

from __future__ import annotations

from dataclasses import astuple, dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

DOUBTFUL: Final = 0.12
"""The probability of a second intent, judging by the whole message, from which its parts are read."""

_LEAST = 1e-4


@dataclass(frozen=True, slots=True)
class WholeWeights:
    """What counts for a second intent in the whole message, in logits.

    Attributes:
        constant: The logit where everything else is even.
        mention: The weight of the intent's mention.
        share: The weight of the intent's own probability as the message's label.
        first: The weight of the first intent's probability as its label.
    """

    constant: float
    mention: float
    share: float
    first: float


@dataclass(frozen=True, slots=True)
class PartsWeights(WholeWeights):
    """What counts for a second intent in the whole message and its parts, in logits.

    Attributes:
        part: The weight of the intent's probability in the part that is surest of it.
        rest: The weight of the first intent's probability in the surest of the other parts.
    """

    part: float
    rest: float


@dataclass(frozen=True, slots=True)
class SecondIntentWeights:
    """The weights that calibration found.

    Attributes:
        whole: Those for a message as a whole.
        parts: Those for a message whose parts were read; None if they are not to be read.
    """

    whole: WholeWeights
    parts: PartsWeights | None = None


def whole_evidence(mentions: Floats, shares: Floats) -> Floats:
    """Return what a whole message says for each intent as the second one: a row for each, in the weights' order.

    Args:
        mentions: The probability that each intent is asked for.
        shares: The probability of each as the message's label, the first intent's being the highest.
    """
    return np.column_stack([_logit(mentions), _logit(shares), np.full(len(shares), _logit(shares.max()))])


def parts_evidence(shares: Floats, first: int) -> Floats:
    """Return what the parts of a message say for each intent as the second one: a row for each, in the weights' order.

    Args:
        shares: The probability of each intent as the label of each part, one row per part; at least two rows.
        first: The place of the message's first intent.
    """
    surest = shares.argmax(axis=0)
    rest = [np.delete(shares[:, first], part).max() for part in surest]
    return np.column_stack([_logit(shares.max(axis=0)), _logit(np.array(rest))])


def second_chances(evidence: Floats, weights: WholeWeights) -> Floats:
    """Return the probability that each intent is a second one; that of the first intent means nothing."""
    constant, *factors = astuple(weights)
    result: Floats = 1 / (1 + np.exp(-(constant + evidence @ np.array(factors))))
    return result


def _logit(probability: Floats) -> Floats:
    bounded = np.clip(probability, _LEAST, 1 - _LEAST)
    result: Floats = np.log(bounded / (1 - bounded))
    return result
