"""Messages that staff start from a patient's record: now, or scheduled. The outbox sends them like any reply."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from inbox.contact.quiet import may_others_see, may_others_see_address
from inbox.contact.text_only import inherit_text_only
from inbox.contact.text_permission import why_not_text
from inbox.contact.unsafe_contact import is_silenced, read_flag
from inbox.conversations.legal_hold import inherit_hold
from inbox.conversations.undo import standing_of
from inbox.conversations.written_since import find_news, is_undecided, newest_message
from inbox.models import Conversation, ConversationState, Delivery, DeliveryState, Patient, PatientAddress, Undo, now
from inbox.models.column_types import keyring
from inbox.patients.book import conversations_of_patient
from inbox.patients.conversations import conversations_of
from intake.practices import Practice
from intake.vocabulary import Channel, Language, Medium
from staff import display
from staff.conversations.conversation_queries import Reach, is_first_text, read_language
from staff.conversations.reply import (
    FORM_ID,
    REPLY,
    SEEN_BY_OTHERS,
    UNSAFE,
    check,
    outgoing,
    strip_first_words,
    take_over,
)
from staff.conversations.send_later import as_typed, quiet_until, read_time, why_quiet
from staff.conversations.text_wishes import why_untimely
from tasks.delivery.locks import lock_conversations_of
from tasks.delivery.outbox import add_delivery
from tasks.pubsub import topics_of
from tasks.queues.due import NO_HOLD
from tasks.queues.queue import AfterCommit, Ticket

NOT_WAITING = "This message is not waiting to be sent. Reload the page to see what became of it."
WROTE_SINCE = "The patient wrote after this message was scheduled. Open the conversation, read that, and decide there."


@dataclass(frozen=True, slots=True)
class MessageDraft:
    """A message as typed.

    Attributes:
        text: the text.
        form_id: the form's random id, by which repeats are recognized.
        address_id: the ID of the record's number or email address.
        send_at: the practice's local time, such as `2026-11-30T09:00`; empty for now.
        despite: whether the member sends it although it is not safe, or someone else may see it.
        untimely: whether they do at an hour at which the patient asked not to be written to.
    """

    text: str = field(repr=False)
    form_id: str
    address_id: int
    send_at: str
    despite: bool = False
    untimely: bool = False


@dataclass(frozen=True, slots=True)
class Outgoing:
    """What became of a draft: why it was refused and when it could be sent, or where it went.

    Attributes:
        problem: why it was refused; empty if it was not.
        next_time: when it could be sent, as a form has it.
        is_untimely: whether it was refused as the patient asked not to be written to at that hour.
        outside_hours: whether it goes out at such an hour all the same.
        although_unsafe: whether it goes out although it is not safe, or someone else may see it.
        after_commit: the jobs.
        delivery: the message in the outbox.
        before: how its conversation stood before.
        began: whether the conversation began with it.
        was_for: when it was scheduled for, if it waited.
    """

    problem: str = ""
    next_time: str = ""
    is_untimely: bool = False
    outside_hours: bool = False
    although_unsafe: bool = False
    after_commit: AfterCommit = field(default_factory=AfterCommit)
    delivery: Delivery | None = None
    before: dict[str, Any] = field(default_factory=dict)
    began: bool = False
    was_for: datetime | None = None


@dataclass(frozen=True, slots=True)
class Scheduled:
    """A message that waits for its time, or is held.

    Attributes:
        id: the message.
        conversation_id: its conversation.
        is_held: whether it is held, as the patient has written since.
        is_to_be_held: whether it will be, unless a member lets it go out.
        is_unsafe: whether the patient said that it is not safe to write there.
        is_seen: whether they did not, but someone else may see it there.
    """

    id: int
    conversation_id: int
    address: str = field(repr=False)
    shown_to: str = field(repr=False)
    text: str = field(repr=False)
    shown_at: str
    is_held: bool
    is_to_be_held: bool
    is_unsafe: bool
    is_seen: bool


def send_message(
    session: Session,
    patient: Patient,
    practice: Practice,
    staff_id: int,
    draft: MessageDraft,
    moment: datetime,
    hold: timedelta = NO_HOLD,
) -> Outgoing:
    """Put a message into the outbox; a refused one changes nothing.

    Args:
        session: an open write transaction.
        patient: the record, locked, so that a form that is sent twice is seen.
        practice: its practice.
        staff_id: the member who writes.
        draft: the message.
        moment: the current time.
        hold: how long it can still be undone if it is for now.
    """
    known = session.scalar(select(Delivery).where(Delivery.form_id == draft.form_id)) if draft.form_id else None
    if known is not None and known.conversation_id in conversations_of_patient(session, patient):
        return Outgoing()
    address = session.scalar(
        select(PatientAddress).where(PatientAddress.id == draft.address_id, PatientAddress.patient_id == patient.id)
    )
    if known is not None or not FORM_ID.fullmatch(draft.form_id):
        return Outgoing("This page is out of date. Try again.")
    if address is None:
        return Outgoing("Choose a number or email address of this record.")
    at, problem = read_time(draft.send_at, practice.time_zone, moment) if draft.send_at else (None, "")
    problem = (problem and f"{problem} Or leave it empty to send now.") or _why_unreachable(
        session, patient, practice, address
    )
    risk = _find_risk(session, address, moment)
    problem = problem or ("" if draft.despite else risk)
    if problem:
        return Outgoing(problem)
    later = quiet_until(practice, at or moment) if address.is_number else None
    if later is not None:
        return Outgoing(why_quiet(practice, later), next_time=as_typed(later))
    sent = _store_message(session, address, practice, staff_id, draft, at, hold)
    return sent if sent.problem else replace(sent, although_unsafe=bool(risk))


def _find_risk(session: Session, address: PatientAddress, moment: datetime) -> str:
    """Return what a member has to confirm before anything goes to an address; empty if nothing."""
    return UNSAFE if is_unsafe(session, address) else SEEN_BY_OTHERS if is_seen(session, address, moment) else ""


def is_seen(session: Session, address: PatientAddress, moment: datetime) -> bool:
    """Return whether someone else may see what is sent to an address."""
    return may_others_see_address(session, address.practice, address.patient_address, moment)


def is_unsafe(session: Session, address: PatientAddress) -> bool:
    """Return whether the patient said that it is not safe to write to or call an address."""
    return read_flag(session, address.practice, address.patient_address) is not None


def _why_unreachable(session: Session, patient: Patient, practice: Practice, address: PatientAddress) -> str:
    if not address.is_number:
        return "" if practice.email else "The practice has no address to email from."
    if practice.texts_from is None:
        return "The practice has no number to text from."
    return why_not_text(session, patient.practice, address.patient_address, [patient])


def _store_message(
    session: Session,
    address: PatientAddress,
    practice: Practice,
    staff_id: int,
    draft: MessageDraft,
    at: datetime | None,
    hold: timedelta,
) -> Outgoing:
    medium = Medium.SMS if address.is_number else Medium.EMAIL
    sender = (practice.texts_from if address.is_number else practice.email) or ""
    conversation = _find_conversation(session, practice.slug, address, medium)
    is_first = address.is_number and (conversation is None or is_first_text(session, conversation.id))
    language = read_language(session, conversation) if conversation is not None else Language.EN
    text = outgoing(draft.text, practice, Reach(medium, sender, "", is_first), language)
    if problem := check(draft.text, text, medium):
        return Outgoing(problem)
    untimely = why_untimely(session, conversation, practice, at) if conversation is not None else ""
    if untimely and not draft.untimely:
        return Outgoing(untimely, is_untimely=True)
    before, began = standing_of(conversation) if conversation is not None else {}, conversation is None
    if conversation is None:
        conversation = _begin_conversation(session, address, medium, staff_id)
    elif at is None:
        take_over(session, conversation, staff_id)
        conversation.last_activity_at = now()
    session.flush()  # a new conversation has its id from then on
    delivery = Delivery(
        conversation_id=conversation.id,
        reply=REPLY,
        medium=medium,
        sender=sender,
        body=text,
        staff_id=staff_id,
        form_id=draft.form_id,
        scheduled_for=at,
        seen_up_to=newest_message(session, conversation) if at else None,
        next_attempt_at=at or now(),
    )
    after_commit = add_delivery(session, delivery, hold=NO_HOLD if at else hold)
    if at is not None:
        after_commit = replace(after_commit, deliveries=())  # the reconciler queues it when it is due
    return Outgoing(
        after_commit=after_commit,
        delivery=delivery,
        before=before or standing_of(conversation),
        began=began,
        outside_hours=bool(untimely),
    )


def send_scheduled(
    session: Session,
    patient: Patient,
    practice: Practice,
    staff_id: int,
    delivery: Delivery,
    moment: datetime,
    hold: timedelta,
    *,
    despite: bool = False,
    untimely: bool = False,
) -> Outgoing:
    """Send a scheduled message at once, if the patient may be written to now.

    Args:
        session: an open write transaction.
        patient: the record, locked.
        practice: its practice.
        staff_id: the member who sends it.
        delivery: the message, locked.
        moment: the current time.
        hold: how long it can still be undone.
        despite: whether the member sends it although it is not safe, or someone else may see it.
        untimely: whether they do at an hour at which the patient asked not to be written to.
    """
    if not is_undecided(delivery):
        return Outgoing(NOT_WAITING)
    conversation = session.get_one(Conversation, delivery.conversation_id, with_for_update=True, populate_existing=True)
    if delivery.state == DeliveryState.HELD or find_news(session, conversation, [delivery]):
        return Outgoing(WROTE_SINCE)
    is_silent = is_silenced(session, conversation, Medium(delivery.medium))
    risk = UNSAFE if is_silent else SEEN_BY_OTHERS if _is_delivery_seen(session, delivery, moment) else ""
    if risk and not despite:
        return Outgoing(risk)
    if delivery.medium == Medium.SMS:
        if problem := why_not_text(session, practice.slug, conversation.patient_address or "", [patient]):
            return Outgoing(problem)
        if quiet_until(practice, moment):
            span = display.hours(practice.patient_quiet_hours)
            return Outgoing(f"Not sent: no new texts go out between {span}. It goes out at its time.")
    problem = why_untimely(session, conversation, practice, None)
    if problem and not untimely:
        return Outgoing(problem, is_untimely=True)
    before, was_for = standing_of(conversation), delivery.scheduled_for
    take_over(session, conversation, staff_id)
    conversation.last_activity_at = moment
    delivery.scheduled_for, delivery.next_attempt_at = None, moment + hold
    ticket = Ticket("deliver", delivery.id, not_before=delivery.next_attempt_at if hold else None)
    after_commit = AfterCommit(later=(ticket,), topics=topics_of(conversation.id, practice.slug))
    return Outgoing(
        after_commit=after_commit,
        delivery=delivery,
        before=before,
        was_for=was_for,
        outside_hours=bool(problem),
        although_unsafe=bool(risk),
    )


def take_back_message(session: Session, conversation: Conversation, undo: Undo) -> bool:
    """Cancel a message that is not being sent yet, or let it wait for its time again, and return whether that went."""
    query = select(Delivery).where(Delivery.id == undo.delivery_id, Delivery.conversation_id == conversation.id)
    delivery = session.scalar(query.with_for_update().execution_options(populate_existing=True))
    if delivery is None or delivery.state != DeliveryState.PENDING or delivery.attempts:
        return False
    was_for = (undo.added or {}).get("scheduled_for")
    if was_for:
        delivery.scheduled_for = delivery.next_attempt_at = datetime.fromisoformat(was_for)
    else:
        delivery.state, delivery.error_code = DeliveryState.SUPPRESSED, display.CANCELLED
    return True


def draft_again(session: Session, patient: Patient, practice: Practice, delivery_id: int | None) -> MessageDraft | None:
    """Return a message whose sending was undone, as it was typed; None if it was not undone."""
    delivery = session.scalar(_of_patient(session, patient, delivery_id)) if delivery_id else None
    if delivery is None or delivery.error_code != display.CANCELLED:
        return None
    own = PatientAddress.patient_id == patient.id
    addresses = session.scalars(select(PatientAddress).where(own))
    chosen = next((row.id for row in addresses if row.patient_address == delivery.conversation.patient_address), 0)
    is_first = delivery.medium == Medium.SMS and is_first_text(session, delivery.conversation_id)
    return MessageDraft(strip_first_words(delivery.body, practice) if is_first else delivery.body, "", chosen, "")


def _is_delivery_seen(session: Session, delivery: Delivery, moment: datetime) -> bool:
    return may_others_see(session, delivery.conversation, Medium(delivery.medium), moment)


def read_scheduled(session: Session, patient: Patient, zone: str) -> list[Scheduled]:
    """Return the messages to a patient's addresses that wait for their time or are held, the next one first."""
    query = (
        select(Delivery)
        .join(Delivery.conversation)
        .where(
            Delivery.conversation_id.in_(conversations_of_patient(session, patient)),
            Delivery.state.in_((DeliveryState.PENDING, DeliveryState.HELD)),
            Delivery.scheduled_for.is_not(None),
        )
    )
    return [
        Scheduled(
            delivery.id,
            delivery.conversation_id,
            delivery.conversation.patient_address or "",
            display.spoken(delivery.conversation.patient_address or ""),
            delivery.body,
            display.clock(delivery.scheduled_for or delivery.next_attempt_at, zone),
            is_held=delivery.state == DeliveryState.HELD,
            is_to_be_held=delivery.id in find_news(session, delivery.conversation, [delivery]),
            is_unsafe=is_silenced(session, delivery.conversation, Medium(delivery.medium)),
            is_seen=_is_delivery_seen(session, delivery, now()),
        )
        for delivery in session.scalars(query.order_by(Delivery.scheduled_for, Delivery.id))
    ]


def find_message(session: Session, patient: Patient, delivery_id: int) -> Delivery | None:
    """Return a message to a patient, locked against being claimed."""
    query = _of_patient(session, patient, delivery_id)
    lock_conversations_of(session, [delivery_id])
    return session.scalar(query.with_for_update().execution_options(populate_existing=True))


def _of_patient(session: Session, patient: Patient, delivery_id: int) -> Select[Delivery]:
    ids: Sequence[int] = conversations_of_patient(session, patient)
    return select(Delivery).where(Delivery.id == delivery_id, Delivery.conversation_id.in_(ids))


def cancel_message(delivery: Delivery) -> bool:
    """Cancel a locked message, and return whether it was waiting for its time, or held."""
    if not is_undecided(delivery):
        return False
    delivery.state, delivery.error_code = DeliveryState.SUPPRESSED, display.CANCELLED
    return True


def _find_conversation(session: Session, practice: str, address: PatientAddress, medium: Medium) -> Conversation | None:
    query = select(Conversation).where(
        conversations_of(practice, address.patient_address), Conversation.channel == _channel(medium)
    )
    return session.scalars(query.order_by(Conversation.id).limit(1).with_for_update()).first()


def _begin_conversation(session: Session, address: PatientAddress, medium: Medium, staff_id: int) -> Conversation:
    flag = read_flag(session, address.practice, address.patient_address)
    conversation = Conversation(
        practice=address.practice,
        channel=_channel(medium),
        patient_address=address.patient_address,
        patient_index=keyring().index(address.patient_address),
        state=ConversationState.WAITING,
        assigned_to=staff_id,
        staff_took_over_at=now(),
        unsafe_since=flag and flag.since,
        unsafe_by=flag and flag.by,
    )
    inherit_hold(session, conversation, keyring().indexes(address.patient_address))
    inherit_text_only(session, conversation, keyring().indexes(address.patient_address))
    session.add(conversation)
    session.flush()
    return conversation


def _channel(medium: Medium) -> Channel:
    return Channel.SMS if medium is Medium.SMS else Channel.EMAIL
