"""The review queue: claiming messages, so that two people rarely review the same one, and reading their context."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import ColumnElement, and_, case, func, or_, select, update
from sqlalchemy.orm import Session, joinedload

from inbox.models import Classification, Delivery, Message, Review
from intake.vocabulary import SAMPLE, TOPICS, Route, TriageLevel

NONE_OF_THESE = "none_of_these"
LEVEL_LABELS = (Route.URGENT, Route.SAME_DAY)
"""Labels that raise a message's triage level and say nothing of its intent."""
REVIEW_LABELS: tuple[str, ...] = (*TOPICS, NONE_OF_THESE, *LEVEL_LABELS)
"""Every label that a reviewer can choose."""
CLAIMED_FOR = timedelta(minutes=3)
UNDO_WITHIN = timedelta(minutes=1)
CONTEXT = 6
SOONEST_FIRST = case({level.value: place for place, level in enumerate(TriageLevel)}, value=Classification.triage)


@dataclass(frozen=True, slots=True)
class ContextLine:
    """One line of the conversation around a reviewed message.

    Attributes:
        author: `patient`, `robot`, or `staff`.
        text: the text.
        at: when it was received or written.
        is_asked_about: whether it is the reviewed message.
        delivery: the row of a reply, None for a patient's message.
        message_id: the id of a patient's message, 0 for a reply.
    """

    author: str
    text: str = field(repr=False)
    at: datetime
    is_asked_about: bool = False
    delivery: Delivery | None = None
    message_id: int = 0


class WaitingReviews(NamedTuple):
    """How many messages wait for a label.

    Attributes:
        real: those that a patient wrote.
        samples: the fictional ones of a new service, which are nobody's work.
    """

    real: int
    samples: int


def count_waiting(session: Session, practices: Collection[str]) -> WaitingReviews:
    """Count the messages of some practices that are waiting for a label."""
    samples = func.coalesce(func.sum(case((Message.provider == SAMPLE, 1), else_=0)), 0)
    query = select(func.count(Review.id), samples).join(Message, Message.id == Review.message_id)
    every, fictional = session.execute(query.where(_is_open(practices))).one()
    return WaitingReviews(every - fictional, fictional)


def needs_label(practices: Collection[str], conversation_id: int) -> ColumnElement[bool]:
    """Return the condition that a message of a conversation is waiting for a label by a member of some practices."""
    of_conversation = Message.conversation_id == conversation_id
    query = select(Review.id).join(Message, Message.id == Review.message_id).where(_is_open(practices), of_conversation)
    return query.correlate(None).exists()


def claim_next(
    session: Session,
    practices: Collection[str],
    staff_id: int,
    skipped: Collection[int],
    moment: datetime,
    conversation_id: int | None = None,
) -> Review | None:
    """Claim the next message for a member to label: by triage level, then the oldest; None if none is free.

    No one else gets it while the claim lasts. The member's earlier claim is released.

    Args:
        session: an open write transaction.
        practices: the slugs of the member's practices.
        staff_id: the member.
        skipped: the ids of reviews that the member skipped.
        moment: the current time, aware.
        conversation_id: the only conversation that the message may be of.
    """
    free = or_(Review.claimed_until.is_(None), Review.claimed_until < moment, Review.claimed_by == staff_id)
    of_conversation = () if conversation_id is None else (Message.conversation_id == conversation_id,)
    review = session.scalars(
        select(Review)
        .join(Classification, Classification.message_id == Review.message_id)
        .join(Message, Message.id == Review.message_id)
        .where(_is_open(practices), free, Review.id.not_in(skipped), *of_conversation)
        .order_by(SOONEST_FIRST, Review.id)
        .limit(1)
        .with_for_update(of=Review, skip_locked=True)
    ).first()
    release(session, staff_id, but=review)
    if review is not None:
        review.claimed_by, review.claimed_until = staff_id, moment + CLAIMED_FOR
    return review


def release(session: Session, staff_id: int, *, but: Review | None = None) -> None:
    """Release a member's claims, except on one review."""
    mine = and_(Review.claimed_by == staff_id, Review.id != (but.id if but else 0))
    session.execute(update(Review).where(mine).values(claimed_by=None, claimed_until=None))


def find_review(session: Session, practices: Collection[str], review_id: int) -> Review | None:
    """Return a review if it belongs to one of the practices, locked until the transaction ends."""
    query = select(Review).where(Review.id == review_id, Review.practice.in_(practices))
    return session.scalar(query.with_for_update())


def last_decided(session: Session, practices: Collection[str], staff_id: int, moment: datetime) -> Review | None:
    """Return a member's latest decision if it is recent enough to be undone."""
    query = (
        select(Review)
        .where(Review.staff_id == staff_id, Review.practice.in_(practices), Review.decided_at > moment - UNDO_WITHIN)
        .order_by(Review.decided_at.desc(), Review.id.desc())
        .limit(1)
    )
    return session.scalars(query.with_for_update()).first()


def reviews_since(session: Session, practices: Collection[str], since: datetime | None) -> Sequence[Review]:
    """Return the reviews created since a moment, decided or not, oldest first."""
    query = select(Review).options(joinedload(Review.member)).where(Review.practice.in_(practices))
    if since is not None:
        query = query.where(Review.created_at >= since)
    return session.scalars(query.order_by(Review.created_at, Review.id)).all()


def read_context(session: Session, message: Message) -> list[ContextLine]:
    """Return a message, the lines before it, and the newest ones after it, oldest first."""
    of_conversation = select(Message).where(Message.conversation_id == message.conversation_id)
    before = of_conversation.where(Message.id <= message.id).order_by(Message.id.desc()).limit(CONTEXT)
    after = of_conversation.where(Message.id > message.id).order_by(Message.id.desc()).limit(CONTEXT)
    messages = [*session.scalars(before), *session.scalars(after)]
    lines = [
        ContextLine("patient", nearby.text, nearby.received_at, nearby.id == message.id, message_id=nearby.id)
        for nearby in messages
    ]
    since = min(line.at for line in lines)
    replies = session.scalars(
        select(Delivery)
        .where(Delivery.conversation_id == message.conversation_id, Delivery.created_at >= since)
        .order_by(Delivery.id)
        .limit(4 * CONTEXT)
    )
    lines += [
        ContextLine("robot" if reply.message_id is not None else "staff", reply.body, reply.created_at, delivery=reply)
        for reply in replies
    ]
    return sorted(lines, key=lambda line: line.at)


def _is_open(practices: Collection[str]) -> ColumnElement[bool]:
    return and_(Review.practice.in_(practices), Review.decided_at.is_(None))
