"""What follows when a person says what a message is: the reply and the notice that it should have had."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from inbox.conversation_state import note_decision
from inbox.models import (
    Conversation,
    ConversationState,
    Delivery,
    DeliveryState,
    Message,
    Notification,
    NotificationState,
    Review,
    ReviewReason,
)
from inbox.reviews import NONE_OF_THESE
from intake.practices import Practice
from intake.vocabulary import Priority
from tasks.handle_message import add_reply
from tasks.notification.models import CONSOLE, add_notifications
from tasks.pubsub import topics_of
from tasks.queue import AfterCommit
from tasks.routing import Facts, RoutingDecision, decide
from tasks.routing_facts import NEVER_ARRIVED, gather_facts

NOTHING_ELSE = RoutingDecision("", None, None, None, "nothing else was to do")


@dataclass(frozen=True, slots=True)
class Past:
    """What was done about a message before a person said what it is.

    Attributes:
        guess: the intent that the model took it for.
        was_routed: it was routed by that guess, rather than handed to a person.
        team: who was told, and
        priority: how soon.
        was_answered: an automatic reply to it went out.
        is_settled: staff answered since, or said that nothing is left to do.
        age: how long ago it came.
    """

    guess: str
    was_routed: bool
    team: str | None
    priority: Priority | None
    was_answered: bool
    is_settled: bool
    age: timedelta


def plan_correction(label: str, facts: Facts, past: Past, practice: Practice) -> RoutingDecision:
    """Decide what still has to be done about a message, now that its label is known.

    A late label sends no reply, but still tells whoever has to know: nobody has answered the patient.

    Args:
        label: an intent, or `NONE_OF_THESE`.
        facts: what is known of the message now.
        past: what was done about it.
        practice: whose rules apply.
    """
    confirmed = past.was_routed and label == past.guess
    if label == NONE_OF_THESE or confirmed or past.is_settled or facts.urgent:
        return NOTHING_ELSE  # an urgent one had the most that there is, whatever its label
    plan = decide(replace(facts, intent=label, confidence=1.0), practice)
    if past.age > timedelta(hours=practice.review_reply_hours):
        plan = replace(plan, reply=None, why=f"{plan.why}; no reply: the message is too old")
    if past.was_routed and past.was_answered:
        plan = replace(plan, reply=None, why=f"{plan.why}; no reply: one went out already")
    if past.was_routed and (plan.team, plan.priority) == (past.team, past.priority):
        plan = replace(plan, team=None, priority=None)
    return plan


def correct(
    session: Session, review: Review, label: str, staff_id: int, practice: Practice, moment: datetime
) -> tuple[RoutingDecision, AfterCommit]:
    """Write down what a person said of a message, and add what follows from it to the outbox.

    Args:
        session: an open transaction that writes, and has the review locked.
        review: not decided yet.
        label: an intent, or `NONE_OF_THESE`.
        staff_id: who said so.
        practice: the message's.
        moment: now, aware.
    """
    message = review.message
    # locked, so that this and the patient's next text are counted one after the other
    conversation = session.get_one(Conversation, message.conversation_id, with_for_update=True)
    facts = replace(
        gather_facts(session, message, None, practice, review.threshold, moment),
        urgent=message.classification is not None and message.classification.urgent,
    )
    plan = plan_correction(label, facts, _past(session, review, moment), practice)
    review.label, review.staff_id, review.decided_at = label, staff_id, moment
    review.claimed_by = review.claimed_until = None
    notifications = add_notifications(
        session, message, practice, team=plan.team, priority=plan.priority, reason=plan.route
    )
    reply = add_reply(session, message, practice, plan, moment)
    _note_standing(conversation, message, label, plan)
    topics = AfterCommit(notifications=notifications, topics=topics_of(conversation.id, practice.slug))
    return plan, reply | topics


def can_take_back(session: Session, review: Review) -> bool:
    """Return whether nothing that followed from a decided review has left the house."""
    return not _has_left(*_followed(session, review))


def take_back(session: Session, review: Review) -> AfterCommit | None:
    """Open a review again, unless what followed from it has left the house already.

    How pressing the conversation is stays as it is: better too high for a moment than too low.

    Args:
        session: an open transaction that writes, and has the review locked.
        review: a decided one.

    Returns:
        None when it is too late.
    """
    deliveries, notices = _followed(session, review)
    if _has_left(deliveries, notices):
        return None
    for row in (*deliveries, *notices):
        session.delete(row)
    conversation = review.message.conversation
    if conversation.last_message_id == review.message_id:
        conversation.intent = review.intent
    review.label = review.staff_id = review.decided_at = None
    return AfterCommit(topics=topics_of(conversation.id, review.practice))


def _followed(session: Session, review: Review) -> tuple[Sequence[Delivery], Sequence[Notification]]:
    """Return the outbox rows that a decided review brought, locked, so that no worker takes one meanwhile."""
    deliveries = select(Delivery).where(
        Delivery.message_id == review.message_id, Delivery.created_at >= review.decided_at
    )
    notices = select(Notification).where(
        Notification.message_id == review.message_id, Notification.created_at >= review.decided_at
    )
    return session.scalars(deliveries.with_for_update()).all(), session.scalars(notices.with_for_update()).all()


def _has_left(deliveries: Sequence[Delivery], notices: Sequence[Notification]) -> bool:
    """Return whether a reply or a notice is on its way; what only the console tells does not count."""
    return any(row.state != DeliveryState.PENDING or row.attempts for row in deliveries) or any(
        row.target != CONSOLE and row.state != NotificationState.PENDING for row in notices
    )


def _past(session: Session, review: Review, moment: datetime) -> Past:
    message, decision = review.message, review.message.decision
    automatic = select(Delivery.id).where(Delivery.message_id == message.id, Delivery.state.not_in(NEVER_ARRIVED))
    by_staff = select(Delivery.id).where(
        Delivery.conversation_id == message.conversation_id,
        Delivery.message_id.is_(None),
        Delivery.created_at >= message.received_at,
        Delivery.state.not_in(NEVER_ARRIVED),
    )
    answered = session.scalar(by_staff.limit(1)) is not None
    return Past(
        guess=review.intent,
        was_routed=review.reason == ReviewReason.SAMPLE,
        team=decision.team if decision else None,
        priority=decision.priority if decision else None,
        was_answered=session.scalar(automatic.limit(1)) is not None,
        is_settled=answered or message.conversation.state != ConversationState.OPEN,
        age=moment - message.received_at,
    )


def _note_standing(conversation: Conversation, message: Message, label: str, plan: RoutingDecision) -> None:
    """Say on the conversation what its newest message is, and hand it on from those who reviewed it."""
    if label == NONE_OF_THESE or conversation.last_message_id != message.id:
        return
    decided = message.decision
    if plan.team and decided and (conversation.team, conversation.priority) == (decided.team, decided.priority):
        conversation.priority = None
    note_decision(conversation, label, plan.team, plan.priority)
