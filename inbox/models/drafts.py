"""Replies and notes that members have begun to write."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from inbox.models.base import Base, now
from inbox.models.column_types import EncryptedText


class DraftKind(StrEnum):
    """What a draft becomes: a reply, an internal note, or the note of a transfer.

    `EARLIER` is a reply that was begun before the patient was in danger, and is set aside.
    """

    REPLY = "reply"
    NOTE = "note"
    TRANSFER = "transfer"
    EARLIER = "earlier"


class ReplyDraft(Base):
    """What one member has typed for one conversation and not sent yet, one of each kind; nobody else sees it.

    `mark` is a random text that changes with each save, so that a tab can tell whether it has the newest.
    """

    __tablename__ = "reply_drafts"
    __table_args__ = (UniqueConstraint("conversation_id", "staff_id", "kind"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversations.id"))
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff_members.id"), index=True)
    kind: Mapped[DraftKind] = mapped_column(String(8), default=DraftKind.REPLY)
    text: Mapped[str] = mapped_column(EncryptedText)
    mark: Mapped[str] = mapped_column(String(16))
    updated_at: Mapped[datetime] = mapped_column(default=now)
