"""The entities of messages."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from inbox.models.base import Base, now
from inbox.models.column_types import EncryptedJson
from inbox.models.conversations import Message

_WAITING = text("spans IS NULL")


class FoundEntities(Base):
    """The entities of one message, or a note that they are to be found.

    `spans` is None until they are; see `inbox.patients.found_entities`. It holds places in the message's text and
    none of its words. `attempts` counts those to find them, including the one that is running.
    """

    __tablename__ = "found_entities"
    __table_args__ = (Index("ix_found_entities_waiting", "id", sqlite_where=_WAITING, postgresql_where=_WAITING),)

    id: Mapped[int] = mapped_column(primary_key=True)
    message_id: Mapped[int] = mapped_column(ForeignKey("messages.id"), unique=True)
    spans: Mapped[list[list[Any]] | None] = mapped_column(EncryptedJson)
    attempts: Mapped[int] = mapped_column(default=0)
    next_attempt_at: Mapped[datetime] = mapped_column(default=now)
    created_at: Mapped[datetime] = mapped_column(default=now)

    message: Mapped[Message] = relationship()
