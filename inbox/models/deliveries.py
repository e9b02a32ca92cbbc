"""The outbox of replies to patients."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from inbox.models.base import Base, now
from inbox.models.column_types import EncryptedText
from inbox.models.conversations import Conversation, Message
from intake.vocabulary import Medium


class DeliveryState(StrEnum):
    """The state of an outgoing reply; see `tasks.delivery.states` for the transitions."""

    PENDING = "pending"
    SENDING = "sending"
    UNKNOWN = "unknown"
    SENT = "sent"
    DELIVERED = "delivered"
    FAILED = "failed"
    SUPPRESSED = "suppressed"
    NOT_SENT = "not_sent"
    UNCONFIRMED = "unconfirmed"
    HELD = "held"


UNDELIVERED = (
    DeliveryState.FAILED,
    DeliveryState.SUPPRESSED,
    DeliveryState.NOT_SENT,
    DeliveryState.UNCONFIRMED,
    DeliveryState.HELD,
)
"""The states of a reply that the patient does not have, or may not have: staff have to look again."""
NEVER_ARRIVED = (DeliveryState.FAILED, DeliveryState.SUPPRESSED, DeliveryState.HELD)
"""The states of a reply that answered nobody."""


_UNINDEXED = text("indexed_with IS NULL AND message_id IS NULL AND emptied_at IS NULL")


class Delivery(Base):
    """One reply to a patient: an outbox row, written in the transaction that decides to send it.

    While a send is unanswered, `searches` counts the clean searches of the carrier's list in a row; `searched_at` is
    the last one's time by the carrier's clock. `scheduled_for` is when staff want it sent; until then, it is pending.
    `seen_up_to` is the patient's newest message when it was scheduled, or when staff confirmed it since: a later one
    holds it, as `inbox.conversations.written_since` says.
    The search finds what staff wrote; `indexed_with` is the fingerprint of the key under which it does. `answered` is
    how pressing the conversation was when staff replied, as `inbox.conversations.state` says; it holds nothing of a
    patient.
    """

    __tablename__ = "deliveries"
    __table_args__ = (
        UniqueConstraint("message_id", "reply"),
        Index("ix_deliveries_entry", "conversation_id", "entry", unique=True),
        Index("ix_deliveries_due", "state", "next_attempt_at"),
        Index("ix_deliveries_kept", "emptied_at", "created_at"),
        Index("ix_deliveries_unindexed", "id", sqlite_where=_UNINDEXED, postgresql_where=_UNINDEXED),
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
    searches: Mapped[int] = mapped_column(default=0, server_default="0")
    searched_at: Mapped[datetime | None]
    provider_id: Mapped[str | None] = mapped_column(String(64), unique=True)
    error_code: Mapped[str | None] = mapped_column(String(32))
    staff_id: Mapped[int | None]
    form_id: Mapped[str | None] = mapped_column(String(32), unique=True)
    created_at: Mapped[datetime] = mapped_column(default=now)
    updated_at: Mapped[datetime] = mapped_column(default=now, onupdate=now)
    emptied_at: Mapped[datetime | None]
    scheduled_for: Mapped[datetime | None]
    seen_up_to: Mapped[int | None]
    indexed_with: Mapped[str | None] = mapped_column(String(16))
    answered: Mapped[dict[str, Any] | None]

    conversation: Mapped[Conversation] = relationship()
    message: Mapped[Message | None] = relationship()
