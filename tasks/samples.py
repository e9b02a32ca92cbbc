"""The fictional conversations that a new service shows while it runs with the demo practices file."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, delete, select
from sqlalchemy.orm import Session

from inbox.accounts.first_admin import SAMPLE_COLLEAGUE
from inbox.accounts.passwords import NO_PASSWORD
from inbox.contact.chat_contact import has_number
from inbox.conversations.state import note_answer, note_decision, note_triage
from inbox.incoming.chat import next_entry
from inbox.models import (
    AlarmEnd,
    Classification,
    Conversation,
    ConversationState,
    Decision,
    Delivery,
    DeliveryState,
    Escalation,
    Message,
    Notification,
    NotificationState,
    Review,
    ReviewReason,
    Role,
    StaffMember,
)
from inbox.models.column_types import keyring
from intake.practices import Practice
from intake.settings import Settings
from intake.vocabulary import SAMPLE, Channel, DangerKind, Disposition, Intent, Language, Medium, TriageLevel
from tasks.notification.ack_codes import make_code
from tasks.notification.escalation_policy import NEVER
from tasks.notification.targets import CONSOLE
from tasks.routing.decide import Facts, RoutingDecision, decide
from tasks.routing.facts import medium_of
from templates.replies import Occasion, render_for_patient

DEMO_FILE = "practices.demo.toml"
THRESHOLD = 0.6
MODEL = "sample"
ANSWERED_AFTER = timedelta(seconds=4)
COLLEAGUE = "Ada Cole"


@dataclass(frozen=True, slots=True)
class Sample:
    """One conversation, as a patient and the practice wrote it.

    Attributes:
        channel: how it came in.
        name: the patient's name.
        address: the number or address; empty for a chat.
        minutes: how long ago it came in.
        text: what the patient wrote.
        intent: what it is about.
        confidence: how sure the model was.
        triage: how soon a person must see it.
        language: its language.
        answer: the practice's answer to the common question that it asks; empty if it asks none.
        acknowledged: whether the fictional colleague has ended the alarm and taken it on.
        reply: what staff replied before they closed it; empty if it is open.
    """

    channel: Channel
    name: str
    address: str
    minutes: int
    text: str = field(repr=False)
    intent: Intent
    confidence: float = 0.97
    triage: TriageLevel = TriageLevel.ROUTINE
    language: Language = Language.EN
    answer: str = ""
    acknowledged: bool = False
    reply: str = ""


SAMPLES = (
    Sample(
        *(Channel.SMS, "Walter Price", "+12025550141", 6),
        "My chest has been hurting for an hour and my left arm feels numb",
        Intent.CLINICAL_CONCERN,
        triage=TriageLevel.EMERGENCY,
    ),
    Sample(
        *(Channel.CHAT, "Nina Osei", "", 55),
        "My lips are swelling up since I took the new antibiotic and it's getting hard to breathe",
        Intent.CLINICAL_CONCERN,
        triage=TriageLevel.EMERGENCY,
        acknowledged=True,
    ),
    Sample(
        *(Channel.EMAIL, "Karen Holt", "karen.holt@example.com", 80),
        "Lily, my 4 year old, has had a fever of 103 since last night and won't drink much. Can someone see her today?",
        Intent.CLINICAL_CONCERN,
        triage=TriageLevel.SAME_DAY,
    ),
    Sample(
        *(Channel.SMS, "Rosa Jiménez", "+12025550142", 25),
        "Hola, necesito cambiar mi cita del martes. ¿Tienen algo el jueves por la tarde?",
        Intent.APPOINTMENT_REQUEST,
        language=Language.ES,
    ),
    Sample(
        *(Channel.CHAT, "Theo Banks", "", 35),
        "Is there parking at your office?",
        Intent.EXISTING_PATIENT_QUESTION,
        answer="Yes. Parking behind the building is free, and the two spaces at the door are for wheelchairs.",
    ),
    Sample(
        *(Channel.VOICEMAIL, "Denise Carver", "+12025550143", 130),
        "Hi, this is Denise Carver. I got a bill for eighty dollars from March, and I thought my insurance had paid"
        " that. Please call me back.",
        Intent.BILLING_INQUIRY,
    ),
    Sample(
        *(Channel.WEB_FORM, "Sam Whitaker", "sam.whitaker@example.com", 1500),
        "I'm new in town and looking for a family doctor. Are you taking new patients?",
        Intent.NEW_PATIENT_INQUIRY,
        reply="Welcome, Sam! We have an opening on Monday at 10:20 AM. The forms are on our site.",
    ),
    Sample(
        *(Channel.SMS, "Gloria Engel", "+12025550144", 15),
        "Is the thing from last week okay like that or do I bring the other one",
        Intent.EXISTING_PATIENT_QUESTION,
        confidence=0.34,
    ),
)


def may_have_samples(settings: Settings) -> bool:
    """Return whether a service shows samples: one that plays at being a practice, with the demo practices file."""
    return settings.demo_mode and settings.practices_file.name == DEMO_FILE


def add_samples(session: Session, practice: Practice, moment: datetime) -> int:
    """Write the samples as if they had come in and been handled, unless anything has; return how many there are.

    Nothing of them waits to be sent, and no alarm of them goes on to the next contact.

    Args:
        session: an open write transaction.
        practice: the practice that has them.
        moment: the current time.
    """
    if session.scalar(select(Conversation.id).limit(1)) is not None:
        return 0
    for number, sample in enumerate(sorted(SAMPLES, key=lambda sample: -sample.minutes)):
        _write(session, practice, sample, f"{practice.slug}-{number}", moment - timedelta(minutes=sample.minutes))
    return len(SAMPLES)


def is_sample() -> ColumnElement[bool]:
    """Return the condition that a conversation is a sample."""
    newest = select(Message.id).where(Message.id == Conversation.last_message_id, Message.provider == SAMPLE)
    return newest.exists()


def is_a_sample(session: Session, conversation: Conversation) -> bool:
    """Return whether a conversation is a sample."""
    newest = session.get(Message, conversation.last_message_id or 0)
    return newest is not None and newest.provider == SAMPLE


def sample_ids() -> Select[int]:
    """Return the query for the ids of the conversations that are samples, which reads nothing but samples."""
    return select(Message.conversation_id).where(Message.provider == SAMPLE)


def sample_conversations(session: Session, practices: list[str]) -> list[Conversation]:
    """Return the samples of practices, locked."""
    query = select(Conversation).where(Conversation.practice.in_(practices), Conversation.id.in_(sample_ids()))
    return list(session.scalars(query.order_by(Conversation.id).with_for_update()))


def remove_colleague(session: Session) -> None:
    """Delete the fictional colleague once she has no sample anymore."""
    assigned = select(Conversation.assigned_to).where(Conversation.assigned_to.is_not(None))
    session.execute(delete(StaffMember).where(StaffMember.email == SAMPLE_COLLEAGUE, StaffMember.id.not_in(assigned)))


def _colleague(session: Session, moment: datetime) -> StaffMember:
    """Add the colleague who has a sample: an account that was removed, so that nobody can use it."""
    colleague = StaffMember(
        email=SAMPLE_COLLEAGUE,
        name=COLLEAGUE,
        role=Role.STAFF,
        password_hash=NO_PASSWORD,
        disabled_at=moment,
        removed_at=moment,
    )
    session.add(colleague)
    session.flush()
    return colleague


def _write(session: Session, practice: Practice, sample: Sample, provider_id: str, at: datetime) -> None:
    is_chat = sample.channel is Channel.CHAT
    conversation = Conversation(
        practice=practice.slug,
        channel=sample.channel,
        patient_address=sample.address or None,
        patient_index=keyring().index(sample.address) if sample.address else None,
        public_id=secrets.token_hex(16) if is_chat else None,
        patient_name=sample.name,
        **dict.fromkeys(("created_at", "last_activity_at", "listed_at", "waiting_since"), at),
    )
    session.add(conversation)
    session.flush()
    message = Message(
        conversation_id=conversation.id,
        provider=SAMPLE,
        provider_id=provider_id,
        received_on=next(iter(practice.numbers_in_use), practice.phone),
        text=sample.text,
        entry=next_entry(session, conversation.id) if is_chat else None,
        received_at=at,
        handled_at=at + ANSWERED_AFTER,
    )
    session.add(message)
    session.flush()
    conversation.last_message_id = message.id
    _handle(session, practice, conversation, message, sample)


def _handle(session: Session, practice: Practice, conversation: Conversation, message: Message, sample: Sample) -> None:
    """Write what handling the message would have, with the decision that it would have made."""
    danger = DangerKind.OTHER if sample.triage is TriageLevel.EMERGENCY else None
    is_sure = sample.confidence >= THRESHOLD
    disposition = Disposition.ROUTE if is_sure else Disposition.REVIEW
    facts = Facts(
        intent=sample.intent,
        confidence=sample.confidence,
        threshold=THRESHOLD,
        triage=sample.triage,
        danger=danger,
        language=sample.language,
        disposition=disposition,
        replies_by_text=medium_of(conversation) is Medium.SMS,
        has_answer=bool(sample.answer),
    )
    plan = decide(facts, practice)
    others = [intent for intent in Intent if intent != sample.intent]
    rest = (1 - sample.confidence) / len(others)
    session.add(
        Classification(
            message_id=message.id,
            model_version=MODEL,
            intent=sample.intent,
            confidence=sample.confidence,
            probabilities={sample.intent: sample.confidence} | dict.fromkeys(others, rest),
            triage=sample.triage,
            danger=danger,
            language=sample.language,
            disposition=disposition,
        )
    )
    session.add(
        Decision(
            message_id=message.id,
            route=plan.route,
            reply=plan.reply,
            team=plan.team,
            priority=plan.priority,
            why=plan.why,
            silence=plan.silence,
        )
    )
    if not is_sure:
        session.add(
            Review(
                message_id=message.id,
                practice=practice.slug,
                reason=ReviewReason.LOW_CONFIDENCE,
                model_version=MODEL,
                intent=sample.intent,
                confidence=sample.confidence,
                threshold=THRESHOLD,
                sampling_rate=1.0,
            )
        )
    note_decision(conversation, sample.intent, plan.team, plan.priority)
    note_triage(conversation, sample.triage, danger)
    _answer(session, practice, conversation, message, sample, plan)
    if danger is not None:
        _raise_alarm(session, practice, message, plan, sample)


def _answer(
    session: Session,
    practice: Practice,
    conversation: Conversation,
    message: Message,
    sample: Sample,
    plan: RoutingDecision,
) -> None:
    """Write the automatic reply and that of staff, as delivered."""
    at, medium = message.received_at + ANSWERED_AFTER, medium_of(conversation)
    occasion = Occasion(
        at,
        is_first=True,
        is_text=medium is Medium.SMS,
        answer=sample.answer,
        has_phone=has_number(conversation),
    )
    words: list[tuple[str, str, int | None]] = []
    if plan.reply:
        words.append((plan.reply, render_for_patient(plan.reply, practice, occasion)[0], message.id))
    if sample.reply:
        words.append(("staff", sample.reply, None))
    for number, (name, body, message_id) in enumerate(words):
        delivery = Delivery(
            conversation_id=conversation.id,
            message_id=message_id,
            reply=name,
            medium=medium,
            sender=message.received_on,
            body=body,
            state=DeliveryState.DELIVERED,
            entry=next_entry(session, conversation.id) if medium is Medium.CHAT else None,
            created_at=at + timedelta(minutes=20 * number),
        )
        session.add(delivery)
    if sample.reply:
        note_answer(conversation, ConversationState.CLOSED, message.id)


def _raise_alarm(session: Session, practice: Practice, message: Message, plan: RoutingDecision, sample: Sample) -> None:
    """Write the alarm of an emergency, which pages nobody: the console alone shows it."""
    ended_at = message.received_at + timedelta(minutes=3) if sample.acknowledged else None
    taken = session.scalars(select(Escalation.code).where(Escalation.practice == practice.slug))
    alarm = Escalation(
        message_id=message.id,
        conversation_id=message.conversation_id,
        practice=practice.slug,
        code=make_code(set(taken)),
        step=len(practice.escalation),
        next_step_at=NEVER,
        created_at=message.received_at + ANSWERED_AFTER,
        acknowledged_at=ended_at,
        acknowledged_by=COLLEAGUE if sample.acknowledged else None,
        acknowledged_how=AlarmEnd.BUTTON if sample.acknowledged else None,
    )
    session.add(alarm)
    if sample.acknowledged:
        message.conversation.assigned_to = _colleague(session, message.received_at).id
    session.flush()
    session.add(
        Notification(
            message_id=message.id,
            reason=plan.route,
            escalation_id=alarm.id,
            team=plan.team,
            target=CONSOLE,
            priority=plan.priority,
            state=NotificationState.SENT,
        )
    )
