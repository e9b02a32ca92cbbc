"""Queries for the conversation page: the thread, the patient's contact details, and staff activity."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

from sqlalchemy import ColumnElement, false, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, joinedload

from inbox.contact.chat_contact import is_out_of_reach, reply_address
from inbox.contact.consent import OptOutState, is_ambiguous, number_of, opt_out_of
from inbox.contact.text_permission import FIND_SAFE_WAY
from inbox.contact.unsafe_contact import flag_on, is_held_back
from inbox.conversations.reviews import LEVEL_LABELS
from inbox.conversations.written_since import WrittenSince, find_news, is_undecided, waits_for_its_time
from inbox.models import (
    NEVER_ARRIVED,
    UNDELIVERED,
    AuditEntry,
    Classification,
    Conversation,
    ConversationRead,
    Delivery,
    DeliveryState,
    Keyword,
    LineType,
    Message,
    Note,
    Review,
    StaffMember,
    Voicemail,
    now,
)
from inbox.replies.medium import staff_medium
from intake.mail_syntax import subject_beside
from intake.practices import Practice
from intake.vocabulary import (
    INTENTS,
    Channel,
    Language,
    Medium,
    NotificationReason,
    Route,
    SenderDoubt,
    Silence,
    shows_intent,
    words_of,
)
from staff import display
from staff.audit.words import name_actor, say
from staff.conversations.alarms import Alarm
from staff.conversations.attachment_queries import ShownAttachment, read_attachments
from staff.conversations.people import NOBODY, names_of
from staff.conversations.row_words import COMMON_QUESTION, MAYBE_OPT_OUT, NOT_SURE
from tasks.routing.decide import is_answer
from tasks.routing.facts import may_opt_out, medium_of
from tasks.routing.silence import read_silence, unanswered_reason

MESSAGES_SHOWN = 100
UNPROVEN = "provided (not verified)"
ACTIONS_SHOWN = 40
OWN_NUMBER = "This number is a practice's own, so that a text to it would come back here."
OWN_ADDRESS = "This email claims to come from a practice's own address, so that a reply would come back here."
LEFT = "The visitor has left this chat and gave no phone or email."
ENDED = "This chat has ended: the patient can no longer read replies in it."
UNANSWERED: dict[str | None, str] = {
    NotificationReason.UNANSWERED_EMERGENCY: "The patient got no automatic reply to this emergency.",
    NotificationReason.UNANSWERED_UNSAFE: "The patient got no automatic reply to this emergency, as contact here is not"
    " safe.",
}
MAY_CANCEL_VISIT = "CANCEL ended our texts, but the patient may have meant a visit. Call to find out."
MAY_CANCEL_VISIT_UNSAFE = (
    "CANCEL ended our texts, but the patient may have meant a visit. Ask only in a way that is safe for them."
)
MAY_WANT_NO_TEXTS = (
    "The patient may want no more texts. Call to find out; if so, press “Patient wants no texts” in the “…” menu."
)
MAY_WANT_NO_TEXTS_UNSAFE = (
    "The patient may want no more texts. Ask only in a way that is safe for them; if so, press “Patient wants no texts”"
    " in the “…” menu."
)
OPTED_OUT = "The patient opted out of texts. Call them, or wait until they text START."
NOT_TEXTED = "The patient opted out of texts, so this got no reply. Call them."
NOT_TEXTED_UNSAFE = f"The patient opted out of texts, so this got no reply. {FIND_SAFE_WAY}"
LANDLINE = "This number is a landline and cannot receive texts. Call it instead."
UNSAFE_TO_CALL = {
    OPTED_OUT: f"The patient opted out of texts. {FIND_SAFE_WAY}",
    LANDLINE: f"This number is a landline and cannot receive texts. {FIND_SAFE_WAY}",
}
"""What is said in place of words that tell staff to call, where the patient said that it is not safe."""
_Dated = TypeVar("_Dated", Delivery, Note)


@dataclass(frozen=True, slots=True)
class IntentBar:
    """One intent's probability, as a bar with a width from 0 to 100."""

    label: str
    percent: str
    width: float


@dataclass(frozen=True, slots=True)
class RoutingSummary:
    """How Intake classified and routed a message, in display words."""

    topic: str
    percent: str
    bars: list[IntentBar]
    also: str
    flag: display.Flag | None
    language: str
    acknowledgement: bool
    partly_read: bool
    route: str
    reply: str
    team: str
    priority: str
    why: str
    corrected: str


@dataclass(frozen=True, slots=True)
class ThreadEntry:
    """One line of the thread.

    Attributes:
        key: its id on the page, such as `message-12`.
        kind: `patient`, `robot`, `staff`, or `note`.
        trouble: whether it did not reach the patient.
        message: the id of the patient's message that it is.
        number: its number in the patient's view of a chat.
        recording: the id of the message whose recording can be played.
        trimmed: what an email holds beside its sender's words.
        emptied: whether retention deleted its text.
        claims: the contact details that came with it, which nothing proves.
        scheduled: the id of the reply that it is, if that waits for its time, or is held, and can be cancelled.
        held: whether it is held, as the patient wrote after it was scheduled.
        since: the newest of what the patient wrote since, which holds it at its time.
        elsewhere: the conversation where they wrote that, if it is another one.
        alert: what staff must do about it that no reply does; empty for most.
    """

    key: str
    kind: str
    author: str
    text: str = field(repr=False)
    at: datetime
    shown_at: str
    message: int | None = None
    number: int | None = None
    subject: str = field(default="", repr=False)
    trimmed: str = field(default="", repr=False)
    status: str = ""
    trouble: bool = False
    media: tuple[str, ...] = ()
    attachments: tuple[ShownAttachment, ...] = ()
    recording: int | None = None
    seconds: int | None = None
    reading: RoutingSummary | None = None
    claims: str = field(default="", repr=False)
    alert: str = ""
    scheduled: int | None = None
    held: bool = False
    since: int | None = None
    elsewhere: int | None = None
    waiting: bool = False
    emptied: bool = False


@dataclass(frozen=True, slots=True)
class Thread:
    """One part of a conversation, by default the newest.

    Attributes:
        entries: its lines, oldest first.
        last_message: the id of the newest message shown, 0 if there is none.
        last_reply: the id of the newest staff reply in the whole conversation, 0 if there is none.
        earlier: where the previous part ends, None if this is the first part.
        language: that of the newest message in the whole conversation that the model has read.
    """

    entries: list[ThreadEntry]
    last_message: int
    last_reply: int
    earlier: int | None
    language: str


@dataclass(frozen=True, slots=True)
class _Read:
    """A message, with what is kept of it in other tables."""

    message: Message
    recording_url: str | None = field(repr=False)
    seconds: int | None
    corrected: str


@dataclass(frozen=True, slots=True)
class ContactDetails:
    """What is on record about who the patient is and how to reach them.

    Attributes:
        who: their name, else their address.
        name: their name; empty if none is known.
        lines: the details, each with its label.
    """

    who: str = field(repr=False)
    name: str = field(repr=False)
    lines: list[tuple[str, str]] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Act:
    """One action of a staff member, in display words."""

    who: str
    what: str
    shown_at: str


@dataclass(frozen=True, slots=True)
class Reach:
    """How a staff reply would be sent.

    Attributes:
        medium: the medium.
        sender: the number, messaging service, or address to send from.
        obstacle: why no reply can be sent, in display words; empty if one can.
        is_first: whether it would be the practice's first text to the patient.
        doubtful: the address that a member must confirm, as its email is doubted; empty if there is nothing to confirm.
        doubt: why it is doubted, in display words.
    """

    medium: Medium
    sender: str
    obstacle: str
    is_first: bool
    doubtful: str = field(default="", repr=False)
    doubt: str = ""


def read_thread(
    session: Session,
    conversation: Conversation,
    zone: str,
    before: int | None = None,
    known: Mapping[int, str] = NOBODY,
    alarm: Alarm | None = None,
    *,
    is_safe: bool = True,
) -> Thread:
    """Return the newest messages, or those before a given one, with the replies and notes between them.

    Args:
        session: an open transaction.
        conversation: the conversation.
        zone: the practice's time zone.
        before: where the part ends, None for the newest.
        known: the names of members that are known already, by id.
        alarm: the conversation's alarm, which says how to reach a patient who has had no word.
        is_safe: whether the patient may be called, as far as anybody said.
    """
    own = Message.conversation_id == conversation.id
    found = _read_messages(session, own if before is None else own & (Message.id < before))
    shown = found[:MESSAGES_SHOWN]
    messages = [read.message for read in shown]
    since = min(message.received_at for message in messages) if len(found) > MESSAGES_SHOWN else None
    until = None
    if before is not None:
        until = session.scalar(select(Message.received_at).where(Message.id == before, own))
    undecided = waits_for_its_time() if before is None else None  # however long ago it was written
    deliveries = _between(session, Delivery, conversation.id, since, until, undecided)
    notes = _between(session, Note, conversation.id, since, until)
    is_newest, is_whole = before is None, since is None and until is None
    languages = (message.classification.language for message in messages if message.classification)
    replies = [delivery.id for delivery in deliveries if delivery.message_id is None]
    return Thread(
        entries=_entries(
            session,
            shown,
            deliveries,
            notes,
            zone,
            known,
            alarm,
            is_gone=is_out_of_reach(conversation, now()),
            is_safe=is_safe,
        ),
        last_message=messages[0].id if messages else 0,
        last_reply=max(replies, default=0) if is_whole else last_staff_reply(session, conversation.id),
        earlier=messages[-1].id if since else None,
        language=(is_newest and next(languages, None)) or read_language(session, conversation),
    )


def _read_messages(session: Session, wanted: ColumnElement[bool]) -> list[_Read]:
    """Return a part's messages, the newest first, and one more if there are any before it."""
    query = (
        select(Message, Voicemail.recording_url, Voicemail.duration_seconds, Review.label, StaffMember.name)
        .outerjoin(Voicemail, Voicemail.message_id == Message.id)
        .outerjoin(Review, Review.message_id == Message.id)
        .outerjoin(StaffMember, StaffMember.id == Review.staff_id)
        .where(wanted)
        .options(joinedload(Message.classification), joinedload(Message.decision))
    )
    found = session.execute(query.order_by(Message.id.desc()).limit(MESSAGES_SHOWN + 1))
    return [
        _Read(message, url, seconds, f"{words_of(label)} ({name})" if label and name else "")
        for message, url, seconds, label, name in found
    ]


def read_language(session: Session, conversation: Conversation) -> str:
    """Return the language of the newest message that the model has read."""
    query = select(Classification.language).join(Message).where(Message.conversation_id == conversation.id)
    return session.scalar(query.order_by(Message.id.desc()).limit(1)) or Language.EN


def last_staff_reply(session: Session, conversation_id: int) -> int:
    """Return the id of the newest staff reply, 0 if there is none."""
    query = select(Delivery.id).where(Delivery.conversation_id == conversation_id, Delivery.message_id.is_(None))
    return session.scalar(query.order_by(Delivery.id.desc()).limit(1)) or 0


def mark_read(session: Session, staff_id: int, conversation_id: int, message_id: int) -> bool:
    """Store the last message that a member has read, and return whether it advanced."""
    own = (ConversationRead.staff_id == staff_id, ConversationRead.conversation_id == conversation_id)
    known = session.scalar(select(ConversationRead.message_id).where(*own))
    if known is not None and known >= message_id:
        return False
    if known is not None:
        session.execute(update(ConversationRead).where(*own).values(message_id=message_id))
        return True
    try:
        with session.begin_nested():
            session.add(ConversationRead(staff_id=staff_id, conversation_id=conversation_id, message_id=message_id))
    except IntegrityError:
        return False  # another of the member's tabs got there first
    return True


def read_acts(session: Session, conversation_id: int, zone: str, known: Mapping[int, str] = NOBODY) -> list[Act]:
    """Return staff activity in a conversation, newest first; a person's consecutive views are combined.

    Args:
        session: an open transaction.
        conversation_id: the conversation.
        zone: the practice's time zone.
        known: the names of members that are known already, by id.
    """
    query = select(AuditEntry).where(AuditEntry.subject == f"conversation:{conversation_id}")
    found = list(session.scalars(query.order_by(AuditEntry.id.desc()).limit(ACTIONS_SHOWN)))
    given = [entry.detail.get("to") for entry in found if entry.action == "assigned"]
    concerned = [*given, *(staff_id for entry in found for staff_id in entry.detail.get("mentioned", []))]
    names = names_of(session, [*(entry.staff_id for entry in found), *concerned], known)
    acts: list[Act] = []
    for newer, entry in zip([None, *found], found, strict=False):
        is_repeated = newer is not None and (newer.action, newer.staff_id) == ("viewed", entry.staff_id)
        if not (is_repeated and entry.action == "viewed"):
            acts.append(Act(name_actor(entry, names), say(entry, names), display.clock(entry.at, zone)))
    return acts


def read_contact(conversation: Conversation, zone: str, record_name: str, agreed: datetime | None) -> ContactDetails:
    """Return the patient's contact details.

    Args:
        conversation: the conversation.
        zone: the practice's time zone.
        record_name: the name on the patient's record; empty if there is none, or if it may not be opened.
        agreed: when the patient last agreed to texts in this conversation, None if they didn't.
    """
    address = conversation.patient_address
    lines = [
        ("Name", conversation.patient_name),
        ("Email" if address and "@" in address else "Number", address and display.spoken(address)),
        (f"Phone {UNPROVEN}", conversation.contact_phone and display.spoken(conversation.contact_phone)),
        (f"Email {UNPROVEN}", conversation.contact_email if conversation.contact_email != address else None),
        ("Agreed to texts", agreed and display.clock(agreed, zone)),
        ("Line", "Landline (cannot receive texts)" if conversation.line_type == LineType.LANDLINE else None),
        ("First contact", display.clock(conversation.created_at, zone)),
    ]
    return ContactDetails(
        display.who(conversation, record_name),
        record_name or conversation.patient_name or "",
        [(name, value) for name, value in lines if value],
    )


def read_reach(
    session: Session, conversation: Conversation, practice: Practice, opt_out: OptOutState | None = None
) -> Reach:
    """Return how a staff reply would be sent, or why it cannot be; to who has left a chat, by text or by email.

    Args:
        session: an open transaction.
        conversation: the conversation.
        practice: its practice.
        opt_out: how the patient's number stands, None to look it up.
    """
    medium = staff_medium(session, conversation, now())
    address = reply_address(conversation, medium)
    latest = (
        select(Message.received_on, Message.doubt, _has_texted(conversation.id))
        .select_from(Conversation)
        .outerjoin(Message, Message.id == Conversation.last_message_id)
        .where(Conversation.id == conversation.id)
    )
    received_on: str | None
    received_on, doubt, has_texted = session.execute(latest).one_or_none() or (None, None, False)
    if received_on is None:  # staff began the conversation
        sent = select(Delivery.sender).where(Delivery.conversation_id == conversation.id, Delivery.medium == medium)
        received_on = session.scalar(sent.order_by(Delivery.id.desc()).limit(1))
    doubtful = (conversation.contact_email or "") if conversation.channel == Channel.EMAIL and not address else ""
    is_elsewhere = medium is not medium_of(conversation)
    if is_elsewhere:
        received_on = practice.texts_from if medium is Medium.SMS else practice.email
    if medium is Medium.SMS and opt_out is None:
        opt_out = opt_out_of(session, conversation.practice, number_of(conversation))
    obstacle = (
        ENDED
        if conversation.chat_ended_at and not is_elsewhere
        else OWN_ADDRESS
        if doubt == SenderDoubt.OWN_ADDRESS
        else OWN_NUMBER
        if doubt == SenderDoubt.OWN_NUMBER and medium is Medium.SMS
        else _obstacle(medium, address or doubtful, LineType(conversation.line_type), received_on, opt_out)
    )
    if obstacle in UNSAFE_TO_CALL and flag_on(session, conversation) is not None:
        obstacle = UNSAFE_TO_CALL[obstacle]
    return Reach(
        medium=medium,
        sender=received_on or "",
        obstacle=obstacle,
        is_first=medium is Medium.SMS and not has_texted,
        doubtful=doubtful,
        doubt=SenderDoubt(doubt or SenderDoubt.UNVERIFIED).words if doubtful else "",
    )


def is_first_text(session: Session, conversation_id: int) -> bool:
    """Return whether the practice has texted a patient nothing yet; what is only scheduled doesn't count."""
    return not session.scalar(select(_has_texted(conversation_id)))


def _has_texted(conversation_id: int) -> ColumnElement[bool]:
    texted = select(Delivery.id).where(
        Delivery.conversation_id == conversation_id,
        Delivery.medium == Medium.SMS,
        Delivery.state.not_in((*NEVER_ARRIVED, DeliveryState.NOT_SENT)),
        or_(Delivery.state != DeliveryState.PENDING, Delivery.scheduled_for.is_(None)),
    )
    return texted.exists()


def _obstacle(
    medium: Medium, address: str, line: LineType, received_on: str | None, opt_out: OptOutState | None
) -> str:
    match medium:
        case Medium.CHAT:
            return ""
        case Medium.EMAIL:
            return "" if "@" in address and received_on else "There is no email address to reply to."
        case _ if not address.startswith("+"):
            return "The sender left no phone number that can receive texts."
        case _ if opt_out is not None and opt_out.is_out:
            return OPTED_OUT
        case _ if line is LineType.LANDLINE:
            return LANDLINE
    return "" if received_on else "The practice has no phone number to text from."


def _between(
    session: Session,
    table: type[_Dated],
    conversation_id: int,
    since: datetime | None,
    until: datetime | None,
    always: ColumnElement[bool] | None = None,
) -> Sequence[_Dated]:
    query = select(table).where(table.conversation_id == conversation_id)
    if since is not None:
        query = query.where(or_(table.created_at >= since, false() if always is None else always))
    if until is not None:
        query = query.where(table.created_at < until)
    return session.scalars(query.order_by(table.id)).all()


def _entries(
    session: Session,
    messages: Sequence[_Read],
    deliveries: Sequence[Delivery],
    notes: Sequence[Note],
    zone: str,
    known: Mapping[int, str],
    alarm: Alarm | None,
    *,
    is_gone: bool,
    is_safe: bool,
) -> list[ThreadEntry]:
    attached = read_attachments(
        session, [read.message.id for read in messages], [delivery.id for delivery in deliveries]
    )
    writers = [*(delivery.staff_id for delivery in deliveries), *(note.staff_id for note in notes)]
    names = names_of(session, writers, known)
    news = _find_news(session, deliveries)
    entries = [
        _said(read, attached.messages.get(read.message.id, ()), zone, alarm, is_safe=is_safe) for read in messages
    ]
    entries += [
        _answered(
            delivery,
            attached.replies.get(delivery.id, ()),
            names,
            zone,
            is_gone=is_gone,
            is_held=is_held_back(session, delivery),
            news=news.get(delivery.id),
        )
        for delivery in deliveries
    ]
    return _in_order(entries, [_noted(note, names, zone) for note in notes])


def _find_news(session: Session, deliveries: Sequence[Delivery]) -> dict[int, WrittenSince]:
    """Return what the patient wrote since those of a conversation's replies that wait for their time, or are held."""
    waiting = [delivery for delivery in deliveries if is_undecided(delivery)]
    return find_news(session, waiting[0].conversation, waiting) if waiting else {}


def _in_order(seen: Sequence[ThreadEntry], notes: Sequence[ThreadEntry]) -> list[ThreadEntry]:
    """Sort by time, but keep a chat in the order that the patient saw, even if the machines' clocks disagreed."""
    places: list[tuple[datetime, ThreadEntry]] = []
    latest: datetime | None = None
    # in a chat, what has no number yet can still be undone, so that the patient has not seen it
    for entry in sorted(seen, key=lambda entry: (entry.number is None, entry.number or 0, entry.at)):
        latest = entry.at if latest is None else max(latest, entry.at)
        places.append((latest, entry))
    places += [(note.at, note) for note in notes]
    return [entry for _, entry in sorted(places, key=lambda place: place[0])]


def _said(
    read: _Read, attachments: tuple[ShownAttachment, ...], zone: str, alarm: Alarm | None, *, is_safe: bool
) -> ThreadEntry:
    message = read.message
    return ThreadEntry(
        key=f"message-{message.id}",
        kind="patient",
        author="Patient",
        text=message.text,
        at=message.received_at,
        shown_at=display.clock(message.received_at, zone),
        message=message.id,
        number=message.entry,
        subject=subject_beside(message.subject, message.text),
        trimmed=(message.conversation.channel == Channel.EMAIL and message.trimmed) or "",
        media=_media(message.media),
        attachments=attachments,
        recording=message.id if read.recording_url is not None else None,
        seconds=read.seconds,
        reading=_reading(message, read.corrected),
        claims=_claims(message),
        alert=_alert(message, alarm, is_safe=is_safe),
        waiting=message.handled_at is None,
        emptied=message.emptied_at is not None,
    )


def _alert(message: Message, alarm: Alarm | None, *, is_safe: bool) -> str:
    decision = message.decision
    if decision is None:
        return ""
    if message.keyword == Keyword.STOP:
        may_cancel = MAY_CANCEL_VISIT if is_safe else MAY_CANCEL_VISIT_UNSAFE
        return may_cancel if is_ambiguous(message.text) else ""
    silence = read_silence(decision.silence, decision.reply, decision.why)
    alert = UNANSWERED.get(unanswered_reason(decision.route, silence), "")
    if not alert and may_opt_out(message):
        return MAY_WANT_NO_TEXTS if is_safe else MAY_WANT_NO_TEXTS_UNSAFE
    if not alert and silence is Silence.OPTED_OUT:
        return NOT_TEXTED if is_safe else NOT_TEXTED_UNSAFE
    is_of_alarm = alarm is not None and alarm.lead and message.id >= alarm.message_id
    return f"{alert} {alarm.way.words}" if alert and is_of_alarm and alarm and alarm.way else alert


def _claims(message: Message) -> str:
    """Return what the sender said of themselves, apart from what the page shows of the conversation anyway."""
    conversation = message.conversation
    shown = (conversation.patient_name, conversation.patient_address)
    claimed = (message.claimed_name, message.claimed_phone, message.claimed_email)
    said = [display.spoken(value) for value in claimed if value and value not in shown]
    if conversation.channel == Channel.WEB_FORM and message.trimmed:  # what could not be used of its fields
        said += [line.replace(": ", " as typed: ", 1) for line in message.trimmed.splitlines()]
    return ", ".join(said)


def _media(listed: str | None) -> tuple[str, ...]:
    return tuple(item["content_type"] or "file" for item in json.loads(listed)) if listed else ()


def _reading(message: Message, corrected: str) -> RoutingSummary | None:
    decision, found = message.decision, message.classification
    if decision is None:
        return None
    is_named = shows_intent(decision.route, found.confidence) if found else False
    probabilities = sorted(found.probabilities.items(), key=lambda pair: -pair[1]) if found else []
    flag = display.triage_flag(found.triage, found.danger) if found else None
    return RoutingSummary(
        topic=COMMON_QUESTION
        if is_answer(decision.reply)
        else MAYBE_OPT_OUT
        if decision.route == Route.PERSON and may_opt_out(message)
        else _topic(decision.route, found.intent if found and is_named else None, is_flagged=flag is not None),
        percent=_percent(found.confidence) if found and is_named else "",
        bars=[IntentBar(words_of(intent), _percent(p), round(100 * p, 1)) for intent, p in probabilities],
        also=display.other_intents(found),
        flag=flag,
        language=display.foreign_language(message),
        acknowledgement=found is not None and found.acknowledgement,
        partly_read=found is not None and found.partly_read,
        route=words_of(decision.route),
        reply=words_of(decision.reply),
        team=words_of(decision.team),
        priority=decision.priority or "",
        why=decision.why,
        corrected=corrected,
    )


def _topic(route: str, intent: str | None, *, is_flagged: bool) -> str:
    """Return what a message is about, or how it was routed unless its flag says that; an unsure guess is not shown."""
    if intent is None and is_flagged and route in LEVEL_LABELS:
        return ""
    return words_of(intent) or (NOT_SURE if route in (*INTENTS, Route.REVIEW) else words_of(route))


def _percent(probability: float) -> str:
    """Return a whole percentage; values close to 0 and 1 are not rounded to certainty."""
    if 0.995 <= probability < 1:
        return "over 99%"
    if 0 < probability < 0.005:
        return "under 1%"
    return f"{probability:.0%}"


def _answered(
    delivery: Delivery,
    files: tuple[ShownAttachment, ...],
    names: Mapping[int, str],
    zone: str,
    *,
    is_gone: bool,
    is_held: bool,
    news: WrittenSince | None,
) -> ThreadEntry:
    by_hand = delivery.message_id is None
    was_left = delivery.entry is not None and delivery.medium != Medium.CHAT
    is_lost = is_gone and delivery.medium == Medium.CHAT and delivery.state == DeliveryState.SENT
    added = f". {LEFT}" if is_lost else f", by {Medium(delivery.medium).words}" if was_left else ""
    return ThreadEntry(
        key=f"delivery-{delivery.id}",
        kind="staff" if by_hand else "robot",
        author=names.get(delivery.staff_id or 0, "Staff") if by_hand else "Automatic reply",
        text=delivery.body,
        attachments=files,
        at=delivery.created_at,
        shown_at=display.clock(delivery.created_at, zone),
        number=delivery.entry,
        status=display.delivery_state(delivery, zone, is_held=is_held) + added,
        scheduled=delivery.id if is_undecided(delivery) else None,
        held=delivery.state == DeliveryState.HELD,
        since=news.message_id if news and not is_held else None,
        elsewhere=news.conversation_id if news and news.conversation_id != delivery.conversation_id else None,
        emptied=delivery.emptied_at is not None,
        trouble=is_lost or is_held or (delivery.state in UNDELIVERED and delivery.error_code != display.CANCELLED),
    )


def _noted(note: Note, names: Mapping[int, str], zone: str) -> ThreadEntry:
    return ThreadEntry(
        key=f"note-{note.id}",
        kind="note",
        author=names.get(note.staff_id, "Staff"),
        text=note.text,
        at=note.created_at,
        shown_at=display.clock(note.created_at, zone),
    )
