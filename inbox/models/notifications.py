"""The outbox of staff notifications, and the alarms (escalations) that someone must acknowledge."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, false, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from inbox.models.base import Base, now
from inbox.models.column_types import EncryptedText
from inbox.models.conversations import Conversation, Message
from intake.vocabulary import Priority


class NotificationState(StrEnum):
    """The state of a staff notification: dropped with its alarm, opted out as its phone texted STOP."""

    PENDING = "pending"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    DROPPED = "dropped"
    OPTED_OUT = "opted_out"


class AlarmEnd(StrEnum):
    """How someone ended an alarm."""

    BUTTON = "button"
    TEXT = "text"
    REPLY = "reply"
    TAKE_OVER = "take_over"
    ASSIGN = "assign"
    WAITING = "waiting"
    CLOSE = "close"
    FALSE_ALARM = "false_alarm"


_CAPPED = text("reason = 'texts_capped'")


class Notification(Base):
    """One notification to one address of a team: an outbox row. It refers to the message and never contains its text.

    `conversation_id` is set only where there is no message: in a conversation in which the patient has not written yet.
    `escalation_step` is the step of the practice's escalation, counted from 1; it is 0 for the first notification.
    `interruptions` counts the attempts whose worker died before it recorded an outcome. `escalation_id` is the alarm
    that an urgent notification belongs to. A `collected` one goes out with others. `told_at` is when it first went
    to whoever carries it, or may have; that stays when it is sent once more. `rounds` is what became of it before it
    was, the first round first: each with its `state`, and when that was (`at`). `provider_ids` are the texts that it
    went out as, which may quote the patient.
    """

    __tablename__ = "notifications"
    __table_args__ = (
        UniqueConstraint("message_id", "reason", "escalation_step", "team", "target"),
        Index("ix_notifications_due", "state", "next_attempt_at"),
        Index("ix_notifications_of_target", "target", "next_attempt_at"),
        Index("ix_notifications_capped", "created_at", sqlite_where=_CAPPED, postgresql_where=_CAPPED),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    message_id: Mapped[int | None] = mapped_column(ForeignKey("messages.id"), index=True)
    conversation_id: Mapped[int | None] = mapped_column(ForeignKey("conversations.id"), index=True)
    reason: Mapped[str] = mapped_column(String(32))
    escalation_step: Mapped[int] = mapped_column(default=0, server_default="0")
    escalation_id: Mapped[int | None] = mapped_column(ForeignKey("escalations.id", ondelete="SET NULL"), index=True)
    collected: Mapped[bool] = mapped_column(default=False, server_default=false())
    team: Mapped[str] = mapped_column(String(32))
    target: Mapped[str] = mapped_column(String(16))
    priority: Mapped[Priority] = mapped_column(String(8))
    state: Mapped[NotificationState] = mapped_column(String(12), default=NotificationState.PENDING)
    attempts: Mapped[int] = mapped_column(default=0)
    interruptions: Mapped[int] = mapped_column(default=0, server_default="0")
    next_attempt_at: Mapped[datetime] = mapped_column(default=now)
    told_at: Mapped[datetime | None]
    rounds: Mapped[list[dict[str, Any]]] = mapped_column(default=list, server_default="[]")
    provider_ids: Mapped[list[str]] = mapped_column(default=list, server_default="[]")
    created_at: Mapped[datetime] = mapped_column(default=now)
    updated_at: Mapped[datetime] = mapped_column(default=now, onupdate=now)

    message: Mapped[Message | None] = relationship()
    conversation: Mapped[Conversation | None] = relationship()
    escalation: Mapped[Escalation | None] = relationship()

    @property
    def about(self) -> Conversation:
        """Return the conversation that it is about."""
        found = self.conversation if self.message is None else self.message.conversation
        if found is None:
            raise ValueError(f"notification {self.id} is about nothing: it needs a message or a conversation")
        return found


_OPEN = text("acknowledged_at IS NULL")


class Escalation(Base):
    """The alarm of a conversation; until someone acknowledges it, Intake keeps notifying the next contact.

    `message_id` is the urgent message that raised it. Further urgent messages of the conversation join it: their
    notifications name it. Staff acknowledge it by text with its `code`, which no other open alarm of the practice has.
    `acknowledged_by` is a name, or the phone number that it was acknowledged from.
    """

    __tablename__ = "escalations"
    __table_args__ = (
        Index("ix_escalations_due", "acknowledged_at", "next_step_at"),
        Index("ix_escalations_open_code", "practice", "code", unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    message_id: Mapped[int] = mapped_column(ForeignKey("messages.id"), index=True)
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversations.id"), index=True)
    practice: Mapped[str] = mapped_column(String(63))
    code: Mapped[str] = mapped_column(String(8))
    step: Mapped[int] = mapped_column(default=0)
    next_step_at: Mapped[datetime] = mapped_column(default=now)
    created_at: Mapped[datetime] = mapped_column(default=now)
    acknowledged_at: Mapped[datetime | None]
    acknowledged_by: Mapped[str | None] = mapped_column(EncryptedText)
    acknowledged_how: Mapped[AlarmEnd | None] = mapped_column(String(16))

    message: Mapped[Message] = relationship()
    conversation: Mapped[Conversation] = relationship()
