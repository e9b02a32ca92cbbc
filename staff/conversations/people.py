"""The members of a practice, as conversations name them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from sqlalchemy import select
from sqlalchemy.orm import Session

from inbox.models import StaffMember, StaffPractice

NOBODY: Mapping[int, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Person:
    """A member to whom conversations can be assigned, and the practices of those that were asked for."""

    id: int
    name: str
    practices: frozenset[str] = field(repr=False)


def assignable(session: Session, practices: Sequence[str]) -> list[Person]:
    """Return the members to whom a conversation of any of these practices can be assigned."""
    query = (
        select(StaffMember.id, StaffMember.name, StaffPractice.practice)
        .join(StaffPractice, StaffPractice.staff_id == StaffMember.id)
        .where(StaffPractice.practice.in_(practices), StaffMember.disabled_at.is_(None))
    )
    found: dict[tuple[int, str], set[str]] = {}
    for staff_id, name, practice in session.execute(query.order_by(StaffMember.name, StaffMember.id)):
        found.setdefault((staff_id, name), set()).add(practice)
    return [Person(staff_id, name, frozenset(slugs)) for (staff_id, name), slugs in found.items()]


def may_be_assigned(session: Session, practice: str, staff_id: int) -> bool:
    """Return whether a conversation of a practice can be assigned to a member."""
    return staff_id in [person.id for person in assignable(session, [practice])]


def names_among(people: Iterable[Person]) -> dict[int, str]:
    """Return the names of people, by id."""
    return {person.id: person.name for person in people}


def names_of(session: Session, staff_ids: Iterable[int | None], known: Mapping[int, str] = NOBODY) -> dict[int, str]:
    """Return the names of staff members, by id; only those that are not known yet are looked up."""
    wanted = {staff_id for staff_id in staff_ids if staff_id is not None}
    names = {staff_id: known[staff_id] for staff_id in wanted if staff_id in known}
    if missing := wanted - names.keys():
        found = session.execute(select(StaffMember.id, StaffMember.name).where(StaffMember.id.in_(missing)))
        names |= {member.id: member.name for member in found}
    return names
