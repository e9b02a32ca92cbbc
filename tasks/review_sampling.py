"""Which messages a person is asked about: those that the model is not sure of, and a sample of the sure ones.

The sample shows how right the model is where nobody would look otherwise. It is drawn from the message's id and the
service's secret, so that a job that runs twice draws the same.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from inbox.models import Message, Review, ReviewReason
from intake.practices import Practice
from tasks.routing import Facts

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
    """Ask a person about a message, in the transaction that decides about it, where there is a reason to.

    Args:
        session: an open transaction that writes.
        message: the message.
        understanding: what the model said of it; None for a keyword or an unheard voicemail, which nobody is asked for.
        facts: what the decision rests on.
        practice: whose sample it is.
        secret: what the sample is drawn with.
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
        intent=understanding.intent,
        confidence=understanding.confidence,
        threshold=facts.threshold,
        sampling_rate=practice.review_sample if reason is ReviewReason.SAMPLE else 1.0,
    )
    session.add(review)


def why_review(facts: Facts, scope: float, drawn: float, sample: float) -> ReviewReason | None:
    """Decide whether a person is asked for a message's label, and say why.

    Args:
        facts: what the decision about the message rests on.
        scope: how probable it is a message for a practice at all, 0 to 1.
        drawn: the message's place in the draw, from 0 to below 1.
        sample: share of the sure ones that are asked for, 0 to 1.
    """
    if facts.keyword is not None or facts.unheard or (facts.acknowledgement and not facts.urgent):
        return None
    if facts.language != "en":
        return ReviewReason.LANGUAGE
    if facts.confidence < facts.threshold:
        return ReviewReason.OUT_OF_SCOPE if scope < LEAST_IN_SCOPE else ReviewReason.LOW_CONFIDENCE
    return ReviewReason.SAMPLE if drawn < sample else None


def in_scope(understanding: Understanding) -> float:
    """Return how probable it is a message for a practice, 0 to 1: by how much that lowered the confidence."""
    return understanding.confidence / understanding.probabilities[understanding.intent]


def chance(secret: str, message_id: int) -> float:
    """Return a message's place in the draw, from 0 to below 1, always the same and evenly spread."""
    digest = hmac.digest(secret.encode(), f"review sample {message_id}".encode(), hashlib.sha256)
    return int.from_bytes(digest[:6], "big") / 2**48
