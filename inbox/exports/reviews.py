"""Exporting reviewed messages for training: only from practices that agreed, and without identifying data."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from classifier.entities.entity import Entity
from classifier.entities.recognizer import Recognizer
from classifier.entities.recorded import RecordedPatient, find_recorded
from classifier.redaction import may_identify, redact
from inbox.models import Message, Review
from inbox.patients.found_entities import recorded_of
from intake.review_archive import Reviewed, ReviewsFile
from intake.vocabulary import INTENTS, EntityKind

BATCH = 500
_SLOTS = {
    EntityKind.DOB: "dob", EntityKind.DATE: "date", EntityKind.PHONE: "phone", EntityKind.EMAIL: "email",
    EntityKind.ADDRESS: "address", EntityKind.ID: "account_number", EntityKind.MEMBER_ID: "member_id",
    EntityKind.GROUP_NUMBER: "group_number", EntityKind.CLAIM_NUMBER: "claim_number", EntityKind.CARRIER: "carrier",
    EntityKind.PLAN: "plan", EntityKind.AMOUNT: "amount", EntityKind.CPT: "cpt_code", EntityKind.URL: "url",
    EntityKind.EMPLOYER: "employer",
}  # fmt: skip
_SLOTS_OF_RULES = {"ssn": "ssn", "ssn_cued": "ssn", "last_four": "ssn_last4"}
_TITLE = re.compile(r"\b(?:dr|dra|doctor|doctora|doc|nurse|np|pa)\b\.? ?$", re.IGNORECASE)


def export_reviews(
    session: Session, practices: Collection[str], moment: datetime, recognizer: Recognizer
) -> ReviewsFile:
    """Return the decided reviews of some practices, redacted.

    Args:
        session: an open transaction.
        practices: the slugs of the practices that agreed.
        moment: the current time, aware.
        recognizer: what finds names, numbers, and addresses.
    """
    messages: list[Reviewed] = []
    left_out = without_intent = 0
    for review in _decided(session, practices):
        if review.label not in INTENTS:
            without_intent += 1
            continue
        conversation = review.message.conversation
        text = without_people(review.message.text, recorded_of(review.message), recognizer)
        if text is None:
            left_out += 1
            continue
        classification = review.message.classification
        values = {
            "text": text,
            "intent": review.label,
            "channel": str(conversation.channel),
            "decided_at": review.decided_at,
            "language": classification.language if classification else None,
            "chance": review.sampling_rate,
        }
        messages.append(Reviewed.model_validate(values))
    return ReviewsFile(
        exported_at=moment,
        practices=len(practices),
        messages=tuple(messages),
        left_out=left_out,
        without_intent=without_intent,
    )


def without_people(text: str, recorded: RecordedPatient, recognizer: Recognizer) -> str | None:
    """Replace everything that could identify a person with the slots of the training corpus, such as `{phone}`.

    Nothing finds every name, so a message that still contains anything like a name or a personal number is not used at
    all. Losing many good messages is better than using one that identifies a patient.

    Args:
        text: the patient's message.
        recorded: what the record contains about the patient.
        recognizer: what finds names, numbers, and addresses.

    Returns:
        None if what remains could still identify a person, or if nothing remains.
    """
    entities = recognizer.find(text, find_recorded(text, recorded))
    if not redact(text, entities, lambda *_: "").strip() or may_identify(text, entities):
        return None
    return redact(text, entities, lambda entity, before: _slot(text, entity, before), _without_braces)


def _slot(text: str, entity: Entity, before: str) -> str:
    if entity.kind is EntityKind.NAME:
        name = text[entity.start : entity.end]
        slot = "provider_name" if _TITLE.search(before) else "full_name" if " " in name else "first_name"
    else:
        slot = _SLOTS_OF_RULES.get(entity.source, _SLOTS[entity.kind])
    return f"{{{slot}}}"


def _without_braces(words: str) -> str:
    return words.replace("{", "(").replace("}", ")")


def _decided(session: Session, practices: Collection[str]) -> Iterator[Review]:
    query = (
        select(Review)
        .options(
            joinedload(Review.message).joinedload(Message.conversation),
            joinedload(Review.message).joinedload(Message.classification),
        )
        .join(Review.message)
        .where(Review.practice.in_(practices), Review.decided_at.is_not(None), Message.emptied_at.is_(None))
        .order_by(Review.decided_at, Review.id)
    )
    yield from session.scalars(query.execution_options(yield_per=BATCH))
