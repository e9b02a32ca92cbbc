"""The questions that a practice answers automatically, and which of them were asked."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from inbox.models.base import Base, now


class AskedOutcome(StrEnum):
    """Whether a question was found, and whether the practice has an answer to it."""

    ANSWERED = "answered"
    WITHHELD = "withheld"
    NO_ANSWER = "no_answer"
    UNCLEAR = "unclear"


class CommonQuestion(Base):
    """A question with the practice's own answer, or a question of the starter set whose phrasings it changed.

    `key` is that of the starter set, or one made for a question of the practice's own. An empty answer answers
    nothing; the Spanish one is optional.
    """

    __tablename__ = "common_questions"
    __table_args__ = (UniqueConstraint("practice", "key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    practice: Mapped[str] = mapped_column(String(63))
    key: Mapped[str] = mapped_column(String(63))
    title: Mapped[str] = mapped_column(String(120))
    phrasings: Mapped[list[str]]
    answer: Mapped[str] = mapped_column(Text)
    answer_es: Mapped[str] = mapped_column(Text, default="", server_default=text("''"))
    updated_at: Mapped[datetime] = mapped_column(default=now)


class AskedQuestion(Base):
    """The common question that a message is closest to. It says nothing of the message's words.

    It is written only for messages that may be answered, and only if they are near a question at all. `withheld` means
    that there is an answer and that another reply, or none, was called for.
    """

    __tablename__ = "asked_questions"
    __table_args__ = (Index("ix_asked_questions_practice_asked_at", "practice", "asked_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    message_id: Mapped[int] = mapped_column(ForeignKey("messages.id"), unique=True)
    practice: Mapped[str] = mapped_column(String(63))
    key: Mapped[str] = mapped_column(String(63))
    similarity: Mapped[float]
    outcome: Mapped[AskedOutcome] = mapped_column(String(16))
    asked_at: Mapped[datetime] = mapped_column(default=now)
