"""What a reader of the audit trail asks for, and the entries that answer it, newest first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, and_, func, or_, select, union_all
from sqlalchemy.orm import Session

from inbox.audit.trail import TRAIL
from inbox.models import AuditEntry, Patient, PatientAddress, StaffPractice
from inbox.patients.book import conversations_of_patient
from intake.practices import Practice
from staff.audit.words import ActionGroup, actions_of
from web.row_ids import read_row_id

SHOWN = 50
NO_MEMBER = 0
"""Asks for what no member did: Intake itself, patients, phones on call, and the server's commands."""
_OF_ALL = (TRAIL, "backup", "staff")  # of the whole service, or a sign-in to no account
_DAY = timedelta(days=1)


class AskedWronglyError(ValueError):
    """The address asks for what cannot be; the message says why."""


@dataclass(frozen=True, slots=True)
class TrailQuery:
    """What is asked of the trail; None for anything.

    Attributes:
        member: whose actions, or `NO_MEMBER`.
        conversation: the conversation that they concern.
        patient: the patient record that they concern, with its addresses and conversations.
        group: which actions.
        first: since which day of the practice.
        last: until which day, which counts too.
    """

    member: int | None = None
    conversation: int | None = None
    patient: int | None = None
    group: ActionGroup | None = None
    first: date | None = None
    last: date | None = None

    @property
    def query(self) -> dict[str, str]:
        """The part of an address that asks for the same."""
        asked = {
            "member": self.member,
            "conversation": self.conversation,
            "patient": self.patient,
            "group": self.group,
            "from": self.first,
            "to": self.last,
        }
        return {name: str(value) for name, value in asked.items() if value is not None}


def read_question(query: Mapping[str, str]) -> TrailQuery:
    """Return what an address asks for.

    Raises:
        AskedWronglyError: a number, a group, or a date is none.
    """
    group = query.get("group", "")
    if group and group not in set(ActionGroup):
        raise AskedWronglyError("Choose one of the kinds of actions.")
    first, last = _read_day(query.get("from", ""), "From"), _read_day(query.get("to", ""), "To")
    if first and last and last < first:
        raise AskedWronglyError("The first date is after the last one.")
    return TrailQuery(
        _read_number(query.get("member", ""), "member"),
        _read_number(query.get("conversation", ""), "conversation"),
        _read_number(query.get("patient", ""), "record"),
        ActionGroup(group) if group else None,
        first,
        last,
    )


def in_scope(session: Session, slug: str, *, is_only: bool) -> ColumnElement[bool]:
    """Return the condition for the entries that a practice's administrators may read.

    Sign-ins, accounts, and lists of several practices belong to none: they may be read where the member works. If there
    is no other practice, all of them may be read, also those of members whose accounts were removed.

    Args:
        session: an open transaction.
        slug: the practice.
        is_only: whether it is the only one of the service.
    """
    if is_only:
        return or_(AuditEntry.practice == slug, AuditEntry.practice.is_(None))
    members = session.scalars(select(StaffPractice.staff_id).where(StaffPractice.practice == slug)).all()
    subjects = [*_OF_ALL, *(f"staff:{staff_id}" for staff_id in members)]
    about = or_(AuditEntry.staff_id.in_(members), AuditEntry.subject.in_(subjects))
    return or_(AuditEntry.practice == slug, and_(AuditEntry.practice.is_(None), about))


def read_entries(
    session: Session,
    practice: Practice,
    question: TrailQuery,
    scope: ColumnElement[bool],
    before: int | None = None,
    limit: int = SHOWN,
) -> Sequence[AuditEntry]:
    """Return the entries that answer a question, newest first.

    Args:
        session: an open transaction.
        practice: the practice.
        question: what is asked.
        scope: which entries may be read, see `in_scope`.
        before: only entries with a smaller id; None for the newest.
        limit: how many at most.
    """
    asked: list[ColumnElement[bool]] = [scope, *_dated(session, question, practice.time_zone)]
    subjects = _subjects(session, practice.slug, question)
    if before is not None:
        asked.append(AuditEntry.id < before)
    if subjects is not None:
        asked.append(AuditEntry.subject.in_(subjects))
    if question.member is not None:
        asked.append(AuditEntry.staff_id == (question.member or None))
    if question.group is None:
        found = select(AuditEntry).where(*asked)
    elif subjects is not None or question.member is not None:
        found = select(AuditEntry).where(*asked, AuditEntry.action.in_(actions_of(question.group)))
    else:
        found = select(AuditEntry).where(AuditEntry.id.in_(_newest_of_each(question.group, asked, limit)))
    return session.scalars(found.order_by(AuditEntry.id.desc()).limit(limit)).all()


def _newest_of_each(group: ActionGroup, asked: Sequence[ColumnElement[bool]], limit: int) -> ColumnElement[int]:
    """Return the ids of the newest entries of each action, which an index finds; the newest of all are among them."""
    parts = [
        select(AuditEntry.id).where(AuditEntry.action == action, *asked).order_by(AuditEntry.id.desc()).limit(limit)
        for action in actions_of(group)
    ]
    return union_all(*(select(part.subquery().c.id) for part in parts)).scalar_subquery()


def _subjects(session: Session, slug: str, question: TrailQuery) -> list[str] | None:
    """Return what entries about a conversation or a record name, None if neither is asked for."""
    if question.conversation is None and question.patient is None:
        return None
    of_conversation = [f"conversation:{question.conversation}"]
    if question.patient is None:
        return of_conversation
    patient = session.scalar(select(Patient).where(Patient.id == question.patient, Patient.practice == slug))
    subjects = [f"patient:{question.patient}"]
    if patient is not None:
        addresses = session.scalars(select(PatientAddress.id).where(PatientAddress.patient_id == patient.id))
        subjects += [f"patient_address:{row_id}" for row_id in addresses]
        subjects += [f"conversation:{row_id}" for row_id in conversations_of_patient(session, patient)]
    return subjects if question.conversation is None else sorted(set(subjects) & set(of_conversation))


def _dated(session: Session, question: TrailQuery, zone: str) -> list[ColumnElement[bool]]:
    """Return the conditions for the days, with the ids between which their entries are, so that no others are read."""
    found: list[ColumnElement[bool]] = []
    if question.first is not None:
        since = _beginning(question.first, zone)
        oldest = session.scalar(select(func.min(AuditEntry.id)).where(AuditEntry.at >= since))
        found += [AuditEntry.at >= since, AuditEntry.id >= (oldest or 0)]
    if question.last is not None:
        until = _beginning(question.last + _DAY, zone)
        newest = session.scalar(select(func.max(AuditEntry.id)).where(AuditEntry.at < until))
        found += [AuditEntry.at < until, AuditEntry.id <= (newest or 0)]
    return found


def _beginning(day: date, zone: str) -> datetime:
    return datetime.combine(day, time(), tzinfo=ZoneInfo(zone))


def _read_number(text: str, what: str) -> int | None:
    typed = text.strip()
    number = read_row_id(typed)
    if typed and number is None:
        raise AskedWronglyError(f"The number of a {what} has digits only.")
    return number


def _read_day(text: str, label: str) -> date | None:
    try:
        return datetime.strptime(text, "%Y-%m-%d").date() if text else None
    except ValueError:
        raise AskedWronglyError(f"{label} has to be a date such as 2026-03-31.") from None
