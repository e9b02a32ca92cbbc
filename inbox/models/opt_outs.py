"""Patients who opted out of texts."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import String, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column

from inbox.models.base import Base, now
from inbox.models.column_types import EncryptedText


class OptOut(Base):
    """A number's opt-out from a practice's texts; kept as inactive when the patient opts in again.

    `recorded_by` is the member who recorded it, and may therefore be mistaken; None if the patient opted out.
    `claimed` means that it was asked for where nothing proves the number, such as on the website; see
    `inbox.contact.consent`.

    Of a patient who was erased, only the blind index is left. It cannot be computed anew, so `index_key` is the
    fingerprint of the key that it was made with, which must stay in `ENCRYPTION_KEYS`. Older versions could note a
    wrong one; None where that isn't ruled out, until a text from the number shows the key.
    """

    __tablename__ = "opt_outs"
    __table_args__ = (UniqueConstraint("practice", "patient_index"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    practice: Mapped[str] = mapped_column(String(63))
    patient_address: Mapped[str | None] = mapped_column(EncryptedText)
    patient_index: Mapped[str] = mapped_column(String(32))
    index_key: Mapped[str | None] = mapped_column(String(16))
    active: Mapped[bool] = mapped_column(default=True)
    recorded_by: Mapped[int | None]
    claimed: Mapped[bool] = mapped_column(default=False, server_default=false())
    changed_at: Mapped[datetime] = mapped_column(default=now)
