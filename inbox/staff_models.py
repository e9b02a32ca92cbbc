"""The tables of the staff's side: who may sign in, what they did, and what they said of messages."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from inbox.column_types import EncryptedText
from inbox.models import Base, Conversation, Message, now


class Role(StrEnum):
    """What a member of staff may do, each more than the one before: answer; settings of the practice; everything."""

    STAFF = "staff"
    MANAGER = "manager"
    ADMIN = "admin"


class ReviewReason(StrEnum):
    """Why a person is asked for a message's label."""

    LOW_CONFIDENCE = "low_confidence"
    OUT_OF_SCOPE = "out_of_scope"
    LANGUAGE = "language"
    SAMPLE = "sample"


class StaffMember(Base):
    """A person who may sign in to the console."""

    __tablename__ = "staff_members"

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String(254), unique=True)
    name: Mapped[str] = mapped_column(String(100))
    role: Mapped[Role] = mapped_column(String(8))
    password_hash: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[datetime] = mapped_column(default=now)
    disabled_at: Mapped[datetime | None]
    failed_sign_ins: Mapped[int] = mapped_column(default=0)
    locked_until: Mapped[datetime | None]
    totp_secret: Mapped[str | None] = mapped_column(EncryptedText)
    totp_last_step: Mapped[int | None]
    recovery_codes: Mapped[list[str]] = mapped_column(JSON, default=list)

    practices: Mapped[list[StaffPractice]] = relationship(cascade="all, delete-orphan", lazy="selectin")


class StaffPractice(Base):
    """A practice that a member of staff works for."""

    __tablename__ = "staff_practices"

    staff_id: Mapped[int] = mapped_column(ForeignKey("staff_members.id"), primary_key=True)
    practice: Mapped[str] = mapped_column(String(63), primary_key=True)


class StaffSession(Base):
    """One browser that is signed in; the cookie holds a random token, and this row its hash."""

    __tablename__ = "staff_sessions"

    id: Mapped[int] = mapped_column(primary_key=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff_members.id"), index=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    browser: Mapped[str] = mapped_column(String(200), default="")
    created_at: Mapped[datetime] = mapped_column(default=now)
    last_seen_at: Mapped[datetime] = mapped_column(default=now)
    revoked_at: Mapped[datetime | None]

    member: Mapped[StaffMember] = relationship()


class AuditEntry(Base):
    """Something that was done: append-only, each chained to the one before by its hash and sealed (`inbox.audit`)."""

    __tablename__ = "audit_entries"
    __table_args__ = (Index("ix_audit_entries_subject", "subject"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    staff_id: Mapped[int | None]
    practice: Mapped[str | None] = mapped_column(String(63))
    action: Mapped[str] = mapped_column(String(40))
    subject: Mapped[str] = mapped_column(String(80))
    detail: Mapped[dict[str, Any]]
    previous_hash: Mapped[str] = mapped_column(String(64), unique=True)
    hash: Mapped[str] = mapped_column(String(64), unique=True)
    seal: Mapped[str] = mapped_column(String(64))


class Note(Base):
    """What staff tell each other about a conversation; patients never see it."""

    __tablename__ = "notes"

    id: Mapped[int] = mapped_column(primary_key=True)
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversations.id"), index=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff_members.id"))
    text: Mapped[str] = mapped_column(EncryptedText)
    created_at: Mapped[datetime] = mapped_column(default=now)

    member: Mapped[StaffMember] = relationship()
    conversation: Mapped[Conversation] = relationship()


class ConversationRead(Base):
    """Up to which message a member of staff has read a conversation."""

    __tablename__ = "conversation_reads"

    staff_id: Mapped[int] = mapped_column(ForeignKey("staff_members.id"), primary_key=True)
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversations.id"), primary_key=True)
    message_id: Mapped[int]


class Review(Base):
    """A message whose label a person is asked for, and what they said.

    `intent`, `confidence` and `threshold` are the model's side of it, `sampling_rate` how probable it was to be asked
    for at all, `claimed_by` who looks at it just now.
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


class Escalation(Base):
    """An urgent message that somebody has to acknowledge; until then, the next contact is told."""

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


class SettingVersion(Base):
    """What a manager changed of a practice's settings over its practices file, numbered from 1 for each practice.

    `overrides` is all that holds in the place of the file's values with this version, `changes` what it changed, both
    JSON; encrypted, as addresses of teams may hold passwords. See `inbox.setting_versions`.
    """

    __tablename__ = "setting_versions"
    __table_args__ = (UniqueConstraint("practice", "version"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    practice: Mapped[str] = mapped_column(String(63))
    version: Mapped[int]
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff_members.id"))
    undoes: Mapped[int | None]
    created_at: Mapped[datetime] = mapped_column(default=now)
    overrides: Mapped[str] = mapped_column(EncryptedText)
    changes: Mapped[str] = mapped_column(EncryptedText)

    member: Mapped[StaffMember] = relationship()
