"""Leases: which process may do what only one may do at a time."""

from __future__ import annotations

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from inbox.models.base import Base


class Lease(Base):
    """The right to do something alone until a moment; see `inbox.storage.leases`.

    `expires_at` is in seconds since 1970 by the database's clock, so that machines need not agree on the time.
    """

    __tablename__ = "leases"

    name: Mapped[str] = mapped_column(String(32), primary_key=True)
    holder: Mapped[str] = mapped_column(String(32), default="")
    expires_at: Mapped[float] = mapped_column(default=0.0)
