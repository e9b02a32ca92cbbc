"""The classifier's result for one message."""

from __future__ import annotations

from dataclasses import dataclass, field

from classifier.outputs import INTENTS, LABELS, Language
from intake.vocabulary import DangerKind, Disposition, TriageLevel

__all__ = ["INTENTS", "LABELS", "Language", "SecondIntent", "Understanding", "decide_disposition"]


@dataclass(frozen=True, slots=True)
class SecondIntent:
    """Another intent that a message has besides its main one.

    Attributes:
        intent: One of `INTENTS`.
        confidence: Calibrated probability, 0–1, that the message asks for this, too.
    """

    intent: str
    confidence: float


@dataclass(frozen=True, slots=True)
class Understanding:
    """The classifier's result for one message.

    Attributes:
        intent: One of `INTENTS`, the most probable one.
        confidence: Calibrated probability that `intent` is right, 0–1. It is low where no intent fits, as for spam,
            and 0 if there was nothing to read.
        probabilities: Every intent's calibrated probability, 0–1, given that one of them fits; they sum to 1.
        triage: How soon a person must see the message.
        danger: The kind of danger of an emergency; None of any other message.
        language: "en", "es" or "other"; always "en" from a network that does not know languages.
        disposition: What should happen to the message, apart from its triage level.
        praise: Whether an out-of-scope message only praises the practice.
        also: The message's other clear intents, the surest first; most messages have none.
        partly_read: Whether the message was too long for the network to read all of it; a person has to.
        model_version: The version of the model that classified the message.
    """

    intent: str
    confidence: float
    probabilities: dict[str, float]
    triage: TriageLevel
    danger: DangerKind | None
    language: Language
    disposition: Disposition
    model_version: str
    praise: bool = False
    partly_read: bool = False
    also: tuple[SecondIntent, ...] = field(default=())

    @property
    def urgent(self) -> bool:
        """Whether a human must see the message within minutes."""
        return self.triage is TriageLevel.EMERGENCY

    @property
    def acknowledgement(self) -> bool:
        """Whether the message needs no answer ("ok thanks"); never true of an emergency."""
        return self.disposition is Disposition.ACKNOWLEDGEMENT

    @property
    def needs_review(self) -> bool:
        """Whether the confidence is below the model's own threshold, so that a person should decide."""
        return self.disposition is Disposition.REVIEW

    def is_routed(self, threshold: float | None = None) -> bool:
        """Return whether the message goes to the team of its intent without a person.

        An emergency, a same-day matter, another language, and what asks for a person go elsewhere, however sure the
        intent is.

        Args:
            threshold: The least confidence, 0–1, at which an intent is acted on; None for the model's own thresholds.
        """
        if self.triage is not TriageLevel.ROUTINE or self.language == "other" or self.partly_read:
            return False
        if threshold is None:
            return self.disposition is Disposition.ROUTE
        return self.disposition in (Disposition.ROUTE, Disposition.REVIEW) and self.confidence >= threshold


def decide_disposition(
    *, label: str, acknowledgement: bool, person: bool, fitting: bool, understood: bool, dangerous: bool = False
) -> Disposition:
    """Decide what should happen to a message, apart from its triage level.

    Args:
        label: The most probable label.
        acknowledgement: Whether the message surely needs no answer.
        person: Whether it surely asks for a person and nothing else.
        fitting: Whether it is probable enough that any intent fits.
        understood: Whether the confidence in the most probable intent reaches its threshold. A practice may set its
            own; the model's is `Classifier.info.review_threshold_of(intent, language)`.
        dangerous: Whether its words may tell of a danger that no label may hide; then it is for a person.
    """
    if dangerous and (acknowledgement or person or label not in INTENTS):
        return Disposition.REVIEW
    if acknowledgement:
        return Disposition.ACKNOWLEDGEMENT
    if person:
        return Disposition.PERSON
    if label in ("out_of_scope", "praise") or (label in INTENTS and not fitting):
        return Disposition.OUT_OF_SCOPE
    return Disposition.ROUTE if fitting and understood else Disposition.REVIEW
