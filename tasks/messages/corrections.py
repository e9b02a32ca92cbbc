"""Applying a reviewer's label to a message: send the reply and notifications that the right label calls for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from inbox.conversations.reviews import NONE_OF_THESE
from inbox.conversations.state import note_decision, note_triage
from inbox.models import (
    NEVER_ARRIVED,
    Conversation,
    ConversationState,
    Delivery,
    DeliveryState,
    Escalation,
    Message,
    Notification,
    NotificationState,
    Review,
    ReviewReason,
)
from intake.practices import Practice
from intake.settings import Settings
from intake.vocabulary import (
    ABOUT_FILES,
    FROM_STAFF,
    NEVER_ALARMS,
    TOPICS,
    DangerKind,
    Disposition,
    Intent,
    Language,
    NotificationReason,
    Priority,
    Route,
    SenderDoubt,
    Silence,
    TriageLevel,
)
from tasks.messages.handle_message import add_reply, notify_others, write_reply
from tasks.notification.models import add_notifications, tickets_for
from tasks.notification.stopped_phones import pages_somebody
from tasks.notification.targets import CONSOLE
from tasks.pubsub import topics_of
from tasks.queues.due import NO_HOLD
from tasks.queues.queue import AfterCommit
from tasks.routing.decide import Facts, RoutingDecision, decide, silenced
from tasks.routing.facts import gather_facts

RAISED_BY_LABEL: dict[str, TriageLevel] = {Route.URGENT: TriageLevel.EMERGENCY, Route.SAME_DAY: TriageLevel.SAME_DAY}
_NOT_ON_ITS_WAY = (NotificationState.PENDING, NotificationState.OPTED_OUT)
NOTHING_ELSE = RoutingDecision("", None, None, None, "nothing else to do")


@dataclass(frozen=True, slots=True)
class Past:
    """How a message was handled before its review.

    Attributes:
        guess: the topic that the model predicted.
        was_routed: whether it was routed by that prediction rather than sent to review.
        team: the team that was notified, None if no one was.
        priority: the priority of that notification, None if no one was notified.
        told: every notification of it so far, as reason and team.
        was_answered: whether an automatic reply was sent.
        is_settled: whether staff have since replied or changed the conversation's state.
        age: the time since it arrived.
        is_placed: whether staff have since transferred, assigned, or taken over the conversation.
        is_follow_up: whether it went to the team that has what it follows.
    """

    guess: str
    was_routed: bool
    team: str | None
    priority: Priority | None
    was_answered: bool
    is_settled: bool
    age: timedelta
    told: frozenset[tuple[str, str]] = frozenset()
    is_placed: bool = False
    is_follow_up: bool = False


def plan_correction(label: str, facts: Facts, past: Past, practice: Practice) -> RoutingDecision:
    """Decide what still needs to happen for a message, given its label.

    A message gets one automatic reply: only an emergency's goes out after another. A late label sends none either, but
    still notifies the right team, because no one has answered the patient. Where staff
    have placed the conversation since, only a label that raises its level still notifies someone.

    Args:
        label: one of `inbox.conversations.reviews.REVIEW_LABELS`.
        facts: the routing inputs at the time of the review.
        past: how the message was handled so far.
        practice: the practice whose rules apply.
    """
    confirmed = past.was_routed and label == past.guess
    was_alarm = facts.triage is TriageLevel.EMERGENCY and facts.doubt not in NEVER_ALARMS
    if label == NONE_OF_THESE or confirmed or past.is_settled or was_alarm:
        return NOTHING_ELSE  # an emergency already got the strongest response, whatever its label
    plan = decide(as_labeled(facts, label), practice)
    if past.is_placed and plan.route not in RAISED_BY_LABEL:
        return NOTHING_ELSE  # whoever has it decides what follows
    if past.is_placed and plan.route != Route.URGENT:
        plan = silenced(plan, Silence.STAFF_HAVE_IT)
    if past.age > timedelta(hours=practice.review_reply_hours):
        plan = silenced(plan, Silence.TOO_OLD)
    if past.was_answered and plan.route != Route.URGENT:
        plan = silenced(plan, Silence.ALREADY_SENT)
    was_told = (past.was_routed or past.is_follow_up) and (plan.team, plan.priority) == (past.team, past.priority)
    teams_told = {team for _, team in past.told}
    plan = replace(plan, also=tuple(other for other in plan.also if other.team not in teams_told))
    return replace(plan, team=None, priority=None) if was_told or (plan.route, plan.team) in past.told else plan


def as_labeled(facts: Facts, label: str) -> Facts:
    """Return the routing inputs of a message that a person has understood."""
    language = Language.ES if facts.language == Language.ES else Language.EN
    if facts.doubt in NEVER_ALARMS:  # now a person has read it, whose word alone counts
        doubt = SenderDoubt.STAFF if facts.doubt in FROM_STAFF else None
        facts = replace(facts, doubt=doubt, triage=TriageLevel.ROUTINE, danger=None)
    understood = replace(
        facts,
        keyword=None,
        unheard=False,
        transcribed=False,
        language=language,
        disposition=Disposition.ROUTE,
        praise=False,
        partly_read=False,
        may_opt_out=False,
        visit_soon=facts.visit_soon and label == Intent.APPOINTMENT_REQUEST,
        remark=None,
    )
    match label:
        case Route.URGENT:
            return replace(understood, triage=TriageLevel.EMERGENCY, danger=DangerKind.OTHER)
        case Route.SAME_DAY:
            return replace(understood, triage=TriageLevel.SAME_DAY)
        case Route.PERSON:
            return replace(understood, disposition=Disposition.PERSON)
        case Route.PRAISE:
            return replace(understood, disposition=Disposition.OUT_OF_SCOPE, praise=True)
        case _:
            return replace(understood, intent=label, confidence=1.0)


def correct(
    session: Session,
    review: Review,
    label: str,
    staff_id: int,
    practice: Practice,
    moment: datetime,
    settings: Settings,
    hold: timedelta = NO_HOLD,
) -> tuple[RoutingDecision, AfterCommit]:
    """Store a reviewer's label and add the resulting reply and notifications to the outbox.

    Args:
        session: an open write transaction that holds the review's lock.
        review: an undecided review.
        label: one of `inbox.conversations.reviews.REVIEW_LABELS`.
        staff_id: the reviewer.
        practice: the message's practice.
        moment: the current time, aware.
        settings: which carriers are set up.
        hold: how long the label can still be undone, so that nothing is sent before.
    """
    message = review.message
    # locked, so that this and the patient's next text are counted in sequence
    conversation = session.get_one(Conversation, message.conversation_id, with_for_update=True)
    facts = gather_facts(session, message, message.classification, practice, review.threshold, moment)
    past = _past(session, review, moment)
    plan = plan_correction(label, facts, past, practice)
    review.label, review.staff_id, review.decided_at = label, staff_id, moment
    review.claimed_by = review.claimed_until = None
    rows = add_notifications(
        session, message, practice, team=plan.team, priority=plan.priority, reason=plan.route, hold=hold
    )
    rows += notify_others(session, message, practice, plan, hold=hold)
    can_page = pages_somebody(session, practice, settings)
    reply = add_reply(
        session, message, practice, plan, moment, can_page=can_page, may_opt_out=facts.may_opt_out, hold=hold
    )
    _note_standing(conversation, message, label, plan, is_placed=past.is_placed)
    topics = AfterCommit(notifications=tickets_for(rows, hold), topics=topics_of(conversation.id, practice.slug))
    return plan, reply | topics


def read_label_replies(
    session: Session, review: Review, labels: Sequence[str], practice: Practice, moment: datetime, settings: Settings
) -> dict[str, str]:
    """Return the words that each label would now send the patient; a label that sends none is left out."""
    message = review.message
    facts = gather_facts(session, message, message.classification, practice, review.threshold, moment)
    past = _past(session, review, moment)
    can_page = pages_somebody(session, practice, settings)
    replies = {}
    for label in labels:
        plan = plan_correction(label, facts, past, practice)
        written = write_reply(
            session, message, practice, plan, moment, can_page=can_page, may_opt_out=facts.may_opt_out
        )
        if written is not None:
            replies[label] = written[0]
    return replies


def can_take_back(session: Session, review: Review) -> bool:
    """Return whether a decided review can be undone: no reply or notification has been sent because of it."""
    followed = _followed(session, review)
    return not (_has_left(*followed) or _was_joined(session, followed[2], review))


def take_back(session: Session, review: Review) -> AfterCommit | None:
    """Reopen a decided review and delete its unsent reply and notifications, and the escalation that it began.

    The conversation keeps its priority: too high for a moment is better than too low. Where its standing before the
    label was noted, `inbox.conversations.undo` puts that back.

    Args:
        session: an open write transaction that holds the review's lock.
        review: a decided review.

    Returns:
        None if something has already been sent.
    """
    session.get_one(Conversation, review.message.conversation_id, with_for_update=True, populate_existing=True)
    deliveries, notices, escalations = _followed(session, review)
    if _has_left(deliveries, notices, escalations) or _was_joined(session, escalations, review):
        return None
    for row in (*deliveries, *notices, *escalations):
        session.delete(row)
    conversation = review.message.conversation
    if conversation.last_message_id == review.message_id:
        conversation.intent = review.intent
    review.label = review.staff_id = review.decided_at = None
    return AfterCommit(topics=topics_of(conversation.id, review.practice))


def _followed(
    session: Session, review: Review
) -> tuple[Sequence[Delivery], Sequence[Notification], Sequence[Escalation]]:
    """Return and lock the rows that a decided review created, so that no worker claims one."""
    deliveries = select(Delivery).where(
        Delivery.message_id == review.message_id,
        Delivery.reply.not_in(ABOUT_FILES),
        Delivery.created_at >= review.decided_at,
    )
    notices = select(Notification).where(
        Notification.message_id == review.message_id,
        Notification.created_at >= review.decided_at,
        Notification.reason.not_in((NotificationReason.TRANSFERRED, NotificationReason.MARKED)),
    )
    escalations = select(Escalation).where(
        Escalation.message_id == review.message_id, Escalation.created_at >= review.decided_at
    )
    alarms = session.scalars(escalations.with_for_update()).all()  # first, as whoever acknowledges locks them first
    return (
        session.scalars(deliveries.with_for_update()).all(),
        session.scalars(notices.with_for_update()).all(),
        alarms,
    )


def _has_left(
    deliveries: Sequence[Delivery], notices: Sequence[Notification], escalations: Sequence[Escalation]
) -> bool:
    """Return whether a reply or notification is on its way; those on the console, and skipped ones, do not count."""
    return (
        any(row.state != DeliveryState.PENDING or row.attempts for row in deliveries)
        or any(row.target != CONSOLE and row.state not in _NOT_ON_ITS_WAY for row in notices)
        or any(row.acknowledged_at is not None for row in escalations)
    )


def _was_joined(session: Session, escalations: Sequence[Escalation], review: Review) -> bool:
    """Return whether other urgent messages joined an alarm that the review raised, or a member raised it by hand."""
    others = select(Notification.id).where(
        Notification.escalation_id.in_([row.id for row in escalations]),
        or_(Notification.message_id != review.message_id, Notification.reason == NotificationReason.MARKED),
    )
    return session.scalar(others.limit(1)) is not None


def _past(session: Session, review: Review, moment: datetime) -> Past:
    message, decision = review.message, review.message.decision
    automatic = select(Delivery.id).where(
        Delivery.message_id == message.id,
        Delivery.reply.not_in(ABOUT_FILES),
        Delivery.state.not_in(NEVER_ARRIVED),
    )
    by_staff = select(Delivery.id).where(
        Delivery.conversation_id == message.conversation_id,
        Delivery.message_id.is_(None),
        Delivery.created_at >= message.received_at,
        Delivery.state.not_in(NEVER_ARRIVED),
    )
    notified = select(Notification.reason, Notification.team).where(Notification.message_id == message.id)
    answered = session.scalar(by_staff.limit(1)) is not None
    return Past(
        guess=review.intent,
        was_routed=review.reason == ReviewReason.SAMPLE,
        team=decision.team if decision else None,
        priority=decision.priority if decision else None,
        was_answered=session.scalar(automatic.limit(1)) is not None,
        is_settled=answered or message.conversation.state != ConversationState.OPEN,
        age=moment - message.received_at,
        told=frozenset((reason, team) for reason, team in session.execute(notified)),
        is_placed=_is_placed(message),
        is_follow_up=decision is not None and decision.route == Route.FOLLOW_UP,
    )


def _is_placed(message: Message) -> bool:
    """Return whether staff have taken over the conversation, or assigned or transferred it since a message arrived."""
    conversation = message.conversation
    is_moved = conversation.placed_at is not None and conversation.placed_at >= message.received_at
    return is_moved or conversation.staff_took_over_at is not None


def _note_standing(
    conversation: Conversation, message: Message, label: str, plan: RoutingDecision, *, is_placed: bool
) -> None:
    """Update the conversation with its newest message's label, and move it to the right team if staff have not."""
    if label in RAISED_BY_LABEL and plan.team:
        note_triage(conversation, RAISED_BY_LABEL[label], None)
    if label == NONE_OF_THESE or conversation.last_message_id != message.id:
        return
    decided = message.decision
    is_its_own = decided and decided.route != Route.FOLLOW_UP  # or else what it follows still counts
    as_decided = (
        decided and is_its_own and (conversation.team, conversation.priority) == (decided.team, decided.priority)
    )
    if plan.team and as_decided and not is_placed:
        conversation.priority = None
    team = conversation.team if is_placed else plan.team
    note_decision(conversation, label if label in TOPICS else None, team, plan.priority)
