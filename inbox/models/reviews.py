"""Reviews of messages by staff."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from inbox.models.base import Base, now
from inbox.models.conversations import Message
from inbox.models.staff import StaffMember


class ReviewReason(StrEnum):
    """Why a message needs a review."""

    LOW_CONFIDENCE = "low_confidence"
    OUT_OF_SCOPE = "out_of_scope"
    LANGUAGE = "language"
    LONG = "long"
    SAMPLE = "sample"


class Review(Base):
    """A review of a message: the model's prediction, and the label that a person chose.

    `intent` and `confidence` are the model's prediction, and `threshold` is the one that applied. `sampling_rate` is
    the probability that the message was selected for review. `claimed_by` is the member who is reviewing it now.
    """

    __tablename__ = "reviews"
    __table_args__ = (Index("ix_reviews_open", "practice", "decided_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    message_id: Mapped[int] = mapped_column(ForeignKey("messages.id"), unique=True)
    practice: Mapped[str] = mapped_column(String(63))
    reason: Mapped[ReviewReason] = mapped_column(String(16))
    model_version: Mapped[str] = mapped_column(String(32))
    intent: Mapped[str] = mapped_column(String(32))
    confidence: Mapped[float]
    threshold: Mapped[float]
    sampling_rate: Mapped[float]
    created_at: Mapped[datetime] = mapped_column(default=now)
    claimed_by: Mapped[int | None]
    claimed_until: Mapped[datetime | None]
    decided_at: Mapped[datetime | None]
    staff_id: Mapped[int | None] = mapped_column(ForeignKey("staff_members.id"))
    label: Mapped[str | None] = mapped_column(String(32))

    message: Mapped[Message] = relationship()
    member: Mapped[StaffMember | None] = relationship()
