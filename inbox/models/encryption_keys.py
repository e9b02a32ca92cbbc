"""The encryption keys in use."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from inbox.models.base import Base, now


class EncryptionKey(Base):
    """The fingerprint of a key that rows are encrypted with, which must not be missing from `ENCRYPTION_KEYS`."""

    __tablename__ = "encryption_keys"

    fingerprint: Mapped[str] = mapped_column(String(16), primary_key=True)
    created_at: Mapped[datetime] = mapped_column(default=now)
