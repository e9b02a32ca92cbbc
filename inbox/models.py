"""The tables. Patient text, names and numbers sit in encrypted columns only; a number is found by its blind index."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, MetaData, String, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from inbox.column_types import EncryptedText, Timestamp


def now() -> datetime:
    """Return the current moment, aware, in UTC."""
    return datetime.now(UTC)


class Channel(StrEnum):
    """How a message came in."""

    SMS = "sms"
    VOICEMAIL = "voicemail"
    CHAT = "chat"
    WEB_FORM = "web_form"
    EMAIL = "email"


class Medium(StrEnum):
    """How a reply goes out."""

    SMS = "sms"
    CHAT = "chat"
    EMAIL = "email"


class Keyword(StrEnum):
    """What a one-word text asks of the sender rather than of the practice."""

    STOP = "stop"
    START = "start"
    HELP = "help"


class ConversationState(StrEnum):
    """Whether staff still have something to do: open, waiting for the patient, or closed."""

    OPEN = "open"
    WAITING = "waiting"
    CLOSED = "closed"


class LineType(StrEnum):
    """What a number is known to be; a landline receives no texts."""

    UNKNOWN = "unknown"
    MOBILE = "mobile"
    LANDLINE = "landline"


class DeliveryState(StrEnum):
    """Where an outgoing reply stands; see `tasks.delivery.states` for the moves between them."""

    PENDING = "pending"
    SENDING = "sending"
    UNKNOWN = "unknown"
    SENT = "sent"
    DELIVERED = "delivered"
    FAILED = "failed"
    SUPPRESSED = "suppressed"
    NOT_SENT = "not_sent"


class NotificationState(StrEnum):
    """Where a staff notification stands."""

    PENDING = "pending"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    DROPPED = "dropped"


class Base(DeclarativeBase):
    """Declarative base with stable constraint names, so that migrations can change them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {datetime: Timestamp, dict[str, Any]: JSON}  # noqa: RUF012 (read by SQLAlchemy)


class EncryptionKey(Base):
    """A key that rows were written with, by fingerprint: it may not go missing from `ENCRYPTION_KEYS`."""

    __tablename__ = "encryption_keys"

    fingerprint: Mapped[str] = mapped_column(String(16), primary_key=True)
    created_at: Mapped[datetime] = mapped_column(default=now)


class Conversation(Base):
    """One patient's thread with one practice on one channel.

    A chat has no address that proves who the patient is: it is found by its random `public_id`, and what they gave to
    be reached at stays a contact. `entries` counts what the patient has seen of a chat, see `inbox.chat`. What staff
    have to do about it (`state`, `intent`, `team`, `priority`) is kept up to date by `inbox.conversation_state`.
    """

    __tablename__ = "conversations"
    __table_args__ = (UniqueConstraint("practice", "channel", "patient_index"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    practice: Mapped[str] = mapped_column(String(63))
    channel: Mapped[Channel] = mapped_column(String(16))
    patient_address: Mapped[str | None] = mapped_column(EncryptedText)
    patient_index: Mapped[str | None] = mapped_column(String(32))
    created_at: Mapped[datetime] = mapped_column(default=now)
    staff_took_over_at: Mapped[datetime | None]
    line_type: Mapped[LineType] = mapped_column(
        String(8), default=LineType.UNKNOWN, server_default=LineType.UNKNOWN.value
    )
    public_id: Mapped[str | None] = mapped_column(String(32), unique=True, index=True)
    patient_name: Mapped[str | None] = mapped_column(EncryptedText)
    contact_phone: Mapped[str | None] = mapped_column(EncryptedText)
    contact_email: Mapped[str | None] = mapped_column(EncryptedText)
    entries: Mapped[int] = mapped_column(default=0, server_default="0")
    state: Mapped[ConversationState] = mapped_column(
        String(8), default=ConversationState.OPEN, server_default=ConversationState.OPEN.value
    )
    assigned_to: Mapped[int | None]
    last_activity_at: Mapped[datetime | None] = mapped_column(default=now, index=True)
    last_message_id: Mapped[int | None]
    intent: Mapped[str | None] = mapped_column(String(32))
    team: Mapped[str | None] = mapped_column(String(32))
    priority: Mapped[str | None] = mapped_column(String(8))


class Message(Base):
    """One message from a patient, as it arrived."""

    __tablename__ = "messages"
    __table_args__ = (
        UniqueConstraint("provider", "provider_id"),
        Index("ix_messages_entry", "conversation_id", "entry", unique=True),
        Index("ix_messages_unhandled", "handled_at", "next_attempt_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversations.id"), index=True)
    provider: Mapped[str] = mapped_column(String(16))
    provider_id: Mapped[str] = mapped_column(String(64))
    received_on: Mapped[str] = mapped_column(String(64))
    text: Mapped[str] = mapped_column(EncryptedText)
    subject: Mapped[str | None] = mapped_column(EncryptedText)
    media: Mapped[str | None] = mapped_column(EncryptedText)
    sender_message_id: Mapped[str | None] = mapped_column(EncryptedText)
    entry: Mapped[int | None]
    keyword: Mapped[Keyword | None] = mapped_column(String(8))
    keyword_answered: Mapped[bool] = mapped_column(default=False)
    keyword_changed_consent: Mapped[bool] = mapped_column(default=False)
    received_at: Mapped[datetime] = mapped_column(default=now)
    handled_at: Mapped[datetime | None]
    failures: Mapped[int] = mapped_column(default=0)
    next_attempt_at: Mapped[datetime] = mapped_column(default=now)

    conversation: Mapped[Conversation] = relationship()
    classification: Mapped[Classification | None] = relationship(back_populates="message")
    decision: Mapped[Decision | None] = relationship(back_populates="message")


class Classification(Base):
    """What the model and the screens said of a message."""

    __tablename__ = "classifications"

    id: Mapped[int] = mapped_column(primary_key=True)
    message_id: Mapped[int] = mapped_column(ForeignKey("messages.id"), unique=True)
    model_version: Mapped[str] = mapped_column(String(32))
    intent: Mapped[str] = mapped_column(String(32))
    confidence: Mapped[float]
    probabilities: Mapped[dict[str, Any]]
    urgent: Mapped[bool]
    acknowledgement: Mapped[bool]
    created_at: Mapped[datetime] = mapped_column(default=now)

    message: Mapped[Message] = relationship(back_populates="classification")


class Decision(Base):
    """What was decided about a message, and why."""

    __tablename__ = "decisions"

    id: Mapped[int] = mapped_column(primary_key=True)
    message_id: Mapped[int] = mapped_column(ForeignKey("messages.id"), unique=True)
    route: Mapped[str] = mapped_column(String(32))
    reply: Mapped[str | None] = mapped_column(String(32))
    team: Mapped[str | None] = mapped_column(String(32))
    priority: Mapped[str | None] = mapped_column(String(8))
    why: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[datetime] = mapped_column(default=now)

    message: Mapped[Message] = relationship(back_populates="decision")


class Delivery(Base):
    """One reply to a patient: an outbox row, written in the transaction that decided it."""

    __tablename__ = "deliveries"
    __table_args__ = (
        UniqueConstraint("message_id", "reply"),
        Index("ix_deliveries_entry", "conversation_id", "entry", unique=True),
        Index("ix_deliveries_due", "state", "next_attempt_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversations.id"), index=True)
    message_id: Mapped[int | None] = mapped_column(ForeignKey("messages.id"))
    reply: Mapped[str] = mapped_column(String(32))
    medium: Mapped[Medium] = mapped_column(String(8), default=Medium.SMS, server_default=Medium.SMS.value)
    sender: Mapped[str] = mapped_column(String(64))
    body: Mapped[str] = mapped_column(EncryptedText)
    entry: Mapped[int | None]
    state: Mapped[DeliveryState] = mapped_column(String(12), default=DeliveryState.PENDING)
    attempts: Mapped[int] = mapped_column(default=0)
    next_attempt_at: Mapped[datetime] = mapped_column(default=now)
    sending_at: Mapped[datetime | None]
    provider_id: Mapped[str | None] = mapped_column(String(64), unique=True)
    error_code: Mapped[str | None] = mapped_column(String(32))
    staff_id: Mapped[int | None]
    form_id: Mapped[str | None] = mapped_column(String(32), unique=True)
    created_at: Mapped[datetime] = mapped_column(default=now)
    updated_at: Mapped[datetime] = mapped_column(default=now, onupdate=now)

    conversation: Mapped[Conversation] = relationship()
    message: Mapped[Message | None] = relationship()


class Notification(Base):
    """One notice to one address of a team: an outbox row. It names the message, never its text."""

    __tablename__ = "notifications"
    __table_args__ = (
        UniqueConstraint("message_id", "reason", "team", "target"),
        Index("ix_notifications_due", "state", "next_attempt_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    message_id: Mapped[int] = mapped_column(ForeignKey("messages.id"), index=True)
    reason: Mapped[str] = mapped_column(String(32))
    team: Mapped[str] = mapped_column(String(32))
    target: Mapped[str] = mapped_column(String(16))
    priority: Mapped[str] = mapped_column(String(8))
    state: Mapped[NotificationState] = mapped_column(String(12), default=NotificationState.PENDING)
    attempts: Mapped[int] = mapped_column(default=0)
    next_attempt_at: Mapped[datetime] = mapped_column(default=now)
    created_at: Mapped[datetime] = mapped_column(default=now)
    updated_at: Mapped[datetime] = mapped_column(default=now, onupdate=now)

    message: Mapped[Message] = relationship()


class Voicemail(Base):
    """One call to the voicemail and all that callbacks said of it; see `inbox.voicemail` for how they are merged."""

    __tablename__ = "voicemails"
    __table_args__ = (Index("ix_voicemails_waiting", "recording", "message_id", "next_look_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    call_sid: Mapped[str] = mapped_column(String(34), unique=True)
    practice: Mapped[str] = mapped_column(String(63))
    caller: Mapped[str | None] = mapped_column(EncryptedText)
    received_on: Mapped[str] = mapped_column(String(64))
    recording: Mapped[str] = mapped_column(String(12), default="unknown")
    recording_sid: Mapped[str | None] = mapped_column(String(34), unique=True)
    recording_url: Mapped[str | None] = mapped_column(EncryptedText)
    duration_seconds: Mapped[int | None]
    transcription: Mapped[str] = mapped_column(String(12), default="waiting")
    text: Mapped[str] = mapped_column(EncryptedText, default="")
    created_at: Mapped[datetime] = mapped_column(default=now)
    recorded_at: Mapped[datetime | None]
    next_look_at: Mapped[datetime] = mapped_column(default=now)
    message_id: Mapped[int | None] = mapped_column(ForeignKey("messages.id"), unique=True)


class OptOut(Base):
    """A number's wish not to be texted by a practice; kept, inactive, when the patient opts in again."""

    __tablename__ = "opt_outs"
    __table_args__ = (UniqueConstraint("practice", "patient_index"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    practice: Mapped[str] = mapped_column(String(63))
    patient_address: Mapped[str] = mapped_column(EncryptedText)
    patient_index: Mapped[str] = mapped_column(String(32))
    active: Mapped[bool] = mapped_column(default=True)
    changed_at: Mapped[datetime] = mapped_column(default=now)
