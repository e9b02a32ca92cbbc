"""What calls a member to a conversation: a mention, an assignment, a held message; and the mail about it."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from inbox.models.base import Base, now
from inbox.models.conversations import Conversation
from inbox.models.notifications import NotificationState
from inbox.models.staff import StaffMember


class NoticeReason(StrEnum):
    """Why a member is called to a conversation."""

    MENTIONED = "mentioned"
    ASSIGNED = "assigned"
    HELD = "held"


class MemberNotice(Base):
    """A call to a conversation, which is unread for the member until `seen_at`.

    A colleague calls them, or a scheduled message is held; then `by_staff_id` is who scheduled it.

    `mail_state` makes it an outbox row: it is None if the member wants no mail. `mailed_at` is when an attempt to mail
    it last began. It holds nothing of a patient.
    """

    __tablename__ = "member_notices"
    __table_args__ = (
        Index("ix_member_notices_of_member", "staff_id", "seen_at", "conversation_id"),
        Index(
            "ix_member_notices_due",
            *("mail_state", "next_attempt_at"),
            sqlite_where=text("mail_state IS NOT NULL"),
            postgresql_where=text("mail_state IS NOT NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff_members.id"))
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversations.id"), index=True)
    reason: Mapped[NoticeReason] = mapped_column(String(12))
    by_staff_id: Mapped[int] = mapped_column(ForeignKey("staff_members.id"))
    created_at: Mapped[datetime] = mapped_column(default=now)
    seen_at: Mapped[datetime | None]
    mail_state: Mapped[NotificationState | None] = mapped_column(String(12))
    attempts: Mapped[int] = mapped_column(default=0, server_default="0")
    next_attempt_at: Mapped[datetime] = mapped_column(default=now)
    mailed_at: Mapped[datetime | None]

    member: Mapped[StaffMember] = relationship(foreign_keys=[staff_id])
    by: Mapped[StaffMember] = relationship(foreign_keys=[by_staff_id])
    conversation: Mapped[Conversation] = relationship()
