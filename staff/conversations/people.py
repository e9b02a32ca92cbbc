"""The members of a practice, as conversations name them."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from inbox.models import StaffMember, StaffPractice


def assignable(session: Session, practices: Sequence[str]) -> list[StaffMember]:
    """Return the members to whom a conversation of any of these practices can be assigned."""
    working = select(StaffPractice.staff_id).where(StaffPractice.practice.in_(practices))
    query = select(StaffMember).where(StaffMember.id.in_(working), StaffMember.disabled_at.is_(None))
    return list(session.scalars(query.order_by(StaffMember.name, StaffMember.id)))


def names_of(session: Session, staff_ids: Sequence[int | None]) -> dict[int, str]:
    """Return the names of staff members, by id."""
    wanted = {staff_id for staff_id in staff_ids if staff_id is not None}
    if not wanted:
        return {}
    found = session.execute(select(StaffMember.id, StaffMember.name).where(StaffMember.id.in_(wanted)))
    return {member.id: member.name for member in found}
