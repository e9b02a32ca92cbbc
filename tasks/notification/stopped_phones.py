"""The staff phones that texted STOP, so that notices by text no longer go there."""

from __future__ import annotations

from sqlalchemy.orm import Session

from inbox.contact.consent import opted_out_for_sure_among
from intake.practices import TEXT_PREFIX, Practice
from intake.settings import Settings
from tasks.notification.escalation_policy import why_unpaged


def find_stopped(session: Session, practice: Practice) -> frozenset[str]:
    """Return which of a practice's addresses for notices are phones that texted STOP."""
    numbers = practice.staff_numbers
    stopped = opted_out_for_sure_among(session, practice.slug, numbers) if numbers else ()
    return frozenset(TEXT_PREFIX + number for number in stopped)


def pages_somebody(session: Session, practice: Practice, settings: Settings) -> bool:
    """Return whether an emergency reaches anyone on call now."""
    return why_unpaged(practice, settings, find_stopped(session, practice)) is None
