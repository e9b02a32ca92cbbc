"""What members just did and can still undo."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from inbox.models.base import Base, now


class UndoKind(StrEnum):
    """What can be undone."""

    REPLY = "reply"
    CLOSE = "close"
    LABEL = "label"
    TRANSFER = "transfer"
    MESSAGE = "message"
    SNOOZE = "snooze"
    LOWERING = "lowering"
    ALARM = "alarm"
    WAITING = "waiting"
    CALL = "call"


class Undo(Base):
    """One thing that a member did to a conversation, and how to undo it; what it sends waits until `until`.

    `before` and `after` are the conversation's standing, as `inbox.conversations.undo` says. `ended` holds the ids of
    the alarms that it ended. `added` holds the ids of the notices and the note that a transfer
    added; of a message from a patient's record, the record, whether the conversation began with it, and for when it was
    scheduled; of a call, its note, and whether it counts as a word to the patient;
    of a reply for later, when it goes out; of a held one that was sent anyway, for when it was scheduled;
    None for anything else. What was done to several conversations together shares a `batch`. It holds nothing of a
    patient.
    """

    __tablename__ = "undos"
    __table_args__ = (Index("ix_undos_of_member", "staff_id", "until"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff_members.id"))
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversations.id"), index=True)
    kind: Mapped[UndoKind] = mapped_column(String(8))
    batch: Mapped[str] = mapped_column(String(32))
    delivery_id: Mapped[int | None]
    review_id: Mapped[int | None]
    before: Mapped[dict[str, Any]]
    after: Mapped[dict[str, Any]]
    ended: Mapped[dict[str, Any]]
    added: Mapped[dict[str, Any] | None]
    until: Mapped[datetime]
    created_at: Mapped[datetime] = mapped_column(default=now)
    undone_at: Mapped[datetime | None]
