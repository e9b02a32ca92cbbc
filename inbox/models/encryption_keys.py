"""The keys that rows were written with."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from inbox.models.base import Base, now


class EncryptionKey(Base):
    """A key that rows were written with, by fingerprint: it may not go missing from `ENCRYPTION_KEYS`."""

    __tablename__ = "encryption_keys"

    fingerprint: Mapped[str] = mapped_column(String(16), primary_key=True)
    created_at: Mapped[datetime] = mapped_column(default=now)
