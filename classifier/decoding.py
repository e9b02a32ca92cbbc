"""From a network's output to what is known of a text: pure arithmetic, shared by serving and calibration."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from classifier.understanding import INTENTS, OTHERS, URGENT, Language

Floats = NDArray[np.float64]

LANGUAGES: dict[str, Language] = {"spanish": "es", "other_language": "other"}
"""The labels that say that a message is not English, and in which language it is."""


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Where what the network is sure of becomes what is done about it.

    Attributes:
        temperature: What logits are divided by before the softmax; above 0.
        review: The least confidence, 0–1, at which an intent is acted on without a person.
        of_intents: The same for intents that have one of their own.
        acknowledgement: The least probability, 0–1, at which a message is taken for one that needs no answer, where
            no label is more probable.
        urgent: The least probability of being urgent, 0–1, that raises the alarm by itself.
        urgent_with_sign: The least one that raises it together with a danger sign in the words; below it a sign
            alone raises nothing.
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
    """Finds its way in the columns of a network's output."""

    def __init__(self, names: Sequence[str]) -> None:
        """Take the columns' names: the seven intents in any order, and any of `OTHERS` and `URGENT`.

        Raises:
            ValueError: An intent is missing, or a name is unknown or comes twice.
        """
        known = (*INTENTS, *OTHERS, URGENT)
        missing = [intent for intent in INTENTS if intent not in names]
        unknown = [name for name in names if name not in known]
        if missing or unknown or len(set(names)) != len(names):
            raise ValueError(f"must be the seven intents {', '.join(INTENTS)} and at most {', '.join(known[7:])}")
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
        """Return the probability of being urgent for rows of logits, or None from a network that cannot tell."""
        if self._urgent_column is None:
            return None
        result: Floats = 1 / (1 + np.exp(-logits[:, self._urgent_column]))
        return result

    def intent_shares(self, probabilities: Floats) -> Floats:
        """Return, of one row of label probabilities, those of the intents as they are, in the order of `intents`."""
        shares: Floats = probabilities[self._intent_places]
        return shares

    def given_an_intent(self, shares: Floats) -> Floats:
        """Return what the intents' probabilities are, given that one of the intents fits."""
        # Nothing to divide by where there is nothing but intents: a sum of 1 is only near it.
        return shares if self.labels == self.intents else shares / shares.sum()

    def probability_of(self, label: str, probabilities: Floats) -> float:
        """Return one label's probability out of a row; 0 from a network that does not know the label."""
        return float(probabilities[self.labels.index(label)]) if label in self.labels else 0.0

    def language(self, probabilities: Floats) -> Language:
        """Return the language that a row of label probabilities speaks for."""
        return LANGUAGES.get(self.labels[int(probabilities.argmax())], "en")


def is_alarming(urgency: float | None, has_sign: bool, thresholds: Thresholds) -> bool:
    """Tell whether a human must see a message within minutes.

    Args:
        urgency: The network's probability, 0–1; None from one that cannot tell, where the signs decide alone.
        has_sign: Whether the words hold a danger sign.
        thresholds: The calibrated thresholds.
    """
    if urgency is None:
        return has_sign
    return urgency >= (thresholds.urgent_with_sign if has_sign else thresholds.urgent)
