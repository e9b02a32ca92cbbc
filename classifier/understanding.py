"""The classifier's result for one message."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from intake import vocabulary

INTENTS: tuple[str, ...] = tuple(intent.value for intent in vocabulary.INTENTS)
"""The intents' values, in order."""

OTHERS: tuple[str, ...] = ("acknowledgement", "spanish", "other_language", "out_of_scope")
"""The labels of messages that belong to no intent."""

LABELS: tuple[str, ...] = (*INTENTS, *OTHERS)
"""Every label, of which exactly one fits a message; a network may know only the intents."""

URGENT = "urgent"
"""The output, separate from the labels, that says whether a human must see a message now."""

Language = Literal["en", "es", "other"]
Disposition = Literal["route", "review", "acknowledgement"]


@dataclass(frozen=True, slots=True)
class Understanding:
    """The classifier's result for one message.

    Attributes:
        intent: One of `INTENTS`, the most probable one.
        confidence: Calibrated probability that `intent` is right, 0–1. It is low where no intent fits, as for spam,
            and 0 if there was nothing to read.
        probabilities: Every intent's calibrated probability, 0–1, given that one of them fits; they sum to 1.
        urgent: Whether a human must see the message within minutes.
        acknowledgement: Whether the message needs no answer ("ok thanks"); never true of an urgent one.
        language: "en", "es" or "other"; always "en" from a network that does not know languages.
        needs_review: Whether the confidence is below the model's own threshold, so that a person should decide.
        disposition: "acknowledgement", else "review" if `needs_review`, else "route".
        model_version: The version of the model that classified the message.
    """

    intent: str
    confidence: float
    probabilities: dict[str, float]
    urgent: bool
    acknowledgement: bool
    language: Language
    needs_review: bool
    disposition: Disposition
    model_version: str


def disposition(confidence: float, acknowledgement: bool, threshold: float) -> Disposition:
    """Decide what should happen to a message at a given confidence threshold.

    Args:
        confidence: Calibrated confidence, 0–1.
        acknowledgement: Whether the message needs no answer.
        threshold: The least confidence, 0–1, at which the intent is acted on without a person. A practice may
            set its own; the model's default is `Classifier.info.thresholds.review_of(intent)`.
    """
    if acknowledgement:
        return "acknowledgement"
    return "review" if confidence < threshold else "route"
