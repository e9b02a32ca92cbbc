"""What the classifier says about one message."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

INTENTS: tuple[str, ...] = (
    "new_patient_inquiry",
    "existing_patient_question",
    "appointment_request",
    "billing_inquiry",
    "clinical_concern",
    "complaint",
    "price_shopper",
)

OTHERS: tuple[str, ...] = ("acknowledgement", "spanish", "other_language", "out_of_scope")
"""What a message can be when none of the intents should claim it."""

LABELS: tuple[str, ...] = (*INTENTS, *OTHERS)
"""What a network that knows more than the intents chooses between; exactly one fits a message."""

URGENT = "urgent"
"""The name of the output that says, by itself and beside the labels, whether a human must see a message now."""

Language = Literal["en", "es", "other"]
Disposition = Literal["route", "review", "acknowledgement"]


@dataclass(frozen=True, slots=True)
class Understanding:
    """One message, understood.

    Attributes:
        intent: One of `INTENTS`, the most probable one.
        confidence: Calibrated probability that `intent` is right, 0–1. It is low where no intent fits, as for spam,
            and 0 where there was nothing to read.
        probabilities: Every intent's calibrated probability, 0–1, given that one of them fits; they sum to 1.
        urgent: Whether the urgency screen found something a human must see within minutes.
        acknowledgement: Whether the message needs no answer ("ok thanks"); never true of an urgent one.
        language: "en", "es" or "other", as far as the network can tell; "en" from one that cannot.
        needs_review: Whether a person should decide, by the model's own threshold.
        disposition: "acknowledgement", else "review" where `needs_review`, else "route".
        model_version: The version of the model that read the message.
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
            set its own; the model's is `Classifier.info.thresholds.review_of(intent)`.
    """
    if acknowledgement:
        return "acknowledgement"
    return "review" if confidence < threshold else "route"
