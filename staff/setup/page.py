"""The setup checklist of a practice, for its managers: what is connected, what is missing, and tests."""

from __future__ import annotations

import secrets
from collections.abc import Sequence

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from inbox.audit.trail import record_action
from inbox.models import Role, SetupTestKind, SetupTestState, now
from inbox.practices.setup_facts import note_seen
from intake.practices import Practice
from staff.auth.access import first_practice, member, open_to, own_practice
from staff.setup.progress import TooManyTestsError, add_tests, read_checklist, targets_of
from staff.setup.text_test import TextTest, TextTestOutcome, add_text_test
from tasks.queues.queue import AfterCommit, Ticket
from web.services import Services, services_of

blueprint = Blueprint("setup", __name__, url_prefix="/staff/setup")

TOO_OFTEN = "Too many tests in a short time. Wait ten minutes, then try again."
NOTHING_TO_TEST = "There is nothing to test there any more. The page shows what is set now."
STARTED = "The test is on its way. Its result appears below."


@blueprint.get("")
@open_to(Role.MANAGER)
def first() -> Response:
    """Redirect to the checklist of the member's first practice."""
    return redirect(url_for(".page", slug=first_practice()), 303)


@blueprint.get("/<slug>")
@open_to(Role.MANAGER)
def page(slug: str) -> str:
    """Show the checklist."""
    return _show(slug)


def _show(slug: str, phone: str = "", phone_problem: str = "") -> str:
    """Return the page, with the number that was typed and why it was not texted."""
    practice, services = own_practice(slug), services_of(current_app)
    lines = read_checklist(services, practice)
    every = {each.slug for each in services.practices.all}
    with services.database.write() as writing:
        note_seen(writing, slug, now())
    return render_template(
        "staff/setup.html",
        practice=practice,
        practices={own: services.practices.require(own).name for own in member().practices},
        lines=lines,
        runs_service=member().may(Role.ADMIN) and every.issubset(member().practices),
        done=sum(line.is_done for line in lines),
        form_id=secrets.token_hex(16),
        phone=phone,
        phone_problem=phone_problem,
        is_waiting=any(result.state == SetupTestState.WAITING for line in lines for result in line.results),
    )


@blueprint.post("/<slug>/tests")
@open_to(Role.MANAGER)
def begin_test(slug: str) -> Response:
    """Send a test notice to a team's addresses, or a test email to the member; a worker sends it."""
    practice, services, what = own_practice(slug), services_of(current_app), request.form.get("what", "")
    targets = targets_of(services, practice, what)
    if not targets:
        flash(NOTHING_TO_TEST)
        return _back(slug)
    try:
        with services.database.write() as writing:
            tests = add_tests(writing, slug, what, targets, member().id, now())
            _record_tests(writing, slug, what, tests)
    except TooManyTestsError:
        flash(TOO_OFTEN)
        return _back(slug)
    services.queue.put_all(AfterCommit(notifications=tuple(Ticket("run_setup_test", test) for test in tests)))
    flash(STARTED)
    return _back(slug)


@blueprint.post("/<slug>")
@open_to(Role.MANAGER)
def text_phone(slug: str) -> Response | tuple[str, int]:
    """Text a phone of the staff as a test; once even if the form is sent repeatedly."""
    practice, services = own_practice(slug), services_of(current_app)
    asked = TextTest(request.form.get("phone", "").strip()[:32], request.form.get("form_id", ""), member().id)
    try:
        try:
            outcome = _text(services, practice, asked)
        except IntegrityError:  # somebody else texts the number right now; the conversation is visible now
            outcome = _text(services, practice, asked)
    except TooManyTestsError:
        flash(TOO_OFTEN)
        return _back(slug)
    if outcome.problem:
        return _show(slug, asked.phone, outcome.problem), 409
    services.queue.put_all(outcome.after_commit)
    flash(STARTED)
    return _back(slug)


def _text(services: Services, practice: Practice, asked: TextTest) -> TextTestOutcome:
    with services.database.write() as writing:
        outcome = add_text_test(writing, services.practices, practice, asked, now())
        if outcome.test_id is not None:
            _record_tests(writing, practice.slug, SetupTestKind.TEXT.value, [outcome.test_id])
    return outcome


def _record_tests(session: Session, slug: str, what: str, tests: Sequence[int]) -> None:
    record_action(
        session,
        staff_id=member().id,
        practice=slug,
        action="setup_tested",
        subject=f"settings:{slug}",
        what=what,
        tests=tests,
    )


def _back(slug: str) -> Response:
    return redirect(url_for(".page", slug=slug), 303)
