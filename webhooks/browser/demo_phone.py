"""The phone on the demo page: a fictional number for each visitor, and the messages sent from it.

For demonstrations only. There are 3,000 fictional numbers (555-0100 to 0199 in 30 area codes). A visitor gets one from
which nobody has written, if a few draws find such a number; otherwise two share one, along with its opt-out and its
limits on replies. They never see each other's messages: the ids of a visitor's messages start with 64 random bits that
only the visitor's signed token contains.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field

from itsdangerous import BadData, URLSafeTimedSerializer
from sqlalchemy import Select, exists, or_, select
from sqlalchemy.orm import joinedload

from inbox.incoming.inbound import InboundMessage, RecordedMessage, record_message
from inbox.incoming.voicemail import (
    Call,
    RecordingState,
    TranscriptionState,
    VoicemailReport,
    record_call,
    record_report,
)
from inbox.models import Delivery, DeliveryState, Message
from inbox.patients.conversations import conversations_of
from inbox.storage.database import Database
from intake.practices import Practice
from intake.vocabulary import Channel

AREA_CODES = (
    *(202, 206, 212, 214, 303, 305, 312, 313, 314, 316, 401, 402, 404, 405, 415),
    *(502, 503, 505, 512, 602, 617, 702, 713, 801, 808, 816, 901, 907, 919, 971),
)
FICTIONAL_NUMBERS = tuple(f"+1{area}555{number:04d}" for area in AREA_CODES for number in range(100, 200))
DRAWS = 5
LIFETIME_SECONDS = 24 * 3600
SHOWN_MESSAGES = 100
_ON_ITS_WAY = (DeliveryState.PENDING, DeliveryState.SENDING)
_NEVER_SEEN = (*_ON_ITS_WAY, DeliveryState.SUPPRESSED, DeliveryState.HELD)


@dataclass(frozen=True, slots=True)
class Phone:
    """A visitor's phone.

    Attributes:
        visitor: the visitor's id, 16 random hexadecimal digits.
        number: the phone's number, in E.164.
    """

    visitor: str
    number: str


@dataclass(frozen=True, slots=True)
class SentMessage:
    """A message from a phone, and how it was handled.

    Attributes:
        message: the message, with its classification and routing decision if it has them yet.
        channel: the channel it was sent on.
        reply: the practice's reply.
        working: whether a reply may still be coming.
    """

    message: Message = field(repr=False)
    channel: Channel
    reply: Delivery | None = field(repr=False)
    working: bool


class Phones:
    """Issues phones, and finds them again by token."""

    def __init__(self, secret_keys: tuple[str, ...]) -> None:
        """Take the keys, the newest first: it signs, and all verify."""
        self._serializer = URLSafeTimedSerializer(secret_keys[::-1], salt="demo phone")

    def new(self, practice: Practice, database: Database) -> Phone:
        """Return a phone with a number that the practice does not use, and nobody else either if one is found."""
        taken = {practice.phone, practice.on_call_number, *practice.all_numbers}
        free = [number for number in FICTIONAL_NUMBERS if number not in taken]
        drawn = [secrets.choice(free) for _ in range(DRAWS)]
        with database.read() as session:
            unused = (number for number in drawn if not session.scalar(_has_written(practice, number)))
            return Phone(secrets.token_hex(8), next(unused, drawn[0]))

    def token(self, phone: Phone) -> str:
        """Return the token with which the visitor's page uses the phone again."""
        return str(self._serializer.dumps([phone.visitor, phone.number]))

    def find(self, token: str) -> Phone | None:
        """Return the phone of a token, None if the token is invalid or has expired."""
        try:
            return Phone(*self._serializer.loads(token, max_age=LIFETIME_SECONDS))
        except BadData:
            return None


def _has_written(practice: Practice, number: str) -> Select[tuple[bool]]:
    return select(exists().where(conversations_of(practice.slug, number)))


def send_text(database: Database, practice: Practice, phone: Phone, text: str) -> RecordedMessage:
    """Store a text as the SMS webhook does."""
    return record_message(
        database,
        InboundMessage(
            practice=practice.slug,
            channel=Channel.SMS,
            provider="twilio",
            provider_id=_sid("SM", phone),
            patient_address=phone.number,
            received_on=_received_on(practice),
            text=text,
        ),
    )


def leave_voicemail(database: Database, practice: Practice, phone: Phone, text: str) -> RecordedMessage:
    """Store a call and its transcription, as the voice webhooks do."""
    call = Call(_sid("CA", phone), practice.slug, phone.number, _received_on(practice))
    record_call(database, call)
    report = VoicemailReport(
        recording=RecordingState.COMPLETED,
        recording_sid=_sid("RE", phone),
        transcription=TranscriptionState.COMPLETED,
        text=text,
    )
    recorded = record_report(database, call.call_sid, call, report)
    if recorded is None:
        raise RuntimeError("a transcribed voicemail has to be a message at once")
    return recorded


def read_phone(database: Database, practice: Practice, phone: Phone) -> list[SentMessage]:
    """Return the messages from a phone, oldest first, and how they were handled.

    Raises:
        sqlalchemy.exc.SQLAlchemyError: the database could not be reached.
    """
    mine = or_(*(Message.provider_id.startswith(f"{kind}{phone.visitor}") for kind in ("SM", "RE")))
    query = (
        select(Message)
        .join(Message.conversation)
        .where(conversations_of(practice.slug, phone.number), Message.provider == "twilio", mine)
        .options(joinedload(Message.conversation), joinedload(Message.classification), joinedload(Message.decision))
        .order_by(Message.id.desc())
        .limit(SHOWN_MESSAGES)
    )
    with database.read() as session:
        messages = session.scalars(query).all()[::-1]
        replies = session.scalars(
            select(Delivery).where(Delivery.message_id.in_([message.id for message in messages])).order_by(Delivery.id)
        ).all()
    return [_sent(message, [reply for reply in replies if reply.message_id == message.id]) for message in messages]


def _sent(message: Message, replies: Sequence[Delivery]) -> SentMessage:
    seen = [reply for reply in replies if reply.state not in _NEVER_SEEN]
    return SentMessage(
        message=message,
        channel=Channel(message.conversation.channel),
        reply=seen[-1] if seen else None,
        working=message.handled_at is None or any(reply.state in _ON_ITS_WAY for reply in replies),
    )


def _received_on(practice: Practice) -> str:
    return practice.texts_from or practice.phone


def _sid(kind: str, phone: Phone) -> str:
    return f"{kind}{phone.visitor}{secrets.token_hex(8)}"
