"""Exporting reviewed messages for training: only from practices that agreed, and without identifying data."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from inbox.models import Message, Review
from inbox.redaction import Known, redact
from intake.review_archive import Reviewed, ReviewsFile
from intake.vocabulary import INTENTS

BATCH = 500


def export_reviews(session: Session, practices: Collection[str], moment: datetime) -> ReviewsFile:
    """Return the decided reviews of some practices, redacted.

    Args:
        session: an open transaction.
        practices: the slugs of the practices that agreed.
        moment: the current time, aware.
    """
    messages: list[Reviewed] = []
    left_out = without_intent = 0
    for review in _decided(session, practices):
        if review.label not in INTENTS:
            without_intent += 1
            continue
        conversation = review.message.conversation
        text = redact(review.message.text, _known(review.message))
        if text is None:
            left_out += 1
            continue
        values = {"intent": review.label, "channel": str(conversation.channel), "decided_at": review.decided_at}
        messages.append(Reviewed.model_validate({"text": text, **values}))
    return ReviewsFile(
        exported_at=moment,
        practices=len(practices),
        messages=tuple(messages),
        left_out=left_out,
        without_intent=without_intent,
    )


def _decided(session: Session, practices: Collection[str]) -> Iterator[Review]:
    query = (
        select(Review)
        .options(joinedload(Review.message).joinedload(Message.conversation))
        .join(Review.message)
        .where(Review.practice.in_(practices), Review.decided_at.is_not(None), Message.emptied_at.is_(None))
        .order_by(Review.decided_at, Review.id)
    )
    yield from session.scalars(query.execution_options(yield_per=BATCH))


def _known(message: Message) -> Known:
    conversation = message.conversation
    given = (conversation.patient_address, conversation.contact_phone, conversation.contact_email)
    addresses = [address for address in (*given, message.claimed_phone, message.claimed_email) if address]
    return Known(
        names=tuple(name for name in (conversation.patient_name, message.claimed_name) if name),
        numbers=tuple(address for address in addresses if "@" not in address),
        emails=tuple(address for address in addresses if "@" in address),
    )
