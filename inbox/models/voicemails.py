"""Calls, recordings, and transcriptions."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from inbox.models.base import Base, now
from inbox.models.column_types import EncryptedText

_WITHOUT_RECORDING = text("recording_sid IS NULL AND recording <> 'erased'")


class Voicemail(Base):
    """One recording of a call to voicemail, with the merged reports of its callbacks; see `inbox.incoming.voicemail`.

    A call has at most one that has no recording yet.
    """

    __tablename__ = "voicemails"
    __table_args__ = (
        Index("ix_voicemails_waiting", "recording", "message_id", "next_look_at"),
        Index(
            "uq_voicemails_without_recording",
            "call_sid",
            unique=True,
            sqlite_where=_WITHOUT_RECORDING,
            postgresql_where=_WITHOUT_RECORDING,
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    call_sid: Mapped[str] = mapped_column(String(34), index=True)
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
