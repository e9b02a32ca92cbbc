"""Handling one message: from the stored row to a classification, a decision and outbox rows, in one transaction."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import structlog
from sqlalchemy import func, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from inbox.consent import is_ambiguous, is_opted_out
from inbox.models import (
    Channel,
    Classification,
    Conversation,
    Decision,
    Delivery,
    DeliveryState,
    Keyword,
    LineType,
    Medium,
    Message,
    now,
)
from inbox.patients import conversations_of
from intake.practices import Practice
from tasks.delivery import wait_after
from tasks.notices import UNHEARD_VOICEMAIL, UNPROCESSED, add_notifications
from tasks.queue import FollowUps
from tasks.routing import REVIEW, Facts, Plan, can_be_answered, decide, medium_for
from templates.replies import Occasion, render_reply

if TYPE_CHECKING:
    from classifier import Understanding
    from tasks.context import Context

log = structlog.get_logger(__name__)

MAX_FAILURES = 5
NOT_A_TEXT = (DeliveryState.FAILED, DeliveryState.SUPPRESSED)


def handle(context: Context, message_id: int) -> FollowUps:
    """Understands a message and decides about it; a message that was handled already is left alone.

    Raises:
        IntakeError: the message's practice is not in the practices file, or its words cannot be rendered.
    """
    with context.database.read() as session:
        message = session.get(Message, message_id)
        if message is None or message.handled_at is not None:
            return FollowUps()
        practice = context.practices.require(message.conversation.practice)
        conversation = message.conversation
        understanding = None if _needs_no_model(message) else context.classifier.classify([message.text])[0]
    line_type = _line_type(context, conversation)
    try:
        with context.database.write() as session:
            # locked, so that two texts of one patient are counted one after the other
            session.get_one(Conversation, conversation.id, with_for_update=True).line_type = line_type
            return _settle(session, message_id, practice, understanding, context)
    except IntegrityError:
        if not _was_handled(context, message_id):
            raise
        return FollowUps()  # another worker handled the same message at the same moment


def record_failure(context: Context, message_id: int) -> FollowUps:
    """Notes that handling failed: it is tried again later, and handed to a person after the last try."""
    with context.database.write() as session:
        message = session.get(Message, message_id)
        if message is None or message.handled_at is not None:
            return FollowUps()
        message.failures += 1
        message.next_attempt_at = now() + wait_after(message.failures)
        practice = context.practices.by_slug(message.conversation.practice)
        if message.failures < MAX_FAILURES or practice is None:
            return FollowUps()
        plan = Plan(REVIEW, None, REVIEW, "high", "it could not be processed")
        session.add(_decision(message, plan))
        message.handled_at = now()
        chats = () if message.entry is None else (message.conversation_id,)
        return FollowUps((), add_notifications(session, message, practice, plan, UNPROCESSED), chats)


def _was_handled(context: Context, message_id: int) -> bool:
    with context.database.read() as session:
        return session.get_one(Message, message_id).handled_at is not None


def _settle(
    session: Session,
    message_id: int,
    practice: Practice,
    understanding: Understanding | None,
    context: Context,
) -> FollowUps:
    message = session.get_one(Message, message_id)
    if message.handled_at is not None or (understanding is None and not _needs_no_model(message)):
        return FollowUps()  # the second: a transcription came meanwhile, and with it another job
    moment = now()
    if understanding is not None:
        session.add(_classification(message, understanding))
    plan = decide(_facts(session, message, understanding, practice, context, moment), practice)
    session.add(_decision(message, plan))
    deliveries = _add_reply(session, message, practice, plan, moment)
    reason = UNHEARD_VOICEMAIL if _is_unheard(message) else plan.route
    notifications = add_notifications(session, message, practice, plan, reason)
    message.handled_at = moment
    chats = () if message.entry is None else (message.conversation_id,)
    log.info(
        "message_handled",
        message_id=message.id,
        route=plan.route,
        reply=plan.reply,
        team=plan.team,
        priority=plan.priority,
        seconds=round((moment - message.received_at).total_seconds(), 3),
    )
    return FollowUps(deliveries, notifications, chats)


def _line_type(context: Context, conversation: Conversation) -> LineType:
    """What the number is known to be; one that no text came from is looked up once."""
    known, address = LineType(conversation.line_type), conversation.patient_address or ""
    medium = _medium(conversation)
    is_unproven = conversation.channel in (Channel.VOICEMAIL, Channel.WEB_FORM) and medium is Medium.SMS
    if not is_unproven or known is not LineType.UNKNOWN or not can_be_answered(medium, address, known):
        return known
    return context.lookup.line_type(address)


def _medium(conversation: Conversation) -> Medium:
    return medium_for(Channel(conversation.channel), conversation.patient_address)


def _needs_no_model(message: Message) -> bool:
    return message.keyword is not None or _is_unheard(message)


def _is_unheard(message: Message) -> bool:
    return message.conversation.channel == Channel.VOICEMAIL and not message.text


def _facts(
    session: Session,
    message: Message,
    understanding: Understanding | None,
    practice: Practice,
    context: Context,
    moment: datetime,
) -> Facts:
    conversation = message.conversation
    address = conversation.patient_address or ""
    default = context.classifier.info.review_threshold
    intent = understanding.intent if understanding else ""
    return Facts(
        intent=intent,
        confidence=understanding.confidence if understanding else 0.0,
        threshold=practice.threshold_for(intent, default),
        urgent=understanding is not None and understanding.urgent,
        acknowledgement=understanding is not None and understanding.acknowledgement and not message.media,
        keyword=Keyword(message.keyword) if message.keyword else None,
        keyword_changed_consent=message.keyword_changed_consent,
        keyword_answered=message.keyword_answered,
        keyword_ambiguous=is_ambiguous(message.text),
        opted_out=is_opted_out(session, conversation.practice, address),
        can_be_answered=can_be_answered(_medium(conversation), address, LineType(conversation.line_type)),
        staff_active=conversation.staff_took_over_at is not None,
        unheard=_is_unheard(message),
        replies_last_hour=_replies_since(session, conversation, moment - timedelta(hours=1)),
        reply_ages=_reply_ages(session, conversation, moment),
    )


def _replies_since(session: Session, conversation: Conversation, since: datetime) -> int:
    """Counts the automatic replies to this patient, over every channel that ends at the same address."""
    query = (
        select(func.count(Delivery.id))
        .join(Conversation)
        .where(
            or_(
                Conversation.id == conversation.id,
                conversations_of(conversation.practice, conversation.patient_address or ""),
            ),
            Delivery.message_id.is_not(None),
            Delivery.created_at >= since,
            Delivery.state.not_in(NOT_A_TEXT),
        )
    )
    return session.scalar(query) or 0


def _reply_ages(session: Session, conversation: Conversation, moment: datetime) -> dict[str, timedelta]:
    query = (
        select(Delivery.reply, func.max(Delivery.created_at))
        .where(Delivery.conversation_id == conversation.id, Delivery.state.not_in(NOT_A_TEXT))
        .group_by(Delivery.reply)
    )
    return {reply: moment - latest for reply, latest in session.execute(query)}


def _add_reply(session: Session, message: Message, practice: Practice, plan: Plan, moment: datetime) -> tuple[int, ...]:
    if plan.reply is None:
        return ()
    earlier = session.execute(
        select(Delivery.message_id, Delivery.reply).where(Delivery.conversation_id == message.conversation_id)
    ).all()
    if (message.id, plan.reply) in earlier:
        return ()  # a voicemail is handled again when its transcription comes late
    medium = _medium(message.conversation)
    occasion = Occasion(moment, is_first=not earlier, is_text=medium is Medium.SMS)
    delivery = Delivery(
        conversation_id=message.conversation_id,
        message_id=message.id,
        reply=plan.reply,
        medium=medium,
        sender=message.received_on,
        body=render_reply(plan.reply, practice, occasion),
    )
    session.add(delivery)
    session.flush()
    return (delivery.id,)


def _classification(message: Message, understanding: Understanding) -> Classification:
    return Classification(
        message_id=message.id,
        model_version=understanding.model_version,
        intent=understanding.intent,
        confidence=understanding.confidence,
        probabilities={intent: round(p, 6) for intent, p in understanding.probabilities.items()},
        urgent=understanding.urgent,
        acknowledgement=understanding.acknowledgement,
    )


def _decision(message: Message, plan: Plan) -> Decision:
    return Decision(
        message_id=message.id,
        route=plan.route,
        reply=plan.reply,
        team=plan.team,
        priority=plan.priority,
        why=plan.why,
    )
