"""Setting the service up: the first admin's link, and what a practice's checklist is known by."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from inbox.models.base import Base, now


class FirstAdminLink(Base):
    """A one-time link that makes the first account. The link holds a random token, this row its hash."""

    __tablename__ = "first_admin_links"

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime] = mapped_column(default=now)
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class PracticeSetup(Base):
    """A practice whose first admin came by the link; its checklist follows a sign-in until it was seen."""

    __tablename__ = "practice_setups"

    practice: Mapped[str] = mapped_column(String(63), primary_key=True)
    started_at: Mapped[datetime] = mapped_column(default=now)
    hidden_at: Mapped[datetime | None]


class SightingKind(StrEnum):
    """What shows that another system reaches this one."""

    STATUS_CALLBACK = "status_callback"
    CHAT = "chat"


class SetupSighting(Base):
    """When another system was last seen to reach a practice; `origin` is the site, for a chat."""

    __tablename__ = "setup_sightings"

    practice: Mapped[str] = mapped_column(String(63), primary_key=True)
    kind: Mapped[SightingKind] = mapped_column(String(16), primary_key=True)
    origin: Mapped[str | None] = mapped_column(String(300))
    last_at: Mapped[datetime] = mapped_column(default=now)


class SetupTestKind(StrEnum):
    """What a test sends: a notice to a team, or an email or a text to the member who asked for it."""

    NOTICE = "notice"
    EMAIL = "email"
    TEXT = "text"


class SetupTestState(StrEnum):
    """What became of a test."""

    WAITING = "waiting"
    ACCEPTED = "accepted"
    FAILED = "failed"


class SetupTest(Base):
    """A test of one address, which a manager asked for on the checklist.

    `target` is the short key of what was tested, which reveals nothing about it. `outcome` is why it failed, in a word.
    A text goes out as a reply does, so its `target` is the delivery, whose state says what became of it.
    """

    __tablename__ = "setup_tests"
    __table_args__ = (Index("ix_setup_tests_practice", "practice", "kind", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    practice: Mapped[str] = mapped_column(String(63))
    kind: Mapped[SetupTestKind] = mapped_column(String(8))
    team: Mapped[str | None] = mapped_column(String(32))
    target: Mapped[str] = mapped_column(String(16))
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff_members.id"))
    state: Mapped[SetupTestState] = mapped_column(String(8), default=SetupTestState.WAITING)
    outcome: Mapped[str | None] = mapped_column(String(40))
    created_at: Mapped[datetime] = mapped_column(default=now)
    finished_at: Mapped[datetime | None]
