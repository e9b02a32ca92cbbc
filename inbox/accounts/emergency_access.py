"""Emergency access: a member of another practice opens conversations for a short time, for a stated reason."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from inbox.audit.trail import record_action
from inbox.models import EmergencyAccess, Role, StaffMember, StaffPractice
from intake.errors import IntakeError

LASTS = timedelta(hours=1)
SHORTEST_REASON, LONGEST_REASON = 10, 500
_OPEN = (  # every request of the console asks it
    select(EmergencyAccess.practice)
    .where(EmergencyAccess.staff_id == bindparam("staff_id"), EmergencyAccess.expires_at > bindparam("moment"))
    .distinct()
    .order_by(EmergencyAccess.practice)
)


def grant_access(session: Session, staff_id: int, practice: str, reason: str, moment: datetime) -> EmergencyAccess:
    """Open a practice's conversations to a member for an hour.

    Raises:
        IntakeError: the reason is too short or too long.
    """
    if not SHORTEST_REASON <= len(reason) <= LONGEST_REASON:
        raise IntakeError(f"the reason must be {SHORTEST_REASON} to {LONGEST_REASON} characters long")
    access = EmergencyAccess(
        staff_id=staff_id, practice=practice, reason=reason, created_at=moment, expires_at=moment + LASTS
    )
    session.add(access)
    session.flush()
    record_action(
        session,
        staff_id=staff_id,
        practice=practice,
        action="emergency_access",
        subject=f"emergency:{access.id}",
        until=access.expires_at.isoformat(timespec="seconds"),
    )
    return access


def open_accesses(session: Session, staff_id: int, moment: datetime) -> Sequence[str]:
    """Return the practices that a member may reach in an emergency at this time."""
    return session.scalars(_OPEN, {"staff_id": staff_id, "moment": moment}).all()


def end_accesses(session: Session, staff_id: int, moment: datetime) -> None:
    """End a member's emergency access."""
    query = select(EmergencyAccess).where(EmergencyAccess.staff_id == staff_id, EmergencyAccess.expires_at > moment)
    for access in session.scalars(query):
        access.expires_at = moment


def unreviewed(session: Session, practices: Collection[str]) -> Sequence[EmergencyAccess]:
    """Return the accesses to practices that no administrator has reviewed yet, newest first."""
    query = select(EmergencyAccess).where(
        EmergencyAccess.practice.in_(practices), EmergencyAccess.reviewed_at.is_(None)
    )
    return session.scalars(query.order_by(EmergencyAccess.id.desc())).all()


def admins_of(session: Session, practice: str) -> Sequence[StaffMember]:
    """Return a practice's administrators who can sign in."""
    query = (
        select(StaffMember)
        .join(StaffPractice)
        .where(StaffPractice.practice == practice, StaffMember.role == Role.ADMIN, StaffMember.disabled_at.is_(None))
    )
    return session.scalars(query.order_by(StaffMember.id)).all()
