"""Replies in the outbox: adding one, claiming one for sending, and storing the outcome."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session, contains_eager

from inbox.audit.trail import record_action
from inbox.backup.restored import was_received_before_backup
from inbox.contact.chat_contact import reply_address
from inbox.contact.consent import is_opted_out, is_opted_out_for_sure
from inbox.contact.unsafe_contact import flag_against, silences_robot
from inbox.conversations.member_notices import call_about_held, pending_mail
from inbox.conversations.state import note_answer, unanswered_of
from inbox.conversations.written_since import find_news
from inbox.incoming.chat import CHAT_COPIES, next_entry
from inbox.models import Conversation, ConversationState, Delivery, DeliveryState, LineType, Message, now
from inbox.search.index import add_to_index, index_key
from inbox.storage.database import MISSING_KEY
from inbox.storage.key_registry import lacks_keys
from intake.practices import Practices
from intake.vocabulary import (
    EMERGENCY_REPLIES,
    KEYWORD_REPLIES,
    REPLIES,
    SAMPLE,
    SENT_IN_EMERGENCIES,
    TO_STAFF,
    Channel,
    Medium,
    ReplyName,
)
from tasks.carriers.backoff import retry_delay
from tasks.carriers.protocol import (
    Accepted,
    NotSent,
    Outcome,
    OutgoingMessage,
    Postponed,
    Refused,
    Retryable,
    Unanswered,
)
from tasks.delivery.chat_copy import copy_mail
from tasks.delivery.locks import lock_conversations_of
from tasks.delivery.reply_files import outgoing_files
from tasks.delivery.states import IN_FLIGHT
from tasks.delivery.status import FICTIONAL, LANDLINE, UNSAFE, follow_up, mark_sent
from tasks.metrics import of_delivery
from tasks.notification.alarms import open_alarms
from tasks.notification.quiet_hours import after_quiet_hours
from tasks.pubsub import topics_of
from tasks.queues.due import NO_HOLD, is_planned_due
from tasks.queues.queue import AfterCommit, Ticket

if TYPE_CHECKING:
    from tasks.context import Context

log = structlog.get_logger(__name__)

HOLD = timedelta(seconds=30)
# Why a reply was not sent; others are in `tasks.delivery.status`.
OPTED_OUT, STAFF_TOOK_OVER, OWN_NUMBER = "opted out", "staff took over", "own number"
WRITTEN_SINCE = "written since"
_CONFIRMATIONS = tuple(reply for reply in REPLIES if reply.name is ReplyName.OPT_OUT)
# What goes out also where staff have taken over: what the patient asked for, what to do in an emergency, and the last
# word to a wrong number, after which automatic replies are off.
_SENT_BESIDE_STAFF = (
    *(reply for reply in REPLIES if reply.name in (*KEYWORD_REPLIES, *EMERGENCY_REPLIES, ReplyName.WRONG_NUMBER)),
    *CHAT_COPIES.values(),
    TO_STAFF,
)
_LOCKED = (
    select(Delivery)
    .join(Delivery.conversation)
    .outerjoin(Delivery.message)
    .where(Delivery.id == bindparam("id"))
    .options(contains_eager(Delivery.conversation), contains_eager(Delivery.message))
    .with_for_update(of=Delivery)
    .execution_options(populate_existing=True)
)
# Built once, as building a statement takes longer than running it.
_MOMENT = bindparam("moment", type_=Delivery.sending_at.type)
_CLAIM = (
    update(Delivery)
    .where(
        Delivery.id == bindparam("claimed"),
        Delivery.state == DeliveryState.PENDING,
        is_planned_due(Delivery.next_attempt_at, Delivery.attempts, Delivery.created_at, _MOMENT),
    )
    .values(
        state=DeliveryState.SENDING,
        attempts=Delivery.attempts + 1,
        sending_at=_MOMENT,
        searches=0,
        searched_at=None,
        error_code=None,
    )
)


def add_delivery(session: Session, delivery: Delivery, *, hold: timedelta = NO_HOLD) -> AfterCommit:
    """Add a reply to the outbox.

    A chat reply counts as sent at once, because browsers read it from there, and as delivered once one has. A chat also
    shows that a reply went out in another way.

    Args:
        session: an open write transaction.
        delivery: the reply.
        hold: how long it can still be undone, so that nobody sees it before.
    """
    is_chat = delivery.medium == Medium.CHAT
    shown = is_chat and not hold
    conversation = delivery.conversation or session.get_one(Conversation, delivery.conversation_id)
    if hold:
        delivery.next_attempt_at = now() + hold
    elif conversation.channel == Channel.CHAT:
        delivery.entry = next_entry(session, delivery.conversation_id)
    if shown:
        delivery.state = DeliveryState.SENT
    is_by_staff = delivery.message is None and delivery.message_id is None
    delivery.indexed_with = index_key(session) if is_by_staff else None
    session.add(delivery)
    session.flush()
    add_to_index(session, delivery)
    message = delivery.message
    if not is_chat and message is not None and was_received_before_backup(session, message):
        # it may have been answered before the backup was restored, so the carrier is asked first
        delivery.state, delivery.sending_at = DeliveryState.UNKNOWN, message.received_at
    topics = topics_of(delivery.conversation_id, delivery.conversation.practice)
    if hold and delivery.state == DeliveryState.PENDING:
        ticket = Ticket("deliver", delivery.id, not_before=delivery.next_attempt_at)
        return AfterCommit(later=(ticket,), topics=topics)
    if not shown:
        return AfterCommit(deliveries=(delivery.id,), topics=topics)
    return AfterCommit(topics=topics, measures=of_delivery(delivery, DeliveryState.PENDING, now()))


def store_outcome(context: Context, session: Session, delivery_id: int, outcome: Outcome) -> AfterCommit:
    """Record what became of a claimed delivery.

    Raises:
        IntegrityError: the search of an identical text has claimed this one; the delivery is searched for in turn.
    """
    lock_conversations_of(session, [delivery_id])
    delivery = _lock_delivery(session, delivery_id)
    before = delivery.state
    _write_outcome(delivery, outcome)
    session.flush()
    log.info("delivery", delivery_id=delivery_id, state=delivery.state, error_code=delivery.error_code)
    return follow_up(session, delivery, before, context.practices)


def claim_delivery(
    context: Context, session: Session, delivery_id: int
) -> tuple[Medium, OutgoingMessage] | AfterCommit:
    """Claim a due delivery for this worker, or suppress it if it must not be sent, or hold it until staff decide."""
    moment = now()
    if lacks_keys(session):
        return _hold(session, delivery_id, moment)
    session.flush()
    # on the connection, as the session would take an update with values for one of many rows by their ids
    claimed = session.connection().execute(_CLAIM, {"claimed": delivery_id, "moment": moment})
    if not claimed.rowcount:
        return AfterCommit()
    delivery = _lock_delivery(session, delivery_id)
    reason = _why_held(session, delivery, context.practices)
    if reason is None and delivery.scheduled_for is not None and find_news(session, delivery.conversation, [delivery]):
        return _hold_for_staff(session, delivery, context.practices)
    is_chat = delivery.medium == Medium.CHAT
    is_new_in_chat = delivery.conversation.channel == Channel.CHAT and delivery.entry is None
    if is_new_in_chat and (reason is None or not is_chat):  # until now, it could be undone
        delivery.entry = next_entry(session, delivery.conversation_id)
    if is_chat and reason is None:
        delivery.state, delivery.sending_at = DeliveryState.SENT, None
        return follow_up(session, delivery, DeliveryState.PENDING, context.practices)
    later = _quiet_until(delivery, context.practices, moment)
    if reason is None and later is not None:
        delivery.state, delivery.next_attempt_at = DeliveryState.PENDING, later
        delivery.attempts, delivery.sending_at = delivery.attempts - 1, None
        return AfterCommit()
    if reason is None:
        practice = context.practices.by_slug(delivery.conversation.practice)
        if delivery.scheduled_for is not None:  # written long ago perhaps, so that it would be deleted at once
            delivery.conversation.last_activity_at = moment
            _note_scheduled_answer(session, delivery, moment)
        is_tied = delivery.message_id is not None and delivery.medium != Medium.EMAIL  # a text's answer to its number
        if practice is not None and not is_tied:
            delivery.sender = practice.sends_from(delivery.sender)  # which may have been retired since it was written
        text = outgoing_message(session, delivery, context.practices)
        return Medium(delivery.medium), replace(text, files=outgoing_files(context, session, delivery))
    delivery.state, delivery.error_code = DeliveryState.SUPPRESSED, reason
    log.info("delivery_suppressed", delivery_id=delivery_id, reason=reason)
    return follow_up(session, delivery, DeliveryState.SENDING, context.practices)


def _lock_delivery(session: Session, delivery_id: int) -> Delivery:
    """Return a delivery with its conversation and message, locked until the transaction ends."""
    return session.scalars(_LOCKED, {"id": delivery_id}).one()


def _hold(session: Session, delivery_id: int, moment: datetime) -> AfterCommit:
    """Leave a delivery pending because this process cannot tell whether the patient opted out."""
    due = (Delivery.id == delivery_id, Delivery.state == DeliveryState.PENDING, Delivery.next_attempt_at <= moment)
    session.execute(update(Delivery).where(*due).values(next_attempt_at=moment + HOLD))
    log.error("delivery_held", delivery_id=delivery_id, reason=MISSING_KEY)
    return AfterCommit()


def _hold_for_staff(session: Session, delivery: Delivery, practices: Practices) -> AfterCommit:
    """Hold a scheduled message since which the patient has written, and tell whom it concerns."""
    conversation = delivery.conversation
    delivery.state, delivery.error_code = DeliveryState.HELD, WRITTEN_SINCE
    if delivery.attempts == 1:  # else the carrier may still report on an earlier attempt
        delivery.sending_at = None
    delivery.attempts = 0
    log.info("delivery_held", delivery_id=delivery.id, reason=WRITTEN_SINCE)
    call_about_held(session, conversation, delivery)
    after_commit = follow_up(session, delivery, DeliveryState.PENDING, practices)
    mail = tuple(Ticket("mail_notice", row_id) for row_id in pending_mail(session, [conversation.id], now()))
    record_action(
        session,
        staff_id=None,
        practice=conversation.practice,
        action="schedule_held",
        subject=f"conversation:{conversation.id}",
        delivery=delivery.id,
    )
    return after_commit | AfterCommit(later=mail)


def _why_held(session: Session, delivery: Delivery, practices: Practices) -> str | None:
    """Return why a reply must no longer be sent, None if it may be sent."""
    conversation = delivery.conversation
    newest = delivery.message or session.get(Message, conversation.last_message_id or 0)
    if newest is not None and newest.provider == SAMPLE:
        return FICTIONAL
    if _is_unsafe(session, delivery):
        return UNSAFE
    if delivery.reply not in _CONFIRMATIONS and _is_out(session, delivery):
        return OPTED_OUT
    if delivery.medium == Medium.SMS and conversation.line_type == LineType.LANDLINE:
        return LANDLINE
    if delivery.medium == Medium.SMS and delivery.message_id is not None and practices.is_own(_recipient(delivery)):
        return OWN_NUMBER
    automatic = delivery.message_id is not None and delivery.reply not in _SENT_BESIDE_STAFF
    return STAFF_TOOK_OVER if automatic and conversation.staff_took_over_at is not None else None


def _is_unsafe(session: Session, delivery: Delivery) -> bool:
    """Return whether it is not safe to send a reply, unless staff wrote it knowing that."""
    conversation, medium = delivery.conversation, Medium(delivery.medium)
    if delivery.message_id is not None:
        return silences_robot(session, conversation, medium, now()) is not None
    flag = flag_against(session, conversation, medium)
    return flag is not None and delivery.created_at < flag.since


def _is_out(session: Session, delivery: Delivery) -> bool:
    """Return whether the patient wants no such text; what to do in an emergency, none only if that is certain."""
    conversation = delivery.conversation
    out = is_opted_out_for_sure if delivery.reply in SENT_IN_EMERGENCIES else is_opted_out
    return out(session, conversation.practice, reply_address(conversation, delivery.medium))


def _quiet_until(delivery: Delivery, practices: Practices, moment: datetime) -> datetime | None:
    """Return when a scheduled text that comes late may be sent, None if it may be sent now."""
    practice = practices.by_slug(delivery.conversation.practice)
    if delivery.scheduled_for is None or delivery.medium != Medium.SMS or practice is None:
        return None
    local = moment.astimezone(ZoneInfo(practice.time_zone))
    later = after_quiet_hours(practice.patient_quiet_hours, local)
    return later if later > local else None


def _note_scheduled_answer(session: Session, delivery: Delivery, moment: datetime) -> None:
    """Count a reply that waited for its time as the answer, now that it goes out, unless something came in between."""
    conversation = delivery.conversation
    newest = session.get(Message, conversation.last_message_id or 0)
    has_news = newest is not None and newest.received_at > delivery.created_at
    is_as_before = delivery.answered == unanswered_of(conversation) and conversation.state == ConversationState.OPEN
    if delivery.answered is None or has_news or not is_as_before or open_alarms(session, conversation.id):
        return
    conversation.staff_took_over_at = conversation.staff_took_over_at or moment
    note_answer(conversation, ConversationState.WAITING, conversation.last_message_id)


def outgoing_message(session: Session, delivery: Delivery, practices: Practices) -> OutgoingMessage:
    """Return a claimed delivery as the message to send."""
    assert delivery.sending_at is not None  # noqa: S101 (set by the claim)
    message, practice = _answered(session, delivery), practices.by_slug(delivery.conversation.practice)
    copied = copy_mail(session, delivery, practice) if delivery.reply in CHAT_COPIES.values() else None
    return OutgoingMessage(
        delivery_id=delivery.id,
        to=_recipient(delivery),
        sender=delivery.sender,
        body=copied.body if copied else delivery.body,
        sending_at=delivery.sending_at,
        from_name=practice.sender_name if practice else "",
        subject=copied.subject if copied else (message and message.subject) or "",
        is_answer=copied is None,
        in_reply_to=message.sender_message_id if message else None,
        automatic=delivery.message_id is not None,
    )


def _recipient(delivery: Delivery) -> str:
    """Return the address; of an email whose sender is doubted, staff alone may answer the address that it gave."""
    conversation = delivery.conversation
    by_hand = delivery.message_id is None and delivery.staff_id is not None
    given = conversation.contact_email if by_hand and conversation.channel == Channel.EMAIL else None
    return reply_address(conversation, delivery.medium) or given or ""


def _answered(session: Session, delivery: Delivery) -> Message | None:
    """Return the message that a reply answers; a staff reply answers the latest message before it."""
    if delivery.message_id is not None:
        return delivery.message
    earlier = (Message.conversation_id == delivery.conversation_id, Message.received_at <= delivery.created_at)
    return session.scalars(select(Message).where(*earlier).order_by(Message.id.desc()).limit(1)).first()


def _write_outcome(delivery: Delivery, outcome: Outcome) -> None:
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
        case Retryable(code):
            try_again(delivery, code)
        case Postponed(wait):
            delivery.state = DeliveryState.PENDING
            delivery.attempts -= 1
            delivery.next_attempt_at = now() + wait
        case Unanswered(code):
            delivery.state = DeliveryState.UNKNOWN
            delivery.error_code = code
            delivery.next_attempt_at = now()


def try_again(delivery: Delivery, code: str) -> None:
    """Schedule another attempt, or fail the delivery after too many."""
    delivery.error_code = code
    delay = retry_delay(delivery.attempts)
    if delay is None:
        delivery.state = DeliveryState.FAILED
    else:
        delivery.state = DeliveryState.PENDING
        delivery.next_attempt_at = now() + delay
