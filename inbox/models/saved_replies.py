"""Saved replies: texts that staff put into their replies."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, false
from sqlalchemy.orm import Mapped, mapped_column

from inbox.models.base import Base, now
from inbox.models.column_types import EncryptedText


class SavedReply(Base):
    """A saved reply of a practice, or of one member, who alone sees it.

    It has either a `practice` or a `staff_id`. `text_es` is the Spanish variant. `version` counts the changes, so that
    of two who edit at once, the second is told. `starter` is the key of the reply of the starter set that it replaces,
    and `is_hidden` says whether the practice wants none of that.
    """

    __tablename__ = "saved_replies"
    __table_args__ = (Index("ix_saved_replies_starter", "practice", "starter", unique=True),)

    id: Mapped[int] = mapped_column(primary_key=True)
    practice: Mapped[str | None] = mapped_column(String(63), index=True)
    staff_id: Mapped[int | None] = mapped_column(ForeignKey("staff_members.id"), index=True)
    name: Mapped[str] = mapped_column(EncryptedText)
    text: Mapped[str] = mapped_column(EncryptedText)
    text_es: Mapped[str | None] = mapped_column(EncryptedText)
    starter: Mapped[str | None] = mapped_column(String(32))
    is_hidden: Mapped[bool] = mapped_column(default=False, server_default=false())
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime] = mapped_column(default=now)
    updated_at: Mapped[datetime] = mapped_column(default=now)
