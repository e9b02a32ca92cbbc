"""Settings that managers change on the console."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from inbox.models.base import Base, now
from inbox.models.column_types import EncryptedText
from inbox.models.staff import StaffMember


class SettingVersion(Base):
    """A version of a practice's settings, numbered from 1 for each practice.

    `overrides` contains all values that replace the practices file's, and `changes` those that this version changed.
    Both are JSON, encrypted because team addresses may contain passwords. See `inbox.practices.setting_versions`.
    """

    __tablename__ = "setting_versions"
    __table_args__ = (UniqueConstraint("practice", "version"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    practice: Mapped[str] = mapped_column(String(63))
    version: Mapped[int]
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff_members.id"))
    undoes: Mapped[int | None]
    created_at: Mapped[datetime] = mapped_column(default=now)
    overrides: Mapped[str] = mapped_column(EncryptedText)
    changes: Mapped[str] = mapped_column(EncryptedText)

    member: Mapped[StaffMember] = relationship()
