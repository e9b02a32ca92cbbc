"""Turn a network's output into probabilities and decisions: pure arithmetic, shared by serving and calibration."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from classifier.understanding import INTENTS, OTHERS, URGENT, Language

Floats = NDArray[np.float64]

LANGUAGES: dict[str, Language] = {"spanish": "es", "other_language": "other"}
"""The languages of the labels for messages that are not in English."""


@dataclass(frozen=True, slots=True)
class Thresholds:
    """The probabilities at which the service acts on what the network says.

    Attributes:
        temperature: The number that logits are divided by before the softmax; above 0.
        review: The least confidence, 0–1, at which an intent is acted on without a person.
        of_intents: The same for intents that have a threshold of their own.
        acknowledgement: The least probability, 0–1, at which a message counts as one that needs no answer, if no
            label is more probable.
        urgent: The least probability of being urgent, 0–1, that raises the alarm by itself.
        urgent_with_sign: The least probability that raises it together with a danger sign in the words; below it, a
            sign alone does not raise it.
    """

    temperature: float
    review: float
    acknowledgement: float = 1.0
    urgent: float = 1.0
    urgent_with_sign: float = 0.0
    of_intents: Mapping[str, float] = field(default_factory=dict)

    def review_of(self, intent: str) -> float:
        """Return the least confidence, 0–1, at which an intent is acted on without a person."""
        return self.of_intents.get(intent, self.review)


class Outputs:
    """The columns of a network's output, by name."""

    def __init__(self, names: Sequence[str]) -> None:
        """Take the columns' names: every intent, in any order, and any of `OTHERS` and `URGENT`.

        Raises:
            ValueError: An intent is missing, or a name is unknown or comes twice.
        """
        optional = (*OTHERS, URGENT)
        missing = [intent for intent in INTENTS if intent not in names]
        unknown = [name for name in names if name not in (*INTENTS, *optional)]
        if missing or unknown or len(set(names)) != len(names):
            raise ValueError(f"must be the intents {', '.join(INTENTS)} and at most {', '.join(optional)}")
        self.names = tuple(names)
        self.labels = tuple(name for name in names if name != URGENT)
        self.intents = tuple(name for name in names if name in INTENTS)
        self._label_columns = [names.index(label) for label in self.labels]
        self._intent_places = [self.labels.index(intent) for intent in self.intents]
        self._urgent_column = names.index(URGENT) if URGENT in names else None

    def probabilities(self, logits: Floats, temperature: float) -> Floats:
        """Return the probability of every label, rows summing to 1, of rows of logits."""
        scores = logits[:, self._label_columns] / temperature
        powers = np.exp(scores - scores.max(axis=1, keepdims=True))
        result: Floats = powers / powers.sum(axis=1, keepdims=True)
        return result

    def urgency(self, logits: Floats) -> Floats | None:
        """Return the probability of being urgent for rows of logits, or None if the network has no such output."""
        if self._urgent_column is None:
            return None
        result: Floats = 1 / (1 + np.exp(-logits[:, self._urgent_column]))
        return result

    def intent_shares(self, probabilities: Floats) -> Floats:
        """Return the intents' probabilities from a row of label probabilities, in the order of `intents`."""
        shares: Floats = probabilities[self._intent_places]
        return shares

    def given_an_intent(self, shares: Floats) -> Floats:
        """Return the intents' probabilities, given that one of the intents fits."""
        # If there are only intents, their sum is 1 but for rounding, and dividing would change the last digits.
        return shares if self.labels == self.intents else shares / shares.sum()

    def probability_of(self, label: str, probabilities: Floats) -> float:
        """Return one label's probability from a row; 0 if the network does not know the label."""
        return float(probabilities[self.labels.index(label)]) if label in self.labels else 0.0

    def language(self, probabilities: Floats) -> Language:
        """Return the language of the most probable label in a row."""
        return LANGUAGES.get(self.labels[int(probabilities.argmax())], "en")


def is_alarming(urgency: float | None, has_sign: bool, thresholds: Thresholds) -> bool:
    """Return whether a human must see a message within minutes.

    Args:
        urgency: The network's probability, 0–1; None if it has no such output, and then the signs decide alone.
        has_sign: Whether the words hold a danger sign.
        thresholds: The calibrated thresholds.
    """
    if urgency is None:
        return has_sign
    return urgency >= (thresholds.urgent_with_sign if has_sign else thresholds.urgent)
