"""Patient records, their numbers and email addresses, the conversations linked to them, and merges."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column, relationship

from inbox.models.base import Base, now
from inbox.models.column_types import EncryptedJson, EncryptedText


class Patient(Base):
    """A practice's record of one person, which only staff write.

    `name_index` and `last_name_index` are keyed hashes of the normalized names; see `inbox.patients.names`. `version`
    counts the changes, so that of two members who edit at once, the second sees what the first changed. A record that
    was merged into another stays as it was, so that the merge can be undone; `merged_into` is the other's ID.
    """

    __tablename__ = "patients"
    __table_args__ = (
        Index("ix_patients_listed", "practice", "merged_into", "updated_at"),
        Index("ix_patients_name_index", "name_index"),
        Index("ix_patients_last_name_index", "last_name_index"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    practice: Mapped[str] = mapped_column(String(63))
    name: Mapped[str] = mapped_column(EncryptedText)
    name_index: Mapped[str] = mapped_column(String(32))
    last_name_index: Mapped[str] = mapped_column(String(32))
    pronouns: Mapped[str | None] = mapped_column(EncryptedText)
    birth_date: Mapped[str | None] = mapped_column(EncryptedText)
    language: Mapped[str | None] = mapped_column(EncryptedText)
    notes: Mapped[str | None] = mapped_column(EncryptedText)
    version: Mapped[int] = mapped_column(default=1)
    merged_into: Mapped[int | None]
    created_at: Mapped[datetime] = mapped_column(default=now)
    updated_at: Mapped[datetime] = mapped_column(default=now)

    addresses: Mapped[list[PatientAddress]] = relationship(order_by="PatientAddress.id", viewonly=True)


class PatientAddress(Base):
    """A number or email address of a patient. Several patients, such as a family, may have the same one.

    The `consent` columns say how, when, and to whom the patient said that texts to this number are welcome. One that
    `is_shared` belongs to others as well, as staff say: it names nobody's conversations after this patient.
    """

    __tablename__ = "patient_addresses"
    __table_args__ = (
        UniqueConstraint("patient_id", "patient_index"),
        Index("ix_patient_addresses_found", "practice", "patient_index"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    patient_id: Mapped[int] = mapped_column(ForeignKey("patients.id"))
    practice: Mapped[str] = mapped_column(String(63))
    patient_address: Mapped[str] = mapped_column(EncryptedText)
    patient_index: Mapped[str] = mapped_column(String(32))
    consent_how: Mapped[str | None] = mapped_column(String(16))
    consent_by: Mapped[int | None]
    consent_at: Mapped[datetime | None]
    is_shared: Mapped[bool] = mapped_column(default=False, server_default=false())
    created_at: Mapped[datetime] = mapped_column(default=now)

    @property
    def is_number(self) -> bool:
        """Whether it is a phone number, rather than an email address."""
        return self.patient_address.startswith("+")


class PatientConversation(Base):
    """A conversation that staff linked to a patient's record."""

    __tablename__ = "patient_conversations"
    __table_args__ = (UniqueConstraint("patient_id", "conversation_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    patient_id: Mapped[int] = mapped_column(ForeignKey("patients.id"))
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversations.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(default=now)


class PatientMerge(Base):
    """A merge of two records: what moved from the one to the other, and which fields it changed, to undo it."""

    __tablename__ = "patient_merges"

    id: Mapped[int] = mapped_column(primary_key=True)
    practice: Mapped[str] = mapped_column(String(63))
    kept_id: Mapped[int] = mapped_column(ForeignKey("patients.id"), index=True)
    dropped_id: Mapped[int] = mapped_column(ForeignKey("patients.id"), index=True)
    staff_id: Mapped[int | None]
    moved: Mapped[dict[str, Any]] = mapped_column(EncryptedJson)
    created_at: Mapped[datetime] = mapped_column(default=now)
    undone_at: Mapped[datetime | None]
