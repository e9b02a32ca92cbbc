"""Staff accounts, their sessions, and their notes and read positions."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import JSON, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from inbox.models.base import Base, now
from inbox.models.column_types import EncryptedText
from inbox.models.conversations import Conversation
from intake.vocabulary import Role


class NoticePreference(StrEnum):
    """How a member hears of mentions and assignments: not at all, on the console, or by email too."""

    NOTHING = "nothing"
    CONSOLE = "console"
    EMAIL = "email"


class StaffMember(Base):
    """A person who may sign in to the console.

    `failed_sign_ins` and `locked_until` are about codes that came with the right password; wrong passwords are in
    `sign_in_failures`. `oidc_subject` is the hash of who the identity provider says the member is. Of a removed
    account, the row stays, as what the member wrote and did names it.
    """

    __tablename__ = "staff_members"

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String(254), unique=True)
    name: Mapped[str] = mapped_column(String(100))
    role: Mapped[Role] = mapped_column(String(8))
    password_hash: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[datetime] = mapped_column(default=now)
    disabled_at: Mapped[datetime | None]
    removed_at: Mapped[datetime | None]
    failed_sign_ins: Mapped[int] = mapped_column(default=0)
    locked_until: Mapped[datetime | None]
    totp_secret: Mapped[str | None] = mapped_column(EncryptedText)
    totp_last_step: Mapped[int | None]
    recovery_codes: Mapped[list[str]] = mapped_column(JSON, default=list)
    notices: Mapped[NoticePreference] = mapped_column(
        String(8), default=NoticePreference.CONSOLE, server_default=NoticePreference.CONSOLE.value
    )

    oidc_subject: Mapped[str | None] = mapped_column(String(64), unique=True, index=True)

    practices: Mapped[list[StaffPractice]] = relationship(cascade="all, delete-orphan", lazy="selectin")
    passkeys: Mapped[list[Passkey]] = relationship(cascade="all, delete-orphan", order_by="Passkey.id")


class StaffPractice(Base):
    """A practice that a staff member works for."""

    __tablename__ = "staff_practices"

    staff_id: Mapped[int] = mapped_column(ForeignKey("staff_members.id"), primary_key=True)
    practice: Mapped[str] = mapped_column(String(63), primary_key=True)


class Passkey(Base):
    """A member's passkey (WebAuthn): the public key that a device keeps the private key of."""

    __tablename__ = "passkeys"

    id: Mapped[int] = mapped_column(primary_key=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff_members.id"), index=True)
    credential_id: Mapped[str] = mapped_column(String(1400), unique=True)
    public_key: Mapped[str] = mapped_column(String(1400))
    sign_count: Mapped[int] = mapped_column(default=0)
    name: Mapped[str] = mapped_column(String(60))
    created_at: Mapped[datetime] = mapped_column(default=now)
    last_used_at: Mapped[datetime | None]


class StaffSession(Base):
    """A signed-in browser. Its cookie contains a random token, and this row the token's hash.

    `proved_at` is when its member last signed in anew at the identity provider, to prove a change to the account.
    """

    __tablename__ = "staff_sessions"

    id: Mapped[int] = mapped_column(primary_key=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff_members.id"), index=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    browser: Mapped[str] = mapped_column(String(200), default="")
    created_at: Mapped[datetime] = mapped_column(default=now)
    last_seen_at: Mapped[datetime] = mapped_column(default=now)
    revoked_at: Mapped[datetime | None]
    proved_at: Mapped[datetime | None]

    member: Mapped[StaffMember] = relationship()


class Note(Base):
    """An internal note about a conversation, which is never sent to the patient."""

    __tablename__ = "notes"

    id: Mapped[int] = mapped_column(primary_key=True)
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversations.id"), index=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff_members.id"))
    text: Mapped[str] = mapped_column(EncryptedText)
    created_at: Mapped[datetime] = mapped_column(default=now)

    member: Mapped[StaffMember] = relationship()
    conversation: Mapped[Conversation] = relationship()


class ConversationRead(Base):
    """The last message of a conversation that a staff member has read."""

    __tablename__ = "conversation_reads"

    staff_id: Mapped[int] = mapped_column(ForeignKey("staff_members.id"), primary_key=True)
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversations.id"), primary_key=True)
    message_id: Mapped[int]
