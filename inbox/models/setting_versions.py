"""Settings that managers changed on the console."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from inbox.column_types import EncryptedText
from inbox.models.base import Base, now
from inbox.models.staff import StaffMember


class SettingVersion(Base):
    """What a manager changed of a practice's settings over its practices file, numbered from 1 for each practice.

    `overrides` is all that holds in the place of the file's values with this version, `changes` what it changed, both
    JSON; encrypted, as addresses of teams may hold passwords. See `inbox.setting_versions`.
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
