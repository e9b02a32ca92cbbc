"""What surrounds signing in: failures, passkeys, one-time links, and emergency access."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import JSON, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from inbox.models.base import Base, now
from inbox.models.column_types import EncryptedText
from inbox.models.staff import StaffMember


class SignInFailure(Base):
    """Wrong passwords for one account from one source: a network address, a known device, or a session.

    `failures` counts those in a row. The row goes when the member signs in from there, or after a day.
    """

    __tablename__ = "sign_in_failures"
    __table_args__ = (UniqueConstraint("staff_id", "source"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff_members.id"))
    source: Mapped[str] = mapped_column(String(64))
    failures: Mapped[int] = mapped_column(default=0)
    last_at: Mapped[datetime] = mapped_column(default=now)
    locked_until: Mapped[datetime | None]


class LinkPurpose(StrEnum):
    """What a one-time link is for."""

    INVITE = "invite"
    RESET = "reset"


class StaffLink(Base):
    """A one-time link with which a member sets a password. The link holds a random token, this row its hash.

    A link that is to be mailed has no token until the mail is written. `mail_again_at` is set while it is being mailed,
    so that another attempt, with another token, follows if its worker dies.
    """

    __tablename__ = "staff_links"

    id: Mapped[int] = mapped_column(primary_key=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff_members.id"), index=True)
    purpose: Mapped[LinkPurpose] = mapped_column(String(12))
    token_hash: Mapped[str | None] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime] = mapped_column(default=now)
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    mail_again_at: Mapped[datetime | None]

    member: Mapped[StaffMember] = relationship()


class EmergencyAccess(Base):
    """A member's access to the conversations of a practice that is not theirs, for a short time and a stated reason.

    `announced_at` is when the practice's administrators had mail about it, so far as that is possible; `announced_to`
    are those who had it already, and `announce_again_at` is when to try again if the worker that tries now dies.
    """

    __tablename__ = "emergency_accesses"
    __table_args__ = (Index("ix_emergency_accesses_staff_id", "staff_id", "expires_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff_members.id"))
    practice: Mapped[str] = mapped_column(String(63))
    reason: Mapped[str] = mapped_column(EncryptedText)
    created_at: Mapped[datetime] = mapped_column(default=now)
    expires_at: Mapped[datetime]
    reviewed_at: Mapped[datetime | None]
    reviewed_by: Mapped[int | None]
    announced_at: Mapped[datetime | None]
    announce_again_at: Mapped[datetime | None]
    announced_to: Mapped[list[int]] = mapped_column(JSON, default=list, server_default=text("'[]'"))

    member: Mapped[StaffMember] = relationship()
