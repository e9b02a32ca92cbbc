"""The outbox of staff notifications, and the escalations that someone must acknowledge."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from inbox.models.base import Base, now
from inbox.models.conversations import Message
from intake.vocabulary import Priority


class NotificationState(StrEnum):
    """The state of a staff notification."""

    PENDING = "pending"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    DROPPED = "dropped"


class Notification(Base):
    """One notification to one address of a team: an outbox row. It refers to the message and never contains its text.

    `escalation_step` is the step of the practice's escalation, counted from 1; it is 0 for the first notification.
    `interruptions` counts the attempts whose worker died before it recorded an outcome.
    """

    __tablename__ = "notifications"
    __table_args__ = (
        UniqueConstraint("message_id", "reason", "escalation_step", "team", "target"),
        Index("ix_notifications_due", "state", "next_attempt_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    message_id: Mapped[int] = mapped_column(ForeignKey("messages.id"), index=True)
    reason: Mapped[str] = mapped_column(String(32))
    escalation_step: Mapped[int] = mapped_column(default=0, server_default="0")
    team: Mapped[str] = mapped_column(String(32))
    target: Mapped[str] = mapped_column(String(16))
    priority: Mapped[Priority] = mapped_column(String(8))
    state: Mapped[NotificationState] = mapped_column(String(12), default=NotificationState.PENDING)
    attempts: Mapped[int] = mapped_column(default=0)
    interruptions: Mapped[int] = mapped_column(default=0, server_default="0")
    next_attempt_at: Mapped[datetime] = mapped_column(default=now)
    created_at: Mapped[datetime] = mapped_column(default=now)
    updated_at: Mapped[datetime] = mapped_column(default=now, onupdate=now)

    message: Mapped[Message] = relationship()


class Escalation(Base):
    """An urgent message; until someone acknowledges it, Intake keeps notifying the next contact."""

    __tablename__ = "escalations"
    __table_args__ = (Index("ix_escalations_due", "acknowledged_at", "next_step_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    message_id: Mapped[int] = mapped_column(ForeignKey("messages.id"), unique=True)
    practice: Mapped[str] = mapped_column(String(63))
    step: Mapped[int] = mapped_column(default=0)
    next_step_at: Mapped[datetime] = mapped_column(default=now)
    created_at: Mapped[datetime] = mapped_column(default=now)
    acknowledged_at: Mapped[datetime | None]
    acknowledged_by: Mapped[str | None] = mapped_column(String(80))

    message: Mapped[Message] = relationship()
