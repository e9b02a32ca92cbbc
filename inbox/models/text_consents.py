"""Patients who agreed to texts."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column

from inbox.models.base import Base, now


class TextConsent(Base):
    """The wording that a patient agreed to by giving a number in a chat or a contact form. It says nothing of them."""

    __tablename__ = "text_consents"

    id: Mapped[int] = mapped_column(primary_key=True)
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversations.id"), index=True)
    wording: Mapped[str] = mapped_column(Text)
    given_at: Mapped[datetime] = mapped_column(default=now)
