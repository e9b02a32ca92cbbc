"""Conversations, messages, and their classifications and routing decisions."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, false, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from inbox.models.base import Base, now
from inbox.models.column_types import EncryptedText
from intake.vocabulary import Channel, DangerKind, Disposition, Language, Priority, SenderDoubt, Silence, TriageLevel


class Keyword(StrEnum):
    """A keyword that changes or explains a patient's consent to texts."""

    STOP = "stop"
    START = "start"
    HELP = "help"


class ConversationState(StrEnum):
    """Whether staff must act: open, waiting on the patient, or closed."""

    OPEN = "open"
    WAITING = "waiting"
    CLOSED = "closed"


class LineType(StrEnum):
    """The line type of a number; a landline cannot receive texts."""

    UNKNOWN = "unknown"
    MOBILE = "mobile"
    LANDLINE = "landline"


_FLAGGED = text("unsafe_by IS NOT NULL")


class Conversation(Base):
    """One patient's thread with one practice on one channel.

    A chat has no address that proves who the patient is. It is found by its random `public_id`. `patient_name` is the
    first name that was given. `contact_phone` and `contact_email` are those of a sender without an address; what others
    give stays with their message, because anyone can write as if from another's address. `entries` counts the lines of
    a chat that the patient has seen; see `inbox.incoming.chat`. `inbox.conversations.state` keeps `state`, `intent`,
    `team`, `priority`, `triage`, and `danger` up to date. While `held_at` is set, the conversation is under legal hold;
    `held_by` is the member who placed it, None for the command line. Once `chat_ended_at` is set, the
    patient can no longer continue the chat. `listed_at` is its place in the inbox, the newest first: the last activity,
    or the end of a snooze. Until `snoozed_until`, no view shows it. `waiting_since` is when the patient wrote what
    nobody has answered, None if nobody needs to. `chat_seen_at` is about when the patient's
    browser last asked for news. `placed_at` is when a member last assigned or transferred it, None if nobody has.
    `insurance_asked_at` is when an automatic reply asked for missing insurance details. While `unsafe_since` is set,
    the patient says that somebody else may read what is sent there; `unsafe_by` is the member who set it, None if the
    patient's own words did, `unsafe_page` adds the open page of a chat, and `unsafe_alone` means that nothing proves
    who said it; see `inbox.contact.unsafe_contact`. Until `safe_until`, automatic replies go out all the same, as
    the patient said since that it is safe for now; at its `safe_hours`, too, as they named these (see
    `inbox.contact.safe_hours`). `other_writer_at` is when somebody else last seemed to write from the patient's phone,
    and `text_only_since` since when they say that they can't be called, on each conversation of the number.
    Until `quiet_until`, automatic replies stay out (see `inbox.contact.quiet`).
    `answered_up_to` is the newest message that whoever last answered or
    closed it had been shown, None if nothing tells.
    """

    __tablename__ = "conversations"
    __table_args__ = (
        UniqueConstraint("practice", "channel", "patient_index"),
        Index("ix_conversations_found", "practice", "patient_index"),
        Index(
            "ix_conversations_flagged", "practice", "patient_index", sqlite_where=_FLAGGED, postgresql_where=_FLAGGED
        ),
        Index("ix_conversations_listed", "practice", "state", "listed_at", "id"),
        Index("ix_conversations_listed_at", "listed_at", "id"),
        Index(  # holds all that the views' counts need
            "ix_conversations_counted",
            *("practice", "state", "assigned_to", "team", "priority", "snoozed_until", "last_message_id", "id"),
        ),
    )

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
    placed_at: Mapped[datetime | None]
    last_activity_at: Mapped[datetime | None] = mapped_column(default=now, index=True)
    last_message_id: Mapped[int | None]
    intent: Mapped[str | None] = mapped_column(String(32))
    team: Mapped[str | None] = mapped_column(String(32))
    priority: Mapped[Priority | None] = mapped_column(String(8))
    triage: Mapped[TriageLevel | None] = mapped_column(String(16))
    danger: Mapped[DangerKind | None] = mapped_column(String(16))
    held_at: Mapped[datetime | None]
    held_by: Mapped[int | None]
    chat_ended_at: Mapped[datetime | None]
    listed_at: Mapped[datetime | None] = mapped_column(default=now)
    snoozed_until: Mapped[datetime | None]
    waiting_since: Mapped[datetime | None]
    chat_seen_at: Mapped[datetime | None]
    insurance_asked_at: Mapped[datetime | None]
    unsafe_since: Mapped[datetime | None]
    unsafe_by: Mapped[int | None]
    safe_until: Mapped[datetime | None]
    safe_hours: Mapped[str | None] = mapped_column(String(64))
    answered_up_to: Mapped[int | None]
    unsafe_page: Mapped[bool] = mapped_column(default=False, server_default=false())
    unsafe_alone: Mapped[bool] = mapped_column(default=False, server_default=false())
    other_writer_at: Mapped[datetime | None]
    text_only_since: Mapped[datetime | None]
    quiet_until: Mapped[datetime | None]


_UNINDEXED = text("indexed_with IS NULL AND emptied_at IS NULL")


class Message(Base):
    """One message from a patient, as it arrived.

    The `claimed` columns are the contact details that came with it, which nothing proves. `failures` counts the
    attempts to handle it that have not succeeded, including the one that is running. `emptied_at` is when retention
    deleted everything that the patient wrote; see `inbox.retention.limits`. `trimmed` is what an email holds beside its
    sender's words: quoted messages, and a signature; or what was typed into a form's fields and can't be used.
    `doubt` is why it gets no automatic reply, mostly as its sender is not believed. `indexed_with` is the fingerprint
    of the key under which the search finds it, None if it is not indexed yet; see `inbox.search.index`.
    """

    __tablename__ = "messages"
    __table_args__ = (
        UniqueConstraint("provider", "provider_id"),
        Index("ix_messages_entry", "conversation_id", "entry", unique=True),
        Index("ix_messages_unhandled", "handled_at", "next_attempt_at"),
        Index("ix_messages_kept", "emptied_at", "received_at"),
        Index("ix_messages_unindexed", "id", sqlite_where=_UNINDEXED, postgresql_where=_UNINDEXED),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversations.id"), index=True)
    provider: Mapped[str] = mapped_column(String(16))
    provider_id: Mapped[str] = mapped_column(String(64))
    received_on: Mapped[str] = mapped_column(String(64))
    text: Mapped[str] = mapped_column(EncryptedText)
    subject: Mapped[str | None] = mapped_column(EncryptedText)
    trimmed: Mapped[str | None] = mapped_column(EncryptedText)
    media: Mapped[str | None] = mapped_column(EncryptedText)
    sender_message_id: Mapped[str | None] = mapped_column(EncryptedText)
    claimed_name: Mapped[str | None] = mapped_column(EncryptedText)
    claimed_phone: Mapped[str | None] = mapped_column(EncryptedText)
    claimed_email: Mapped[str | None] = mapped_column(EncryptedText)
    entry: Mapped[int | None]
    keyword: Mapped[Keyword | None] = mapped_column(String(8))
    keyword_answered: Mapped[bool] = mapped_column(default=False)
    keyword_changed_consent: Mapped[bool] = mapped_column(default=False)
    received_at: Mapped[datetime] = mapped_column(default=now)
    handled_at: Mapped[datetime | None]
    failures: Mapped[int] = mapped_column(default=0)
    next_attempt_at: Mapped[datetime] = mapped_column(default=now)
    emptied_at: Mapped[datetime | None]
    doubt: Mapped[SenderDoubt | None] = mapped_column(String(16))
    indexed_with: Mapped[str | None] = mapped_column(String(16))

    conversation: Mapped[Conversation] = relationship()
    classification: Mapped[Classification | None] = relationship(back_populates="message")
    decision: Mapped[Decision | None] = relationship(back_populates="message")


class Classification(Base):
    """The result of the model and the screens for a message: an `Understanding`, stored.

    `partly_read` is whether the message was too long for the model to read all of it. `also` holds the message's other
    clear intents, the surest first, as `{"intent": …, "confidence": …}`.
    """

    __tablename__ = "classifications"

    id: Mapped[int] = mapped_column(primary_key=True)
    message_id: Mapped[int] = mapped_column(ForeignKey("messages.id"), unique=True)
    model_version: Mapped[str] = mapped_column(String(32))
    intent: Mapped[str] = mapped_column(String(32))
    confidence: Mapped[float]
    probabilities: Mapped[dict[str, Any]]
    triage: Mapped[TriageLevel] = mapped_column(String(16))
    danger: Mapped[DangerKind | None] = mapped_column(String(16))
    language: Mapped[Language] = mapped_column(String(8))
    disposition: Mapped[Disposition] = mapped_column(String(16))
    praise: Mapped[bool] = mapped_column(default=False)
    partly_read: Mapped[bool] = mapped_column(default=False, server_default=false())
    also: Mapped[list[dict[str, Any]]] = mapped_column(default=list)
    created_at: Mapped[datetime] = mapped_column(default=now)

    message: Mapped[Message] = relationship(back_populates="classification")

    @property
    def urgent(self) -> bool:
        """Whether the message is an emergency."""
        return self.triage == TriageLevel.EMERGENCY

    @property
    def acknowledgement(self) -> bool:
        """Whether the message needs no reply."""
        return self.disposition == Disposition.ACKNOWLEDGEMENT


class Decision(Base):
    """The routing decision for a message, and the reason.

    `silence` is why no reply went out although the route has one; rows from before it was kept have it in `why` alone.
    """

    __tablename__ = "decisions"

    id: Mapped[int] = mapped_column(primary_key=True)
    message_id: Mapped[int] = mapped_column(ForeignKey("messages.id"), unique=True)
    route: Mapped[str] = mapped_column(String(32))
    reply: Mapped[str | None] = mapped_column(String(32))
    team: Mapped[str | None] = mapped_column(String(32))
    priority: Mapped[Priority | None] = mapped_column(String(8))
    why: Mapped[str] = mapped_column(Text)
    silence: Mapped[Silence | None] = mapped_column(String(16))
    created_at: Mapped[datetime] = mapped_column(default=now)

    message: Mapped[Message] = relationship(back_populates="decision")
