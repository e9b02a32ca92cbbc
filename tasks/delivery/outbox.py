"""Sending replies from the outbox: claim a row, send it, store the outcome, and resolve unanswered sends."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from inbox.backup.restored import was_received_before_backup
from inbox.chat import next_entry
from inbox.consent import is_opted_out, record_consent
from inbox.models import Conversation, Delivery, DeliveryState, Message, now
from inbox.patients import conversations_of
from intake.practices import Practices
from intake.vocabulary import KEYWORD_REPLIES, REPLIES, Medium, ReplyName
from tasks.carriers.backoff import retry_delay
from tasks.carriers.protocol import (
    Accepted,
    CarrierUnreachableError,
    NotSent,
    Outcome,
    OutgoingMessage,
    Refused,
    Retryable,
    Unanswered,
)
from tasks.delivery.states import IN_FLIGHT
from tasks.delivery.status import OPTED_OUT_CODE, apply_provider_status, follow_up, mark_sent
from tasks.metrics import of_delivery
from tasks.pubsub import topics_of
from tasks.queue import AfterCommit

if TYPE_CHECKING:
    from tasks.context import Context

log = structlog.get_logger(__name__)

# Why a reply was not sent.
OPTED_OUT, STAFF_TOOK_OVER = "opted out", "staff took over"
_CONFIRMATIONS = tuple(reply for reply in REPLIES if reply.name is ReplyName.OPT_OUT)
_ANSWERS_TO_KEYWORDS = tuple(reply for reply in REPLIES if reply.name in KEYWORD_REPLIES)


def add_delivery(session: Session, delivery: Delivery) -> AfterCommit:
    """Add a reply to the outbox. A chat reply counts as delivered at once, because browsers read it from there."""
    shown = delivery.medium == Medium.CHAT
    if shown:
        delivery.entry = next_entry(session, delivery.conversation_id)
        delivery.state = DeliveryState.DELIVERED
    session.add(delivery)
    session.flush()
    message = delivery.message
    if not shown and message is not None and was_received_before_backup(session, message):
        # it may have been answered before the backup was restored, so the carrier is asked first
        delivery.state, delivery.sending_at = DeliveryState.UNKNOWN, message.received_at
    topics = topics_of(delivery.conversation_id, delivery.conversation.practice)
    if not shown:
        return AfterCommit(deliveries=(delivery.id,), topics=topics)
    return AfterCommit(topics=topics, measures=of_delivery(delivery, DeliveryState.PENDING, now()))


def deliver(context: Context, delivery_id: int) -> AfterCommit:
    """Send a delivery once if it is pending."""
    claimed = _claim(context, delivery_id)
    if isinstance(claimed, AfterCommit):
        return claimed
    medium, text = claimed
    outcome = context.senders[medium].send(text)
    with context.database.write() as session:
        delivery = session.get_one(Delivery, delivery_id, with_for_update=True)
        before = delivery.state
        _write_outcome(session, delivery, outcome)
        log.info("delivery", delivery_id=delivery_id, state=delivery.state, error_code=delivery.error_code)
        return follow_up(session, delivery, before, context.practices)


def settle(context: Context, delivery_id: int) -> AfterCommit:
    """Ask the carrier what became of a delivery.

    If the carrier did not answer the send, Intake searches the carrier's message list before it retries.
    """
    with context.database.read() as session:
        delivery = session.get(Delivery, delivery_id)
        if delivery is None or delivery.sending_at is None:
            return AfterCommit()
        text, state, attempt = _text(session, delivery, context.practices), delivery.state, delivery.sending_at
        sender = context.senders[Medium(delivery.medium)]
        provider_id = delivery.provider_id
        known = frozenset() if provider_id else _provider_ids(session, delivery)
    try:
        if state == DeliveryState.SENT and provider_id:
            provider_status = sender.look_up(provider_id)
        elif state in IN_FLIGHT:
            provider_status = sender.find(text, known)
        else:
            return AfterCommit()
    except CarrierUnreachableError as error:
        log.warning("carrier_unreachable", delivery_id=delivery_id, error=str(error))
        return AfterCommit()
    with context.database.write() as session:
        delivery = session.get_one(Delivery, delivery_id, with_for_update=True)
        if delivery.state != state or delivery.sending_at != attempt:
            return AfterCommit()  # a callback or another worker got there first
        if provider_status is not None:
            apply_provider_status(delivery, provider_status)
        elif state in IN_FLIGHT:
            _try_again(delivery, delivery.error_code or "never arrived")
        log.info("delivery_settled", delivery_id=delivery_id, state=delivery.state)
        return follow_up(session, delivery, state, context.practices)


def _claim(context: Context, delivery_id: int) -> tuple[Medium, OutgoingMessage] | AfterCommit:
    """Claim a due delivery for this worker, or suppress it if it must not be sent."""
    with context.database.write() as session:
        moment = now()
        claimed = session.execute(
            update(Delivery)
            .where(
                Delivery.id == delivery_id,
                Delivery.state == DeliveryState.PENDING,
                Delivery.next_attempt_at <= moment,
            )
            .values(
                state=DeliveryState.SENDING,
                attempts=Delivery.attempts + 1,
                sending_at=moment,
                error_code=None,
            )
        )
        if not claimed.rowcount:  # type: ignore[attr-defined]
            return AfterCommit()
        delivery = session.get_one(Delivery, delivery_id, with_for_update=True)
        reason = _why_held(session, delivery)
        if reason is None:
            return Medium(delivery.medium), _text(session, delivery, context.practices)
        delivery.state, delivery.error_code = DeliveryState.SUPPRESSED, reason
        log.info("delivery_suppressed", delivery_id=delivery_id, reason=reason)
        return follow_up(session, delivery, DeliveryState.SENDING, context.practices)


def _why_held(session: Session, delivery: Delivery) -> str | None:
    """Return why a reply must no longer be sent, None if it may be sent."""
    conversation = delivery.conversation
    opted_out = is_opted_out(session, conversation.practice, conversation.patient_address or "")
    if opted_out and delivery.reply not in _CONFIRMATIONS:
        return OPTED_OUT
    automatic = delivery.message_id is not None and delivery.reply not in _ANSWERS_TO_KEYWORDS
    return STAFF_TOOK_OVER if automatic and conversation.staff_took_over_at is not None else None


def _text(session: Session, delivery: Delivery, practices: Practices) -> OutgoingMessage:
    assert delivery.sending_at is not None  # noqa: S101 (set by the claim)
    message, practice = _answered(session, delivery), practices.by_slug(delivery.conversation.practice)
    return OutgoingMessage(
        delivery_id=delivery.id,
        to=delivery.conversation.patient_address or "",
        sender=delivery.sender,
        body=delivery.body,
        sending_at=delivery.sending_at,
        from_name=practice.name if practice else "",
        subject=(message and message.subject) or "",
        in_reply_to=message.sender_message_id if message else None,
        automatic=delivery.message_id is not None,
    )


def _answered(session: Session, delivery: Delivery) -> Message | None:
    """Return the message that a reply answers; a staff reply answers the latest message before it."""
    if delivery.message_id is not None:
        return delivery.message
    earlier = (Message.conversation_id == delivery.conversation_id, Message.received_at <= delivery.created_at)
    return session.scalars(select(Message).where(*earlier).order_by(Message.id.desc()).limit(1)).first()


def _write_outcome(session: Session, delivery: Delivery, outcome: Outcome) -> None:
    match outcome:
        case Accepted(provider_id):
            # a callback may already have moved it forward
            delivery.provider_id = delivery.provider_id or provider_id
            if delivery.state in IN_FLIGHT:
                mark_sent(delivery)
        case _ if delivery.state != DeliveryState.SENDING:
            return
        case NotSent():
            delivery.state = DeliveryState.NOT_SENT
        case Refused(code):
            delivery.state = DeliveryState.FAILED
            delivery.error_code = code
            if code == OPTED_OUT_CODE:
                _follow_carrier_opt_out(session, delivery)
        case Retryable(code):
            _try_again(delivery, code)
        case Unanswered(code):
            delivery.state = DeliveryState.UNKNOWN
            delivery.error_code = code
            delivery.next_attempt_at = now()


def _try_again(delivery: Delivery, code: str) -> None:
    delivery.error_code = code
    delay = retry_delay(delivery.attempts)
    if delay is None:
        delivery.state = DeliveryState.FAILED
    else:
        delivery.state = DeliveryState.PENDING
        delivery.next_attempt_at = now() + delay


def _follow_carrier_opt_out(session: Session, delivery: Delivery) -> None:
    """Record an opt-out that the carrier reported, so that both lists agree."""
    conversation = delivery.conversation
    if conversation.patient_address:
        record_consent(session, conversation.practice, conversation.patient_address, opted_out=True)


def _provider_ids(session: Session, delivery: Delivery) -> frozenset[str]:
    query = (
        select(Delivery.provider_id)
        .join(Conversation)
        .where(
            conversations_of(delivery.conversation.practice, delivery.conversation.patient_address or ""),
            Delivery.provider_id.is_not(None),
        )
    )
    return frozenset(value for value in session.scalars(query) if value)
