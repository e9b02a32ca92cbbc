"""The audit trail, for administrators: who did what, when, and to what. Reading it is recorded in it."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, current_app, make_response, redirect, render_template, request, url_for
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from inbox.accounts.administration import members_of
from inbox.accounts.first_admin import SAMPLE_COLLEAGUE
from inbox.audit.trail import TRAIL, last_check, record_action
from inbox.models import AuditEntry, Role, StaffMember
from inbox.storage.database import Database
from intake.practices import Practice
from staff import display
from staff.audit.subjects import KnownSubjects, Subject, describe_subject, read_subjects
from staff.audit.trail import (
    NO_MEMBER,
    SHOWN,
    AskedWronglyError,
    TrailQuery,
    in_scope,
    read_entries,
    read_question,
)
from staff.audit.words import ActionGroup, name_actor, say, say_more
from staff.auth.access import first_practice, member, open_to, own_practice
from staff.conversations.people import names_of
from staff.figures.csv_files import as_text
from web.row_ids import read_row_id
from web.services import services_of

blueprint = Blueprint("audit", __name__, url_prefix="/staff/audit")

MOST_IN_FILE, PART = 20_000, 500
COLUMNS = ("Entry", "When", "Who", "What", "More", "About")


@dataclass(frozen=True, slots=True)
class AuditRow:
    """An entry, in display words."""

    at: str
    who: str
    what: str
    more: str
    about: Subject


@dataclass(frozen=True, slots=True)
class Check:
    """The last time that the whole trail was verified: when, and what came out."""

    at: str
    is_whole: bool
    entries: int
    broken_at: int | None


@blueprint.get("")
@open_to(Role.ADMIN)
def first() -> AnyResponse:
    """Redirect to the trail of the member's first practice."""
    return redirect(url_for(".page", slug=first_practice()), 303)


@blueprint.get("/<slug>")
@open_to(Role.ADMIN)
def page(slug: str) -> Response:
    """Show a page of the trail, and record that."""
    practice = own_practice(slug)
    question, problem = _read_question()
    services, before = services_of(current_app), read_row_id(request.args.get("before", ""))
    with services.database.read() as session:
        scope = in_scope(session, slug, is_only=_is_only())
        asked = () if problem else read_entries(session, practice, question, scope, before, SHOWN + 1)
        found = asked[:SHOWN]
        known = read_subjects(session, slug, found)
        rows = _describe(session, practice, found, known)
        people, check = _people(session, slug), _read_check(session, practice)
    if not problem:
        with services.database.write() as session:
            ids = {"conversations": sorted(known.conversations), "patients": sorted(known.patients)}
            _record(session, slug, "trail_viewed", question, entries=len(rows), before=before, **ids)
    shown = render_template(
        "staff/audit.html",
        practice=practice,
        practices={own: services.practices.require(own).name for own in member().practices},
        question=question,
        typed=request.args,
        problem=problem,
        rows=rows,
        older=found[-1].id if len(asked) > SHOWN else None,
        before=before,
        people=people,
        no_member=NO_MEMBER,
        groups=list(ActionGroup),
        check=check,
        most=MOST_IN_FILE,
    )
    return make_response(shown, 400 if problem else 200)


@blueprint.get("/<slug>/audit.csv")
@open_to(Role.ADMIN)
def export(slug: str) -> Response | tuple[str, int]:
    """Return what the page answers as a CSV file, without names of patients, in parts as they are read."""
    practice = own_practice(slug)
    question, problem = _read_question()
    if problem:
        return problem, 400
    with services_of(current_app).database.write() as session:
        _record(session, slug, "trail_exported", question)
    parts = _read_parts(services_of(current_app).database, practice, question, is_only=_is_only())
    response = Response(parts, mimetype="text/csv")
    response.headers["Content-Disposition"] = f'attachment; filename="audit-{slug}.csv"'
    response.headers["Cache-Control"] = "no-store, private"
    return response


def _read_question() -> tuple[TrailQuery, str]:
    try:
        return read_question(request.args), ""
    except AskedWronglyError as mistake:
        return TrailQuery(), str(mistake)


def _is_only() -> bool:
    return len(services_of(current_app).practices.all) == 1


def _record(session: Session, slug: str, action: str, question: TrailQuery, **detail: Any) -> None:
    asked = question.query
    record_action(session, staff_id=member().id, practice=slug, action=action, subject=TRAIL, asked=asked, **detail)


def _read_parts(database: Database, practice: Practice, question: TrailQuery, *, is_only: bool) -> Iterator[str]:
    """Yield the lines of a file in parts, each read in a transaction of its own, as a browser may take long."""
    yield _write_lines([COLUMNS])
    before, left = None, MOST_IN_FILE
    while left > 0:
        with database.read() as session:
            scope = in_scope(session, practice.slug, is_only=is_only)
            part = read_entries(session, practice, question, scope, before, min(left, PART))
            names = _names(session, part)
            lines = _write_lines(_in_file(entry, names, practice.time_zone) for entry in part)
        if not part:
            return
        yield lines
        before, left = part[-1].id, left - len(part)


def _in_file(entry: AuditEntry, names: Mapping[int, str], zone: str) -> list[str]:
    at = entry.at.astimezone(ZoneInfo(zone)).isoformat(sep=" ", timespec="seconds")
    about = entry.subject.replace("_", " ").replace(":", " ")
    return [str(entry.id), at, name_actor(entry, names), say(entry, names), say_more(entry), about]


def _write_lines(lines: Iterable[Sequence[str]]) -> str:
    text = io.StringIO()
    csv.writer(text).writerows([as_text(value) for value in line] for line in lines)
    return text.getvalue()


def _people(session: Session, slug: str) -> dict[int, str]:
    """Return who can be asked for: the members, and with one practice alone also those whose accounts were removed."""
    if _is_only():
        every = select(StaffMember.id, StaffMember.name).where(StaffMember.email != SAMPLE_COLLEAGUE)
        found = session.execute(every.order_by(StaffMember.name, StaffMember.id))
        return {row.id: row.name for row in found}
    return {account.id: account.name for account in members_of(session, [slug])}


def _read_check(session: Session, practice: Practice) -> Check | None:
    entry = last_check(session)
    if entry is None:
        return None
    at = display.dated_clock(entry.at, practice.time_zone)
    return Check(at, bool(entry.detail["whole"]), entry.detail["entries"], entry.detail["broken_at"])


def _describe(
    session: Session, practice: Practice, entries: Sequence[AuditEntry], known: KnownSubjects
) -> list[AuditRow]:
    names = _names(session, entries)
    return [
        AuditRow(
            display.dated_clock(entry.at, practice.time_zone),
            name_actor(entry, names),
            say(entry, names),
            say_more(entry),
            describe_subject(entry, known),
        )
        for entry in entries
    ]


def _names(session: Session, entries: Iterable[AuditEntry]) -> dict[int, str]:
    """Return the names of the members that the words of entries name."""
    wanted: list[int | None] = []
    for entry in entries:
        given = [entry.detail.get("to")] if entry.action == "assigned" else []
        wanted += [entry.staff_id, *given, *entry.detail.get("mentioned", [])]
    return names_of(session, wanted)
