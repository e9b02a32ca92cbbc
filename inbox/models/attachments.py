"""Pictures and files that came with a message, or that members send."""

from __future__ import annotations

import secrets
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from inbox.models.base import Base, now
from inbox.models.column_types import EncryptedText
from inbox.models.conversations import Message


class AttachmentState(StrEnum):
    """Where an attachment is: to be fetched and checked, kept, not accepted, or no longer there."""

    WAITING = "waiting"
    STORED = "stored"
    REFUSED = "refused"
    GONE = "gone"


class AttachmentKind(StrEnum):
    """What a stored attachment is; only pictures, which were drawn anew, are ever shown in the console."""

    PICTURE = "picture"
    PHOTO = "photo"
    PDF = "pdf"
    AUDIO = "audio"
    VIDEO = "video"
    DOCUMENT = "document"


class Refusal(StrEnum):
    """Why an attachment was not accepted."""

    TOO_LARGE = "too_large"
    TOO_MANY_PIXELS = "too_many_pixels"
    TOO_MANY = "too_many"
    UNSUPPORTED = "unsupported"
    ARCHIVE = "archive"
    MACROS = "macros"
    DAMAGED = "damaged"
    FOREIGN = "foreign"
    UNREACHABLE = "unreachable"


class Attachment(Base):
    """One picture or file of a message, at `position` in the message's list of them; or of a member's reply.

    A member's file belongs to `staff_id`'s draft in `conversation_id`, and from the sending on to `delivery_id`.

    Its contents are in the file store under `file_id`, encrypted; `checksum` is the SHA-256 of what was encrypted, and
    `size`, `width`, and `height` describe the same. `reason` says why it was refused. `attempts` counts those to fetch
    and check it, including the one that is running.
    """

    __tablename__ = "attachments"
    __table_args__ = (
        UniqueConstraint("message_id", "position"),
        Index("ix_attachments_due", "state", "next_attempt_at"),
        Index("ix_attachments_of_draft", "conversation_id", "staff_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    message_id: Mapped[int | None] = mapped_column(ForeignKey("messages.id"))
    conversation_id: Mapped[int | None] = mapped_column(ForeignKey("conversations.id"))
    delivery_id: Mapped[int | None] = mapped_column(ForeignKey("deliveries.id"), index=True)
    staff_id: Mapped[int | None]
    position: Mapped[int]
    file_id: Mapped[str] = mapped_column(String(32), unique=True, default=lambda: secrets.token_hex(16))
    state: Mapped[AttachmentState] = mapped_column(String(8), default=AttachmentState.WAITING)
    reason: Mapped[Refusal | None] = mapped_column(String(16))
    kind: Mapped[AttachmentKind | None] = mapped_column(String(8))
    content_type: Mapped[str | None] = mapped_column(String(100))
    size: Mapped[int | None]
    width: Mapped[int | None]
    height: Mapped[int | None]
    checksum: Mapped[str | None] = mapped_column(EncryptedText)
    name: Mapped[str | None] = mapped_column(EncryptedText)
    attempts: Mapped[int] = mapped_column(default=0)
    next_attempt_at: Mapped[datetime] = mapped_column(default=now)
    created_at: Mapped[datetime] = mapped_column(default=now)

    message: Mapped[Message] = relationship()  # of a patient's file
