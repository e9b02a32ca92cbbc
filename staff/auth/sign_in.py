"""Signing in, with a second factor if the member has one, and signing out."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import urlsplit

from flask import Blueprint, current_app, make_response, redirect, render_template, request, session, url_for
from flask_limiter import RateLimitExceeded
from flask_login import current_user, login_user, logout_user
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from inbox.accounts import (
    check_password,
    find_member,
    find_member_to_change,
    judge,
    open_session,
    prove_second_factor,
)
from inbox.audit import record_action
from inbox.models import Role, StaffMember, StaffSession, now
from staff.auth.access import load_member, member, open_to
from templates.staff import FOLDER
from web.services import services_of

blueprint = Blueprint(
    "sign_in",
    __name__,
    url_prefix="/staff",
    template_folder=str(FOLDER.parent),
    static_folder=str(FOLDER / "static"),
    static_url_path="/static",
)

HOME = "/staff/"
REFUSED = "Incorrect email or password, or too many failed attempts. Check them, or try again later."
CODE_REFUSED = "Incorrect or already used code, or too many failed attempts. Enter the next code, or try again later."
TOO_OFTEN = "Too many attempts from your network. Wait a minute, then try again."
CODE_WITHIN = timedelta(minutes=5)
_HALF_WAY = "half_way"


@blueprint.route("/sign-in", methods=["GET", "POST"])
def sign_in() -> Response:
    """Show the form, and check the email address and password."""
    if current_user.is_authenticated:
        return redirect(HOME)
    if request.method == "GET":
        return _form()
    found = _check_password(request.form.get("email", ""), request.form.get("password", ""))
    if found is None:
        return _form(REFUSED, 401)
    if found.totp_secret is None:
        return _enter(found.id, "password")
    session.clear()
    session[_HALF_WAY] = [found.id, now().timestamp()]
    return redirect(url_for(".second_factor", next=request.args.get("next")))


@blueprint.route("/second-factor", methods=["GET", "POST"])
def second_factor() -> Response:
    """Show the form, and check an authenticator code or a recovery code."""
    staff_id = _half_way()
    if staff_id is None or current_user.is_authenticated:
        return redirect(url_for(".sign_in", next=request.args.get("next")))
    if request.method == "GET":
        return _form()
    factor = _check_code(staff_id, request.form.get("code", ""))
    if factor is None:
        return _form(CODE_REFUSED, 401)
    return _enter(staff_id, factor)


@blueprint.post("/sign-out")
@open_to(Role.STAFF)
def sign_out() -> Response:
    """End this browser's session."""
    with services_of(current_app).database.write() as database:
        database.get_one(StaffSession, member().session_id).revoked_at = now()
        record_action(
            database, staff_id=member().id, practice=None, action="signed_out", subject=f"staff:{member().id}"
        )
    logout_user()
    session.clear()
    return redirect(url_for(".sign_in"), 303)


@blueprint.errorhandler(RateLimitExceeded)
def too_often(_error: RateLimitExceeded) -> Response:
    """Show the rate limit's error on the page; `Retry-After` is the limit's whole window."""
    answer = _form(TOO_OFTEN, 429)
    answer.headers["Retry-After"] = "60"
    return answer


def _form(problem: str | None = None, status: int = 200) -> Response:
    page = "second_factor" if request.endpoint == "sign_in.second_factor" else "sign_in"
    shown = render_template(f"staff/{page}.html", problem=problem, email=request.form.get("email", ""))
    return make_response(shown, status)


def _check_password(email: str, password: str) -> StaffMember | None:
    """Return the account with this email address and password, unless it is locked or disabled."""
    database = services_of(current_app).database
    with database.read() as reading:
        found = find_member(reading, email)
    proved = check_password(found, password)  # slow, so outside the transaction
    if found is None:
        return None
    with database.write() as writing:
        to_change = find_member_to_change(writing, found.id)
        return to_change if judge(writing, to_change, proved, now()) else None


def _check_code(staff_id: int, code: str) -> str | None:
    """Return the kind of second factor that a code proves, unless the account is locked or disabled."""
    with services_of(current_app).database.write() as writing:
        to_change = find_member_to_change(writing, staff_id)
        factor = prove_second_factor(to_change, code, now())
        return factor if judge(writing, to_change, factor is not None, now()) else None


def _half_way() -> int | None:
    """Return the id of the account whose password was recently accepted in this browser."""
    staff_id, moment = session.get(_HALF_WAY, (None, 0))
    return staff_id if now().timestamp() - moment < CODE_WITHIN.total_seconds() else None


def _enter(staff_id: int, factor: str) -> Response:
    services = services_of(current_app)
    with services.database.write() as writing:
        token = open_session(writing, find_member_to_change(writing, staff_id), request.user_agent.string)
        record_action(
            writing,
            staff_id=staff_id,
            practice=None,
            action="signed_in",
            subject=f"staff:{staff_id}",
            factor=factor,
        )
    session.clear()  # keep nothing from before the sign-in, above all not the CSRF token
    login_user(load_member(services, token))
    return redirect(_wanted(), 303)


def _wanted() -> str:
    """Return the page that the member first asked for, if it is one of the console's."""
    wanted = request.args.get("next", "")
    parts = urlsplit(wanted)
    if parts.scheme or parts.netloc or not wanted.startswith(HOME) or "\\" in wanted or not wanted.isprintable():
        return HOME
    try:
        current_app.url_map.bind("").match(parts.path, "GET")
    except HTTPException:  # not a page, but for example the target of a form
        return HOME
    return wanted
