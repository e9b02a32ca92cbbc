"""Practices that the database has rows of and the practices file doesn't name: removed, or a slug with a typo."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from inbox.models import Conversation, Escalation, OptOut, Patient
from intake.practices import Practice, Practices, Retention

WHO = ("patient_address", "patient_index", "public_id", "patient_name", "contact_phone", "contact_email")
"""The columns of a conversation that say who the patient is."""


@dataclass(frozen=True, slots=True)
class LostPractice:
    """A practice that isn't in the file.

    Attributes:
        slug: its slug.
        open_alarms: its alarms that nobody has acknowledged, and that notify nobody any more.
    """

    slug: str
    open_alarms: int


def stored_slugs(session: Session) -> frozenset[str]:
    """Return the slugs that conversations, patient records, and opt-outs have; each takes one step in an index."""
    found: set[str] = set()
    for column in (Conversation.practice, Patient.practice, OptOut.practice):
        slug = session.scalar(select(func.min(column)))
        while slug is not None:
            found.add(slug)
            slug = session.scalar(select(func.min(column)).where(column > slug))
    return frozenset(found)


def find_lost(session: Session, practices: Practices) -> list[LostPractice]:
    """Return the practices that aren't in the file and have open alarms or data of patients, most open alarms first."""
    is_open = Escalation.acknowledged_at.is_(None)
    counted = select(Escalation.practice, func.count()).where(is_open).group_by(Escalation.practice)
    alarms: dict[str, int] = {row[0]: row[1] for row in session.execute(counted)}
    slugs = {slug for slug in stored_slugs(session) | alarms.keys() if practices.by_slug(slug) is None}
    lost = [LostPractice(slug, alarms.get(slug, 0)) for slug in slugs if slug in alarms or _knows_anyone(session, slug)]
    return sorted(lost, key=lambda practice: (-practice.open_alarms, practice.slug))


def describe_lost(lost: Iterable[LostPractice]) -> str:
    """Return which practices aren't in the file and what to do, in one sentence; empty if there are none."""
    named = [f"{practice.slug}{_alarms(practice.open_alarms)}" for practice in lost]
    if not named:
        return ""
    return (
        f"the practices file lacks practices that have data: {', '.join(named)}. Nobody at them is notified: put them"
        " back, or correct the slug; delete a patient’s data with `intake patient erase`."
    )


def limits_of_lost(practices: Practices) -> Retention:
    """Return how long the data of practices that aren't in the file is kept: as long as any practice in it keeps it."""
    limits = [practice.retention for practice in practices.all]
    return Retention(
        message_days=_longest([limit.message_days for limit in limits]),
        recording_days=_longest([limit.recording_days for limit in limits]),
    )


def retained_practice(practices: Practices, slug: str) -> Practice:
    """Return a practice with its limits; of one that isn't in the file, nothing but its slug and limits is true."""
    changes = {"slug": slug, "retention": limits_of_lost(practices)}
    return practices.by_slug(slug) or practices.all[0].model_copy(update=changes)


def _knows_anyone(session: Session, slug: str) -> bool:
    said = or_(*(getattr(Conversation, name).is_not(None) for name in WHO))
    conversation = select(Conversation.id).where(Conversation.practice == slug, said).limit(1)
    patient = select(Patient.id).where(Patient.practice == slug).limit(1)
    return session.scalar(conversation) is not None or session.scalar(patient) is not None


def _longest(days: list[int | None]) -> int | None:
    known = [limit for limit in days if limit is not None]
    return max(known) if len(known) == len(days) else None


def _alarms(count: int) -> str:
    return f" ({count} open {'alarm' if count == 1 else 'alarms'})" if count else ""
