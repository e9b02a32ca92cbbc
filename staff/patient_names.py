"""Patients' names, as the console's rows and notices show them."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.orm import Session

from inbox.models import Conversation
from inbox.patients.book import record_names
from staff import display
from staff.auth.access import member


def patient_names(session: Session, conversations: Sequence[Conversation]) -> dict[int, str]:
    """Return the patients' display names, by conversation; records of other practices name nobody."""
    recorded = record_names(session, conversations, member().practices)
    return {found.id: display.who(found, recorded.get(found.id, "")) for found in conversations}
