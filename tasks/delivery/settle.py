"""Asking the carrier what became of a reply: its status once sent, and whether it has it after an unanswered send."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta
from typing import TYPE_CHECKING

import structlog
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from inbox.contact.chat_contact import reply_address
from inbox.models import Conversation, Delivery, DeliveryState, now
from inbox.patients.conversations import conversations_of
from intake.vocabulary import Medium
from tasks.carriers.protocol import CarrierUnreachableError, MessageList, OutgoingMessage, ProviderStatus
from tasks.delivery.locks import lock_conversations_of
from tasks.delivery.outbox import outgoing_message, try_again
from tasks.delivery.search import Miss, Searches, Verdict, decide_next, find_reach, find_text
from tasks.delivery.states import IN_FLIGHT
from tasks.delivery.status import apply_provider_status, follow_up
from tasks.queues.queue import AfterCommit

if TYPE_CHECKING:
    from tasks.context import Context

log = structlog.get_logger(__name__)

KEPT_BY_THE_CARRIER = timedelta(days=365)  # Twilio keeps the records of messages for 13 months
MOST_CONFIRMED = 20


def settle(context: Context, delivery_id: int) -> AfterCommit:
    """Ask the carrier what became of a delivery that is sent or whose send was not answered."""
    with context.database.read() as session:
        delivery = session.get(Delivery, delivery_id)
        if delivery is None or delivery.sending_at is None:
            return AfterCommit()
        text = outgoing_message(session, delivery, context.practices)
    if delivery.state == DeliveryState.SENT and delivery.provider_id:
        return _check_status(context, delivery, delivery.provider_id)
    # a job may be left over from an earlier attempt
    is_over = now() - text.sending_at >= timedelta(seconds=context.settings.settle_after_seconds)
    if delivery.state in IN_FLIGHT and is_over:
        return _search(context, delivery, text)
    return AfterCommit()


def _check_status(context: Context, known: Delivery, provider_id: str) -> AfterCommit:
    try:
        status = context.senders[Medium(known.medium)].look_up(provider_id)
    except CarrierUnreachableError as error:
        log.warning("carrier_unreachable", delivery_id=known.id, error=str(error))
        return AfterCommit()
    if status is None:
        return AfterCommit()
    with context.database.write() as session:
        lock_conversations_of(session, [known.id])
        delivery = session.get_one(Delivery, known.id, with_for_update=True)
        before = delivery.state
        apply_provider_status(delivery, status)
        log.info("delivery_settled", delivery_id=delivery.id, state=delivery.state)
        return follow_up(session, delivery, before, context.practices)


def _search(context: Context, known: Delivery, text: OutgoingMessage) -> AfterCommit:
    """Search the carrier's list for a text whose send was not answered, before it may be sent again."""
    listed: MessageList | None = None
    is_reachable = True
    age = now() - text.sending_at
    try:
        listed = context.senders[Medium(known.medium)].list_messages(text, find_reach(age))
    except CarrierUnreachableError as error:
        log.warning("carrier_unreachable", delivery_id=known.id, error=str(error))
        is_reachable = False
    try:
        with context.database.write() as session:
            lock_conversations_of(session, [known.id])
            delivery = session.get_one(Delivery, known.id, with_for_update=True)
            if not _is_unchanged(delivery, known):
                return AfterCommit()  # a callback or another worker got there first
            if listed is None and is_reachable:
                delivery.state = DeliveryState.UNCONFIRMED  # this carrier keeps no list
            else:
                _apply_search(session, delivery, text, listed, age)
            log.info("delivery_settled", delivery_id=delivery.id, state=delivery.state, searches=delivery.searches)
            return follow_up(session, delivery, known.state, context.practices)
    except IntegrityError:
        log.info("text_claimed_elsewhere", delivery_id=known.id)  # by a twin's search; the next one will see that
        return AfterCommit()


def _is_unchanged(delivery: Delivery, known: Delivery) -> bool:
    return (delivery.state, delivery.sending_at, delivery.searches) == (known.state, known.sending_at, known.searches)


def _apply_search(
    session: Session, delivery: Delivery, text: OutgoingMessage, listed: MessageList | None, age: timedelta
) -> None:
    found = Miss.UNREACHABLE if listed is None else _find(session, delivery, text, listed, age)
    if isinstance(found, ProviderStatus):
        apply_provider_status(delivery, found)
        session.flush()  # fails here if another delivery has claimed the text
        return
    step = decide_next(found, Searches(delivery.searches, delivery.searched_at), listed.at if listed else None, age)
    delivery.searches, delivery.searched_at = step.searches.count, step.searches.last_at
    delivery.next_attempt_at = now() + step.wait
    if step.verdict is Verdict.SEND_AGAIN:
        try_again(delivery, delivery.error_code or "never arrived")
    elif step.verdict is Verdict.UNCONFIRMED:
        delivery.state = DeliveryState.UNCONFIRMED


def _find(
    session: Session, delivery: Delivery, text: OutgoingMessage, listed: MessageList, age: timedelta
) -> ProviderStatus | Miss:
    provider_ids = [message.status.provider_id for message in listed.messages]
    claimed = session.scalars(select(Delivery.provider_id).where(Delivery.provider_id.in_(provider_ids)))
    known = frozenset(provider_id for provider_id in claimed if provider_id)
    others, confirmed = _other_bodies(session, delivery), _confirmed_texts(session, delivery, text)
    return find_text(text, listed, age, known, others, confirmed)


def _confirmed_texts(session: Session, delivery: Delivery, text: OutgoingMessage) -> Collection[str]:
    """Return the newest texts from this sender to this patient that the carrier has, and still keeps a record of."""
    query = (
        select(Delivery.provider_id)
        .join(Conversation)
        .where(
            conversations_of(delivery.conversation.practice, reply_address(delivery.conversation, delivery.medium)),
            Delivery.medium == delivery.medium,
            Delivery.sender == text.sender,
            Delivery.id != delivery.id,
            Delivery.provider_id.is_not(None),
            Delivery.created_at > text.sending_at - KEPT_BY_THE_CARRIER,
        )
        .order_by(Delivery.id.desc())
        .limit(MOST_CONFIRMED)
    )
    return frozenset(filter(None, session.scalars(query)))


def _other_bodies(session: Session, delivery: Delivery) -> Collection[str]:
    """Return the bodies of other texts to this patient that were attempted and have no provider ID."""
    query = (
        select(Delivery.body)
        .join(Conversation)
        .where(
            conversations_of(delivery.conversation.practice, reply_address(delivery.conversation, delivery.medium)),
            Delivery.id != delivery.id,
            Delivery.provider_id.is_(None),
            Delivery.sending_at.is_not(None),
        )
    )
    return session.scalars(query).all()
