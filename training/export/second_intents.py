"""Fit how a second intent is weighed, and choose the probability from which it is reported.

One set of weights serves all languages, because few messages with two intents are known; each language has a threshold
of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from classifier.network.decoding import Outputs
from classifier.network.second_intents import (
    DOUBTFUL,
    PartsWeights,
    SecondIntentWeights,
    WholeWeights,
    parts_evidence,
    second_chances,
    whole_evidence,
)
from classifier.outputs import INTENTS
from training.data.corpus import CorpusMessage

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

LEAST_DOUBLE: Final = 50
"""The fewest messages with two intents on which weights are fitted."""
IMAGINED: Final = 0.03
"""The largest share of messages with one intent that may get a second one."""

_NO_SECOND = -1
_LEAST_MENTION = 0.4


@dataclass(frozen=True, slots=True)
class SecondIntentEvidence:
    """What a network says of the second intents of messages that have a first one.

    Attributes:
        mentions: The probability that each of `INTENTS` is asked for, a row for each message.
        whole: What each message as a whole says for each intent: messages × intents × what counts.
        parts: The same of the message's parts; zeros for a message of one part.
        is_split: Which messages have more than one part.
        first: The place of the intent that is chosen as each message's first.
        second: The place of the intent that should be found besides; -1 if there is none.
        is_single: Which messages have one intent only.
        is_right: Which are understood rightly, as far as the first intent goes: of two, either may be the first.
    """

    mentions: Floats
    whole: Floats
    parts: Floats
    is_split: Flags
    first: NDArray[np.int64]
    second: NDArray[np.int64]
    is_single: Flags
    is_right: Flags

    def only(self, chosen: Flags) -> SecondIntentEvidence:
        """Return what is known about the selected messages."""
        return SecondIntentEvidence(
            self.mentions[chosen],
            self.whole[chosen],
            self.parts[chosen],
            self.is_split[chosen],
            self.first[chosen],
            self.second[chosen],
            self.is_single[chosen],
            self.is_right[chosen],
        )


def collect_evidence(
    outputs: Outputs,
    messages: Sequence[CorpusMessage],
    logits: Floats,
    parts: Sequence[Floats],
    temperatures: Sequence[float],
) -> SecondIntentEvidence:
    """Return what a network that knows mentions says of messages that have an intent.

    Args:
        outputs: The columns of the network's output.
        messages: The messages.
        logits: The network's logits, one row per message.
        parts: Its logits for the parts of each message, one row per part.
        temperatures: The temperature of each message's language.
    """
    count = len(messages)
    mentions = outputs.mentions(logits)
    if mentions is None:
        raise ValueError("the network must know what is mentioned")
    shares = np.empty((count, len(INTENTS)))
    of_parts = np.zeros((count, len(INTENTS), 2))
    for place, temperature in enumerate(temperatures):
        shares[place] = outputs.ordered_shares(outputs.probabilities(logits[place : place + 1], temperature))[0]
        if len(parts[place]) > 1:
            shares_of_parts = outputs.ordered_shares(outputs.probabilities(parts[place], temperature))
            of_parts[place] = parts_evidence(shares_of_parts, int(shares[place].argmax()))
    first = shares.argmax(axis=1)
    labels = np.array([INTENTS.index(str(message.label)) for message in messages], dtype=np.int64)
    others = np.array(
        [INTENTS.index(message.also) if message.also else _NO_SECOND for message in messages], dtype=np.int64
    )
    # Which of two intents comes first is a matter of taste.
    second = np.where(first == labels, others, np.where(first == others, labels, _NO_SECOND))
    return SecondIntentEvidence(
        mentions=mentions,
        whole=np.array([whole_evidence(*row) for row in zip(mentions, shares, strict=True)]).reshape(
            count, len(INTENTS), 3
        ),
        parts=of_parts,
        is_split=np.array([len(found) > 1 for found in parts], dtype=bool),
        first=first,
        second=second,
        is_single=others == _NO_SECOND,
        is_right=(first == labels) | (first == others),
    )


def fit_weights(evidence: SecondIntentEvidence) -> SecondIntentWeights | None:
    """Fit the weights by logistic regression; return None if too few messages have two intents."""
    whole = _fit(evidence, evidence.whole, evidence.is_right)
    if whole is None:
        return None
    weights = WholeWeights(*whole)
    read = evidence.is_right & _are_read(evidence, weights)
    parts = _fit(evidence, np.concatenate([evidence.whole, evidence.parts], axis=2), read)
    return SecondIntentWeights(weights, None if parts is None else PartsWeights(*parts))


def weigh_evidence(evidence: SecondIntentEvidence, weights: SecondIntentWeights | None) -> Floats:
    """Return how probable each intent is as a second one, as served: a row for each message, 0 for its first intent."""
    if weights is None:
        return _without_first(evidence, evidence.mentions)
    chances = second_chances(evidence.whole, weights.whole)
    if weights.parts is not None:
        read = _are_read(evidence, weights.whole)
        both = np.concatenate([evidence.whole, evidence.parts], axis=2)
        chances = np.where(read[:, np.newaxis], second_chances(both, weights.parts), chances)
    return _without_first(evidence, chances)


def choose_threshold(evidence: SecondIntentEvidence, weights: SecondIntentWeights | None) -> float:
    """Return the lowest threshold at which no more than `IMAGINED` of messages with one intent get a second one.

    Args:
        evidence: What is known about messages in one language.
        weights: The weights that they are served with.
    """
    highest = weigh_evidence(evidence, weights)[evidence.is_single].max(axis=1)
    if not len(highest):
        return 1.0
    least = _LEAST_MENTION if weights is None else DOUBTFUL
    # Above the highest that must stay below, in the thousandths that are written.
    bound = np.floor(float(np.quantile(highest, 1 - IMAGINED, method="higher")) * 1000) / 1000 + 0.001
    return round(min(max(float(bound), least), 1.0), 3)


def share_found(evidence: SecondIntentEvidence, chances: Floats, threshold: float) -> float | None:
    """Return the share of messages with two intents of which the second is reported; None without such messages."""
    double = ~evidence.is_single
    reported = (chances[np.arange(len(chances)), evidence.second] >= threshold) & (evidence.second != _NO_SECOND)
    return round(float(reported[double].mean()), 4) if double.any() else None


def share_imagined(evidence: SecondIntentEvidence, chances: Floats, threshold: float) -> float | None:
    """Return the share of messages with one intent that get a second one; None without such messages."""
    single = evidence.is_single
    return round(float((chances[single].max(axis=1) >= threshold).mean()), 4) if single.any() else None


def _are_read(evidence: SecondIntentEvidence, weights: WholeWeights) -> Flags:
    """Return of which messages the parts are read."""
    chances = _without_first(evidence, second_chances(evidence.whole, weights))
    read: Flags = evidence.is_split & (chances.max(axis=1) >= DOUBTFUL)
    return read


def _without_first(evidence: SecondIntentEvidence, chances: Floats) -> Floats:
    return np.where(np.arange(len(INTENTS)) == evidence.first[:, np.newaxis], 0.0, chances)


def _fit(evidence: SecondIntentEvidence, counting: Floats, chosen: Flags) -> list[float] | None:
    """Return a constant and the weight of everything that counts, fitted on the chosen messages."""
    from sklearn.linear_model import LogisticRegression

    if (chosen & ~evidence.is_single).sum() < LEAST_DOUBLE or not (chosen & evidence.is_single).any():
        return None
    candidates = chosen[:, np.newaxis] & (np.arange(len(INTENTS)) != evidence.first[:, np.newaxis])
    is_second = np.arange(len(INTENTS)) == evidence.second[:, np.newaxis]
    rows = counting[candidates]
    mean, spread = rows.mean(axis=0), np.maximum(rows.std(axis=0), 1e-6)
    # Of one scale, so that the penalty is fair.
    fitted = LogisticRegression(max_iter=1000).fit((rows - mean) / spread, is_second[candidates])
    weights = fitted.coef_[0] / spread
    return [round(float(number), 4) for number in (fitted.intercept_[0] - weights @ mean, *weights)]
