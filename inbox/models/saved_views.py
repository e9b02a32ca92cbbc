"""Views of the inbox that members have saved."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from inbox.column_types import EncryptedText
from inbox.models.base import Base, now


class SavedView(Base):
    """One member's own view of the inbox; nobody else sees it.

    `query` is the filters as an address has them: known values alone, and never a search. `name` is free text, which
    may name a patient.
    """

    __tablename__ = "saved_views"

    id: Mapped[int] = mapped_column(primary_key=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff_members.id"), index=True)
    name: Mapped[str] = mapped_column(EncryptedText)
    query: Mapped[str] = mapped_column(String(400))
    created_at: Mapped[datetime] = mapped_column(default=now)
