"""Applying the carrier's status reports, which move a delivery forward and never back."""

from __future__ import annotations

from typing import Any

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import flag_modified

from inbox.contact.chat_contact import reply_address
from inbox.contact.consent import opted_in_since, record_consent
from inbox.conversations.state import bring_back, note_answer
from inbox.incoming.chat import CHAT_COPIES
from inbox.models import (
    UNDELIVERED,
    Conversation,
    ConversationState,
    Delivery,
    DeliveryState,
    Message,
    Notification,
    SightingKind,
    now,
)
from inbox.practices.setup_facts import note_sighting
from inbox.storage.database import Database
from intake.practices import Practice, Practices
from intake.vocabulary import (
    SENT_IN_EMERGENCIES,
    SETUP_TEXT,
    TO_STAFF,
    Medium,
    NotificationReason,
    Priority,
    Route,
    Team,
    TriageLevel,
)
from tasks.carriers.protocol import ProviderStatus
from tasks.delivery.locks import lock_conversations_of
from tasks.delivery.states import FINAL, FIRST_STATUS_CHECK, advance, state_for_status
from tasks.metrics import of_delivery
from tasks.notification.models import add_notifications, tickets_for
from tasks.pubsub import topics_of
from tasks.queues.queue import AfterCommit
from tasks.routing.decide import is_answer
from tasks.routing.table import team_and_priority

log = structlog.get_logger(__name__)

OPTED_OUT_CODE = "21610"
_REASONS = {
    DeliveryState.FAILED: NotificationReason.UNDELIVERED,
    DeliveryState.UNCONFIRMED: NotificationReason.UNCONFIRMED,
}
LANDLINE, UNSAFE, FICTIONAL = "landline", "unsafe", "sample"  # why a reply was not sent
LATE_AFTER = 4  # attempts, which take about half a minute
_OUT = (DeliveryState.SENT, DeliveryState.DELIVERED)
_CANNOT_WAIT = (TriageLevel.EMERGENCY, TriageLevel.SAME_DAY)
_BROUGHT_BACK = "brought_back"


def record_status(
    database: Database, practices: Practices, delivery_id: int | None, provider_status: ProviderStatus
) -> AfterCommit | None:
    """Apply a status callback, if it moves the delivery forward.

    Args:
        database: the database with the deliveries.
        practices: the practices, whose staff are notified of failures.
        delivery_id: the delivery named in the callback's URL, if any.
        provider_status: the carrier's report.

    Returns:
        None if no delivery matches.
    """
    with database.write() as session:
        of_report = Delivery.provider_id == provider_status.provider_id
        found = session.scalar(select(Delivery.id).where(of_report))
        lock_conversations_of(session, [found or delivery_id or 0])
        delivery = session.scalar(select(Delivery).where(of_report).with_for_update())
        if delivery is None and delivery_id is not None:
            named = session.get(Delivery, delivery_id, with_for_update=True)
            # a callback can arrive before the answer to the send request is stored, or after the text was given up
            # as lost; either way, the text must not be sent again
            if named is not None and named.provider_id is None and named.sending_at and named.state not in FINAL:
                delivery = named
        if delivery is None:
            return None
        before = delivery.state
        apply_provider_status(delivery, provider_status)
        if delivery.state != before and delivery.medium == Medium.SMS:
            note_sighting(session, delivery.conversation.practice, SightingKind.STATUS_CALLBACK, now())
        log.info("delivery_status", delivery_id=delivery.id, state=delivery.state)
        return follow_up(session, delivery, before, practices)


def record_taken(database: Database, chat_id: int, up_to: int) -> AfterCommit:
    """Mark the replies of a chat as delivered that the visitor's page says it has.

    Args:
        database: the database.
        chat_id: the conversation.
        up_to: the number of the last entry that the page has.
    """
    untaken = (
        Delivery.conversation_id == chat_id,
        Delivery.entry <= up_to,
        Delivery.medium == Medium.CHAT,
        Delivery.state == DeliveryState.SENT,
    )
    with database.read() as session:
        if session.scalar(select(Delivery.id).where(*untaken).limit(1)) is None:
            return AfterCommit()
    after_commit = AfterCommit()
    with database.write() as session:
        for delivery in session.scalars(select(Delivery).where(*untaken).with_for_update()).all():
            delivery.state = DeliveryState.DELIVERED
            flag_modified(delivery, "updated_at")  # the chat goes on showing when it was written there
            session.flush()
            conversation = delivery.conversation
            after_commit |= AfterCommit(
                topics=topics_of(conversation.id, conversation.practice),
                measures=of_delivery(delivery, DeliveryState.SENT, now()),
            )
    return after_commit


def apply_provider_status(delivery: Delivery, provider_status: ProviderStatus) -> None:
    """Apply a carrier's report to a delivery, unless the delivery is already past that state."""
    reported = state_for_status(provider_status.status) or DeliveryState.SENT  # an unknown one is with the carrier too
    delivery.provider_id = delivery.provider_id or provider_status.provider_id
    state = advance(DeliveryState(delivery.state), reported)
    if state == DeliveryState.SENT:
        mark_sent(delivery)
    elif state != delivery.state:
        delivery.state = state
        delivery.error_code = provider_status.error_code


def mark_sent(delivery: Delivery) -> None:
    """Mark a delivery as sent and schedule a status check in case no callback arrives."""
    if delivery.state != DeliveryState.SENT:
        delivery.state = DeliveryState.SENT
        delivery.error_code = None
        delivery.next_attempt_at = now() + FIRST_STATUS_CHECK


def follow_up(session: Session, delivery: Delivery, before: str, practices: Practices) -> AfterCommit:
    """Return the follow-up to a delivery's new state: watchers refresh, and staff learn of a failure.

    An opt-out that the carrier knows of is kept, whether it came with the answer to the send or in a later report.

    Args:
        session: the transaction that changed the delivery.
        delivery: the delivery in its new state.
        before: its previous state.
        practices: the practices, whose staff are notified.
    """
    if delivery.state == before:
        return AfterCommit()
    if delivery.state == DeliveryState.FAILED and delivery.error_code == OPTED_OUT_CODE:
        _follow_carrier_opt_out(session, delivery)
    conversation = delivery.conversation
    topics = AfterCommit(
        topics=topics_of(conversation.id, conversation.practice), measures=of_delivery(delivery, before, now())
    )
    if delivery.reply in (*CHAT_COPIES.values(), TO_STAFF, SETUP_TEXT):
        return topics  # the visitor has read it all in the chat, and a colleague waits for nothing
    by_staff = delivery.message_id is None
    if delivery.state in UNDELIVERED and (by_staff or is_answer(delivery.reply)):
        bring_back(conversation, None if _was_answered_since(session, delivery) else delivery.answered)
    elif by_staff and delivery.answered:
        _note_delay(session, conversation, delivery, delivery.answered)
    return topics if by_staff else topics | _tell_staff_of_failure(session, delivery, practices)


def _follow_carrier_opt_out(session: Session, delivery: Delivery) -> None:
    """Record an opt-out that the carrier reported, so that both lists agree, unless the patient opted in since."""
    conversation = delivery.conversation
    address = reply_address(conversation, delivery.medium)
    began_at = delivery.sending_at or delivery.created_at
    if address and not opted_in_since(session, conversation.practice, address, began_at):
        record_consent(session, conversation.practice, address, opted_out=True)


def _was_answered_since(session: Session, delivery: Delivery) -> bool:
    """Return whether a later reply by staff went out."""
    later = (
        Delivery.conversation_id == delivery.conversation_id,
        Delivery.message_id.is_(None),
        Delivery.id > delivery.id,
        Delivery.state.in_(_OUT),
    )
    return session.scalar(select(Delivery.id).where(*later).limit(1)) is not None


def _note_delay(session: Session, conversation: Conversation, delivery: Delivery, answered: dict[str, Any]) -> None:
    """Let an emergency or a same-day message be one again while its answer is late, and until that goes out."""
    if delivery.state == DeliveryState.PENDING and delivery.attempts == LATE_AFTER:
        if answered.get("triage") in _CANNOT_WAIT and not _was_answered_since(session, delivery):
            bring_back(conversation, answered)
            delivery.answered = {**answered, _BROUGHT_BACK: [conversation.team, conversation.assigned_to]}
    elif delivery.state in _OUT and answered.get(_BROUGHT_BACK) == [conversation.team, conversation.assigned_to]:
        newest = session.get(Message, conversation.last_message_id or 0)
        has_news = newest is not None and newest.received_at > delivery.created_at
        if conversation.state == ConversationState.OPEN and not has_news:
            note_answer(conversation, ConversationState.WAITING, conversation.last_message_id)
            delivery.answered = {name: value for name, value in answered.items() if name != _BROUGHT_BACK}


def _tell_staff_of_failure(session: Session, delivery: Delivery, practices: Practices) -> AfterCommit:
    """Notify staff that an automatic reply did not reach the patient, or may not have, unless the patient opted out.

    An opt-out is the patient's own wish, but whoever sent an emergency believes that somebody reads it: on-call is told
    that nobody told them anything, even if they know of the emergency.
    """
    practice = practices.by_slug(delivery.conversation.practice)
    message = session.get(Message, delivery.message_id)
    if practice is None or message is None:
        return AfterCommit()
    if _is_unanswered_emergency(delivery):
        return _tell_on_call(session, delivery, message, practice)
    is_landline = delivery.state == DeliveryState.SUPPRESSED and delivery.error_code == LANDLINE
    reason = NotificationReason.LANDLINE if is_landline else _REASONS.get(DeliveryState(delivery.state))
    if reason is None or delivery.error_code == OPTED_OUT_CODE or _was_told(session, message, reason):
        return AfterCommit()
    rows = add_notifications(
        session,
        message,
        practice,
        team=Team.FRONT_DESK,
        priority=Priority.HIGH,
        reason=reason,
    )
    return AfterCommit(notifications=tickets_for(rows))


def _is_unanswered_emergency(delivery: Delivery) -> bool:
    """Return whether it is settled that the words for an emergency never reached the patient."""
    is_stopped = delivery.state == DeliveryState.SUPPRESSED and delivery.error_code != FICTIONAL
    is_lost = is_stopped or delivery.state == DeliveryState.FAILED
    return is_lost and delivery.reply in SENT_IN_EMERGENCIES


def _tell_on_call(session: Session, delivery: Delivery, message: Message, practice: Practice) -> AfterCommit:
    """Page on-call that an emergency stays unanswered; that they know of the emergency does not keep it from them."""
    is_unsafe = delivery.error_code == UNSAFE
    reason = NotificationReason.UNANSWERED_UNSAFE if is_unsafe else NotificationReason.UNANSWERED_EMERGENCY
    if _was_told_since(session, message, reason):
        return AfterCommit()
    session.get_one(Conversation, message.conversation_id, with_for_update=True)
    team, priority = team_and_priority(Route.URGENT, practice)
    rows = add_notifications(session, message, practice, team=team, priority=priority, reason=reason, regardless=True)
    return AfterCommit(notifications=tickets_for(rows))


def _was_told_since(session: Session, message: Message, reason: NotificationReason) -> bool:
    """Return whether staff read so of this emergency, or of one that followed in the same conversation."""
    query = (
        select(Notification.id)
        .join(Notification.message)
        .where(Message.conversation_id == message.conversation_id, Message.id >= message.id)
    )
    return session.scalar(query.where(Notification.reason == reason).limit(1)) is not None


def _was_told(session: Session, message: Message, reason: NotificationReason) -> bool:
    query = select(Notification.id).where(Notification.message_id == message.id, Notification.reason == reason)
    return session.scalar(query.limit(1)) is not None
