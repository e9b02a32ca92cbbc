"""Deleting data when its time is over, at the carrier too, and coming back from a backup."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from inbox.models.base import Base, now


class ErasureKind(StrEnum):
    """What must be erased: a text's body, a picture of a text, or a recording at the carrier, or a file here."""

    MESSAGE = "message"
    MEDIA = "media"
    RECORDING = "recording"
    FILE = "file"


class CarrierErasure(Base):
    """Something that must still be erased: an outbox row, deleted once the carrier or the file store confirms.

    `parent_id` is the text that a picture came with. A file of an attachment waits here, too: it must outlive a
    transaction that fails, and must not outlive one that succeeds.
    """

    __tablename__ = "carrier_erasures"
    __table_args__ = (UniqueConstraint("kind", "provider_id"), Index("ix_carrier_erasures_due", "next_attempt_at"))

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[ErasureKind] = mapped_column(String(12))
    provider_id: Mapped[str] = mapped_column(String(64))
    parent_id: Mapped[str | None] = mapped_column(String(64))
    attempts: Mapped[int] = mapped_column(default=0)
    next_attempt_at: Mapped[datetime] = mapped_column(default=now)
    created_at: Mapped[datetime] = mapped_column(default=now)


class RetentionRun(Base):
    """When a practice's data is next checked against its retention limits."""

    __tablename__ = "retention_runs"

    id: Mapped[int] = mapped_column(primary_key=True)
    practice: Mapped[str] = mapped_column(String(63), unique=True)
    next_run_at: Mapped[datetime] = mapped_column(default=now)


class RestoredBackup(Base):
    """A backup that this database was restored from.

    `last_message_id` is the newest message in it, None if an older version restored it. `made_at` is a little earlier.
    """

    __tablename__ = "restored_backups"

    id: Mapped[int] = mapped_column(primary_key=True)
    made_at: Mapped[datetime]
    last_message_id: Mapped[int | None]
    restored_at: Mapped[datetime] = mapped_column(default=now)
