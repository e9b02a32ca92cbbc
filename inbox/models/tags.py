"""Tags: words that staff put on conversations."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from inbox.models.base import Base, now
from inbox.models.column_types import EncryptedText


class ConversationTag(Base):
    """A tag of a conversation.

    `tag_index` is a keyed hash of the practice and the tag, by which the inbox filters; see
    `inbox.conversations.tag_words`. `practice` is that of the conversation.
    """

    __tablename__ = "conversation_tags"
    __table_args__ = (Index("ix_conversation_tags_found", "practice", "tag_index", "conversation_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversations.id"), index=True)
    practice: Mapped[str] = mapped_column(String(63))
    tag: Mapped[str] = mapped_column(EncryptedText)
    tag_index: Mapped[str] = mapped_column(String(32))
    created_at: Mapped[datetime] = mapped_column(default=now)
