"""Working the outbox: claim a row, hand it over, write down what came of it; and settle what stayed open."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from inbox.chat import next_entry
from inbox.consent import is_opted_out, record_consent
from inbox.models import Conversation, Delivery, DeliveryState, Medium, Notification, NotificationState, now
from inbox.patients import conversations_of
from intake.practices import Practices
from tasks.carrier import (
    Accepted,
    Busy,
    CarrierUnreachableError,
    Outcome,
    OutgoingText,
    Printed,
    Refused,
    Unanswered,
)
from tasks.delivery import IN_FLIGHT, retry_delay
from tasks.notices import Notice, targets_for
from tasks.queue import FollowUps
from tasks.routing import OPT_OUT
from tasks.status import OPTED_OUT_CODE, mark_sent, tell_staff_of_failure, write_sighting

if TYPE_CHECKING:
    from tasks.context import Context

log = structlog.get_logger(__name__)


def add_delivery(session: Session, delivery: Delivery) -> FollowUps:
    """Adds a reply to the outbox; one in a chat is shown at once, as its patient's browser reads it from here."""
    shown = delivery.medium == Medium.CHAT
    if shown:
        delivery.entry = next_entry(session, delivery.conversation_id)
        delivery.state = DeliveryState.DELIVERED
    session.add(delivery)
    session.flush()
    return FollowUps(chats=(delivery.conversation_id,)) if shown else FollowUps(deliveries=(delivery.id,))


def deliver(context: Context, delivery_id: int) -> FollowUps:
    """Sends a pending delivery once; any other delivery is left alone."""
    claimed = _claim(context, delivery_id)
    if claimed is None:
        return FollowUps()
    medium, text = claimed
    outcome = context.senders[medium].send(text)
    with context.database.write() as session:
        delivery = session.get_one(Delivery, delivery_id, with_for_update=True)
        _write_outcome(session, delivery, outcome)
        log.info("delivery", delivery_id=delivery_id, state=delivery.state, error_code=delivery.error_code)
        return tell_staff_of_failure(session, delivery, context.practices)


def settle(context: Context, delivery_id: int) -> FollowUps:
    """Finds out from the carrier what became of a delivery that was handed over.

    One whose hand-over was not answered is sent again only when the carrier's list does not have it.
    """
    with context.database.read() as session:
        delivery = session.get(Delivery, delivery_id)
        if delivery is None or delivery.sending_at is None:
            return FollowUps()
        text, state, attempt = _text(delivery, context.practices), delivery.state, delivery.sending_at
        sender = context.senders[Medium(delivery.medium)]
        provider_id = delivery.provider_id
        known = frozenset() if provider_id else _provider_ids(session, delivery)
    try:
        if state == DeliveryState.SENT and provider_id:
            sighting = sender.look_up(provider_id)
        elif state in IN_FLIGHT:
            sighting = sender.find(text, known)
        else:
            return FollowUps()
    except CarrierUnreachableError as error:
        log.warning("carrier_unreachable", delivery_id=delivery_id, error=str(error))
        return FollowUps()
    with context.database.write() as session:
        delivery = session.get_one(Delivery, delivery_id, with_for_update=True)
        if delivery.state != state or delivery.sending_at != attempt:
            return FollowUps()  # a callback or another worker was faster
        if sighting is not None:
            write_sighting(delivery, sighting)
        elif state in IN_FLIGHT:
            _try_again(delivery, delivery.error_code or "never arrived")
        log.info("delivery_settled", delivery_id=delivery_id, state=delivery.state)
        return tell_staff_of_failure(session, delivery, context.practices)


def notify(context: Context, notification_id: int) -> None:
    """Sends a pending notification; a repeated notice harms less than a lost one, so it may come twice."""
    with context.database.write() as session:
        claimed = session.execute(
            update(Notification)
            .where(Notification.id == notification_id, Notification.state == NotificationState.PENDING)
            .values(state=NotificationState.SENDING, attempts=Notification.attempts + 1)
        )
        if not claimed.rowcount:  # type: ignore[attr-defined]
            return
        row = session.get_one(Notification, notification_id)
        practice = context.practices.require(row.message.conversation.practice)
        notice = Notice(
            conversation_id=row.message.conversation_id,
            message_id=row.message_id,
            practice=practice.name,
            reason=row.reason,
            priority=row.priority,
            team=row.team,
        )
        address = targets_for(practice, row.team).get(row.target)
    taken = address is not None and context.notifier.notify(notice, address)
    with context.database.write() as session:
        row = session.get_one(Notification, notification_id)
        delay = retry_delay(row.attempts)
        if taken:
            row.state = NotificationState.SENT
        elif address is None or delay is None:
            row.state = NotificationState.FAILED
            log.error("notification_failed", notification_id=notification_id, team=row.team)
        else:
            row.state = NotificationState.PENDING
            row.next_attempt_at = now() + delay


def _claim(context: Context, delivery_id: int) -> tuple[Medium, OutgoingText] | None:
    """Takes a due delivery for this worker alone, unless its number is opted out."""
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
            return None
        delivery = session.get_one(Delivery, delivery_id, with_for_update=True)
        conversation = delivery.conversation
        opted_out = is_opted_out(session, conversation.practice, conversation.patient_address or "")
        if opted_out and delivery.reply != OPT_OUT:
            delivery.state = DeliveryState.SUPPRESSED
            log.info("delivery_suppressed", delivery_id=delivery_id)
            return None
        return Medium(delivery.medium), _text(delivery, context.practices)


def _text(delivery: Delivery, practices: Practices) -> OutgoingText:
    assert delivery.sending_at is not None  # noqa: S101 (set by the claim)
    message, practice = delivery.message, practices.by_slug(delivery.conversation.practice)
    return OutgoingText(
        delivery_id=delivery.id,
        to=delivery.conversation.patient_address or "",
        sender=delivery.sender,
        body=delivery.body,
        sending_at=delivery.sending_at,
        from_name=practice.name if practice else "",
        subject=(message and message.subject) or "",
        in_reply_to=message.sender_message_id if message else None,
    )


def _write_outcome(session: Session, delivery: Delivery, outcome: Outcome) -> None:
    match outcome:
        case Accepted(provider_id):
            # a callback may have moved it on already
            delivery.provider_id = delivery.provider_id or provider_id
            if delivery.state in IN_FLIGHT:
                mark_sent(delivery)
        case _ if delivery.state != DeliveryState.SENDING:
            return
        case Printed():
            delivery.state = DeliveryState.NOT_SENT
        case Refused(code):
            delivery.state = DeliveryState.FAILED
            delivery.error_code = code
            if code == OPTED_OUT_CODE:
                _follow_carrier_opt_out(session, delivery)
        case Busy(code):
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
    """The carrier knows of an opt-out that happened outside: keep the same record."""
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
