"""Views of the inbox that members have saved."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from inbox.models.base import Base, now
from inbox.models.column_types import EncryptedText


class SavedView(Base):
    """One member's own view of the inbox; nobody else sees it.

    `query` is the filters as an address has them: known values alone, and never a search. `tag` holds the words of the
    tag to filter by, because its code in an address changes with the key; only a view saved by an older version has
    the code in `query`. `name` is free text, which may name a patient.
    """

    __tablename__ = "saved_views"

    id: Mapped[int] = mapped_column(primary_key=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff_members.id"), index=True)
    name: Mapped[str] = mapped_column(EncryptedText)
    query: Mapped[str] = mapped_column(String(400))
    tag: Mapped[str | None] = mapped_column(EncryptedText)
    created_at: Mapped[datetime] = mapped_column(default=now)
