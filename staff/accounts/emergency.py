"""Emergency access: a member opens another practice's conversations, and its administrators review that."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, current_app, flash, make_response, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from inbox.accounts.emergency_access import end_accesses, grant_access, unreviewed
from inbox.audit.trail import record_action
from inbox.models import EmergencyAccess, Role, now
from intake.errors import IntakeError
from intake.practices import Practice
from staff import display
from staff.auth.access import member, open_to
from web.services import services_of

blueprint = Blueprint("emergency", __name__, url_prefix="/staff")


@blueprint.app_context_processor
def announcements() -> dict[str, Any]:
    """Let every page tell administrators of emergency access to their practices that nobody has reviewed."""
    return {"emergency_accesses": _unreviewed if current_user.is_authenticated else list}


@blueprint.get("/emergency")
@open_to(Role.STAFF)
def page() -> Response:
    """Show the form, and what is open now."""
    return _page()


@blueprint.post("/emergency")
@open_to(Role.STAFF)
def begin() -> Response:
    """Open a practice's conversations for an hour, record it, and tell its administrators."""
    services = services_of(current_app)
    practice = _find_practice(request.form.get("name", ""))
    if practice is None:
        return _page("No practice with this name or phone number allows emergency access. Check the spelling.")
    try:
        with services.database.write() as writing:
            access = grant_access(writing, member().id, practice.slug, request.form.get("reason", "").strip(), now())
    except IntakeError as error:
        return _page(f"{str(error)[:1].upper()}{str(error)[1:]}.")
    services.queue.put("announce_emergency", access.id)
    flash(f"You can open the conversations of {practice.name} for an hour. Its administrators see this in the console.")
    return redirect(url_for("inbox.page", practice=practice.slug), 303)


@blueprint.post("/emergency/end")
@open_to(Role.STAFF)
def end() -> Response:
    """Give the access back before it ends by itself."""
    with services_of(current_app).database.write() as writing:
        end_accesses(writing, member().id, now())
        _record(writing, "emergency_ended", f"staff:{member().id}", None)
    flash("Emergency access has ended.")
    return redirect(url_for(".page"), 303)


@blueprint.get("/accounts/emergency")
@open_to(Role.ADMIN)
def review() -> Response:
    """Show the accesses to the member's practices that nobody has reviewed."""
    services = services_of(current_app)
    with services.database.read() as reading:
        accesses = [_shown(access) for access in unreviewed(reading, member().practices)]
    return make_response(render_template("staff/emergency_review.html", accesses=accesses))


@blueprint.post("/accounts/emergency/<int:access_id>")
@open_to(Role.ADMIN)
def mark_reviewed(access_id: int) -> Response:
    """Note that an administrator has reviewed an access; nobody reviews their own."""
    with services_of(current_app).database.write() as writing:
        access = writing.get(EmergencyAccess, access_id, with_for_update=True)
        if access is None or access.practice not in member().practices:
            abort(404)
        if access.staff_id == member().id:
            flash("Another administrator must review your own access.")
        elif access.reviewed_at is None:
            access.reviewed_at, access.reviewed_by = now(), member().id
            _record(writing, "emergency_reviewed", f"emergency:{access_id}", access.practice)
    return redirect(url_for(".review"), 303)


def _find_practice(typed: str) -> Practice | None:
    """Return another practice by its name, slug, or phone number, if it allows emergency access."""
    wanted = " ".join(typed.split()).casefold()
    for practice in services_of(current_app).practices.all:
        names = (practice.name.casefold(), practice.slug, practice.phone, display.spoken(practice.phone))
        if wanted in names and practice.access.emergency_access and practice.slug not in member().practices:
            return practice
    return None


def _page(problem: str = "") -> Response:
    practices = services_of(current_app).practices
    shown = render_template(
        "staff/emergency.html",
        problem=problem,
        typed=request.form,
        open_now=[practices.require(slug).name for slug in member().emergency],
    )
    return make_response(shown, 400 if problem else 200)


def _unreviewed() -> int:
    """Return how many accesses wait for the member's review."""
    if not member().may(Role.ADMIN):
        return 0
    with services_of(current_app).database.read() as reading:
        return len(unreviewed(reading, member().practices))


def _shown(access: EmergencyAccess) -> dict[str, Any]:
    practice = services_of(current_app).practices.require(access.practice)
    return {
        "id": access.id,
        "who": access.member.name,
        "practice": practice.name,
        "reason": access.reason,
        "at": display.clock(access.created_at, practice.time_zone),
        "until": display.clock(access.expires_at, practice.time_zone),
        "is_own": access.staff_id == member().id,
    }


def _record(writing: Any, action: str, subject: str, practice: str | None) -> None:
    record_action(writing, staff_id=member().id, practice=practice, action=action, subject=subject)
