"""What a message means and what follows: its classification, routing decision, and outbox rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import structlog
from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from inbox.chat_contact import has_contact, note_contact
from inbox.conversation_state import note_decision, note_triage
from inbox.models import AskedQuestion, Classification, Conversation, Decision, Delivery, Keyword, Message, now
from intake.practices import Practice
from intake.vocabulary import TOPICS, EntityKind, Medium, NotificationReason, Priority, Route, Team
from tasks.attempts import end_attempt
from tasks.delivery.outbox import add_delivery
from tasks.due import NO_HOLD
from tasks.entities import names_contact, note_entities
from tasks.insurance_details import details_to_ask
from tasks.metrics import QUESTIONS, Measure, of_message
from tasks.notification.escalation_policy import pages_nobody
from tasks.notification.models import add_notifications
from tasks.pubsub import topics_of
from tasks.questions import FoundQuestion
from tasks.queue import AfterCommit, Ticket
from tasks.review_sampling import add_review
from tasks.routing import RoutingDecision, decide
from tasks.routing_facts import gather_facts, is_unheard, medium_of, needs_no_model, settle_language
from tasks.unproven_numbers import tell_of_cap
from templates.replies import Occasion, render_for_patient

if TYPE_CHECKING:
    from classifier import Understanding
    from classifier.entities.entity import Entity
    from tasks.context import Context

log = structlog.get_logger(__name__)

_EARLIER = select(Delivery.message_id, Delivery.reply).where(Delivery.conversation_id == bindparam("conversation"))


def handle_message(
    session: Session,
    message: Message,
    practice: Practice,
    understanding: Understanding | None,
    context: Context,
    question: FoundQuestion | None = None,
    entities: Sequence[Entity] | None = None,
) -> AfterCommit:
    """Write what a message means and what follows, unless it has already been handled.

    Args:
        session: an open write transaction that holds the locks of the message and its conversation.
        message: the message.
        practice: its practice.
        understanding: the result of the model; None if the message needed none when it was looked at.
        context: the worker's context.
        question: the common question that it is closest to, if any is near.
        entities: its entities, if its answer needs them; None if they are to be found later.

    Raises:
        IntakeError: its reply cannot be rendered.
    """
    if message.handled_at is not None or (understanding is None and not needs_no_model(message)):
        return AfterCommit()  # a transcription may have arrived meanwhile, and with it another job
    moment = now()
    note_contact(message)
    understanding = understanding and settle_language(session, message, understanding)
    default = _default_threshold(context, understanding)
    facts = gather_facts(session, message, understanding, practice, default, moment)
    facts = replace(facts, has_answer=question is not None and question.has_answer)
    plan = decide(facts, practice)
    if understanding is not None:
        session.add(_classification(message, understanding))
    later = () if understanding is None else note_entities(session, message, entities)
    session.add(_decision(message, plan))
    if not plan.is_answer:
        add_review(session, message, understanding, facts, practice, context.settings.secret_key)
    answer = question.answer if question else ""
    ask = details_to_ask(session, message, practice, plan, facts, entities, moment)
    reply = add_reply(
        session,
        message,
        practice,
        plan,
        moment,
        can_page=not pages_nobody(practice, context.settings),
        answer=answer,
        ask=ask,
        may_opt_out=facts.may_opt_out,
    )
    counted = _count_question(session, message, practice, plan, question)
    reason = NotificationReason.UNHEARD_VOICEMAIL if is_unheard(message) else plan.notice or plan.route
    notifications = add_notifications(session, message, practice, team=plan.team, priority=plan.priority, reason=reason)
    notifications += notify_others(session, message, practice, plan)
    notifications += _tell_of_staff_opt_out(session, message, practice)
    if plan.is_capped:
        notifications += tell_of_cap(session, message, practice, moment)
    end_attempt(message)
    note_decision(message.conversation, _topic(plan, understanding), _team(message.conversation, plan), plan.priority)
    if understanding is not None:
        note_triage(message.conversation, understanding.triage, understanding.danger)
    log.info(
        "message_handled",
        message_id=message.id,
        route=plan.route,
        reply=plan.reply,
        team=plan.team,
        priority=plan.priority,
        seconds=round((moment - message.received_at).total_seconds(), 3),
    )
    topics = topics_of(message.conversation_id, practice.slug)
    measures = of_message(message, practice.slug, understanding, plan, moment) + counted
    return reply | AfterCommit(notifications=notifications, later=later, topics=topics, measures=measures)


def notify_others(
    session: Session, message: Message, practice: Practice, plan: RoutingDecision, *, hold: timedelta = NO_HOLD
) -> tuple[Ticket, ...]:
    """Add notifications for the other teams that a message concerns, and return those that are due now."""
    due: tuple[Ticket, ...] = ()
    for told in plan.also:
        due += add_notifications(
            session, message, practice, team=told.team, priority=told.priority, reason=told.reason, hold=hold
        )
    return due


def _tell_of_staff_opt_out(session: Session, message: Message, practice: Practice) -> tuple[Ticket, ...]:
    """Notify the managers that a number which staff are notified at takes no more texts."""
    is_staff = message.conversation.patient_address in practice.staff_numbers
    if not is_staff or message.keyword != Keyword.STOP or not message.keyword_changed_consent:
        return ()
    return add_notifications(
        session,
        message,
        practice,
        team=Team.MANAGER,
        priority=Priority.HIGH,
        reason=NotificationReason.STAFF_OPTED_OUT,
    )


def _team(conversation: Conversation, plan: RoutingDecision) -> str | None:
    """Return the team that a conversation goes to: what is unclear leaves it where staff have taken over."""
    if conversation.staff_took_over_at is not None and conversation.team is not None and plan.route == Route.REVIEW:
        return conversation.team
    return plan.team


def _topic(plan: RoutingDecision, understanding: Understanding | None) -> str | None:
    """Return what a message is about, as the inbox shows it; None if it says nothing."""
    if understanding is None or plan.route == Route.ACKNOWLEDGEMENT:
        return None
    return plan.route if plan.route in TOPICS else understanding.intent


def _default_threshold(context: Context, understanding: Understanding | None) -> float:
    """Return the model's own threshold for what it understood."""
    if understanding is None:
        return 0.0
    return context.classifier.info.review_threshold_of(understanding.intent, understanding.language)


def _count_question(
    session: Session, message: Message, practice: Practice, plan: RoutingDecision, question: FoundQuestion | None
) -> tuple[Measure, ...]:
    if question is None:
        return ()
    outcome = question.outcome(was_sent=plan.is_answer)
    session.add(
        AskedQuestion(
            message_id=message.id,
            practice=practice.slug,
            key=question.match.topic,
            similarity=round(question.match.similarity, 4),
            outcome=outcome,
        )
    )
    return (Measure(QUESTIONS, (practice.slug, outcome)),)


def add_reply(
    session: Session,
    message: Message,
    practice: Practice,
    plan: RoutingDecision,
    moment: datetime,
    *,
    can_page: bool,
    answer: str = "",
    ask: tuple[EntityKind, ...] = (),
    may_opt_out: bool = False,
    hold: timedelta = NO_HOLD,
) -> AfterCommit:
    """Add the decision's reply to the outbox, unless the message already got that reply."""
    if plan.reply is None:
        return AfterCommit()
    earlier = session.execute(_EARLIER, {"conversation": message.conversation_id}).all()
    if (message.id, plan.reply) in earlier:
        return AfterCommit()  # a voicemail is handled again when its transcription arrives late
    medium = medium_of(message.conversation)
    can_reach = has_contact(message.conversation)
    occasion = Occasion(
        moment,
        is_first=not earlier,
        is_text=medium is Medium.SMS,
        answer=answer,
        can_reach=can_reach,
        names_contact=not can_reach and names_contact(message.text),
        can_page=can_page,
        may_opt_out=may_opt_out,
        ask=ask,
    )
    body, is_own = render_for_patient(plan.reply, practice, occasion)
    delivery = Delivery(
        conversation_id=message.conversation_id,
        message_id=message.id,
        reply=plan.reply,
        medium=medium,
        sender=message.received_on,
        body=body,
    )
    after_commit = add_delivery(session, delivery, hold=hold)
    if not is_own:
        log.error("reply_override_broken", practice=practice.slug, reply=plan.reply)
        notifications = add_notifications(
            session,
            message,
            practice,
            team=Team.FRONT_DESK,
            priority=Priority.NORMAL,
            reason=NotificationReason.BROKEN_REPLY,
            hold=hold,
        )
        return after_commit | AfterCommit(notifications=notifications)
    return after_commit


def _classification(message: Message, understanding: Understanding) -> Classification:
    return Classification(
        message_id=message.id,
        model_version=understanding.model_version,
        intent=understanding.intent,
        confidence=understanding.confidence,
        probabilities={intent: round(p, 6) for intent, p in understanding.probabilities.items()},
        triage=understanding.triage,
        danger=understanding.danger,
        language=understanding.language,
        disposition=understanding.disposition,
        praise=understanding.praise,
        partly_read=understanding.partly_read,
        also=[{"intent": other.intent, "confidence": round(other.confidence, 6)} for other in understanding.also],
    )


def _decision(message: Message, plan: RoutingDecision) -> Decision:
    return Decision(
        message_id=message.id,
        route=plan.route,
        reply=plan.reply,
        team=plan.team,
        priority=plan.priority,
        why=plan.why,
    )
