"""Choosing messages for review: all low-confidence messages, and a random sample of the others.

The sample shows how accurate the model is on messages that no one would otherwise check. It is derived from the
message's id and the service's secret, so that a job that runs twice makes the same choice.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from inbox.models import Message, Review, ReviewReason
from intake.practices import Practice
from intake.vocabulary import Disposition, Language, Route, TriageLevel
from tasks.routing.decide import Facts

if TYPE_CHECKING:
    from classifier import Understanding

LEAST_IN_SCOPE = 0.5


def add_review(
    session: Session,
    message: Message,
    understanding: Understanding | None,
    facts: Facts,
    practice: Practice,
    secret: str,
) -> None:
    """Add a message to the review queue if there is a reason to, in the transaction that routes it.

    Args:
        session: an open write transaction.
        message: the message.
        understanding: the model's result; None for keywords and unheard voicemails, which are never reviewed.
        facts: the routing inputs.
        practice: the practice, which sets the sampling rate.
        secret: the key for drawing the sample.
    """
    if understanding is None:
        return
    reason = why_review(facts, in_scope(understanding), chance(secret, message.id), practice.review_sample)
    if reason is None:
        return
    review = Review(
        message_id=message.id,
        practice=practice.slug,
        reason=reason,
        model_version=understanding.model_version,
        intent=topic_without_intent(facts) or understanding.intent,
        confidence=understanding.confidence,
        threshold=facts.threshold,
        sampling_rate=practice.review_sample if reason is ReviewReason.SAMPLE else 1.0,
    )
    session.add(review)


def why_review(facts: Facts, scope: float, drawn: float, sample: float) -> ReviewReason | None:
    """Return the reason to review a message, None if there is none.

    Args:
        facts: the routing inputs.
        scope: the probability that the message is meant for a practice, 0 to 1.
        drawn: the message's random number, from 0 to below 1.
        sample: the share of confident messages to review, 0 to 1.
    """
    is_thanks = facts.disposition is Disposition.ACKNOWLEDGEMENT and facts.triage is TriageLevel.ROUTINE
    if facts.keyword is not None or facts.unheard or is_thanks:
        return None
    if facts.partly_read and facts.triage is TriageLevel.ROUTINE:
        return ReviewReason.LONG
    if facts.language == Language.OTHER:
        return ReviewReason.LANGUAGE
    is_held = facts.disposition is Disposition.OUT_OF_SCOPE and not facts.praise
    if is_held or (facts.confidence < facts.threshold and topic_without_intent(facts) is None):
        # an emergency is meant for the practice, whatever it is about
        is_foreign = (is_held or scope < LEAST_IN_SCOPE) and facts.triage is TriageLevel.ROUTINE
        return ReviewReason.OUT_OF_SCOPE if is_foreign else ReviewReason.LOW_CONFIDENCE
    return ReviewReason.SAMPLE if drawn < sample else None


def topic_without_intent(facts: Facts) -> Route | None:
    """Return what the model is sure that a message is about, if that is none of the intents."""
    if facts.disposition is Disposition.PERSON:
        return Route.PERSON
    return Route.PRAISE if facts.disposition is Disposition.OUT_OF_SCOPE and facts.praise else None


def in_scope(understanding: Understanding) -> float:
    """Return the probability that a message is meant for a practice, 0 to 1.

    The classifier multiplies the intent's probability by it to get the confidence.
    """
    return understanding.confidence / understanding.probabilities[understanding.intent]


def chance(secret: str, message_id: int) -> float:
    """Return a message's random number, from 0 to below 1: uniform, and the same every time."""
    digest = hmac.digest(secret.encode(), f"review sample {message_id}".encode(), hashlib.sha256)
    return int.from_bytes(digest[:6], "big") / 2**48
