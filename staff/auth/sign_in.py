"""Signing in with a password, with a second factor if the member has one, and signing out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from flask import Blueprint, current_app, make_response, redirect, render_template, request, session, url_for
from flask_limiter import RateLimitExceeded
from flask_login import current_user, logout_user
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from inbox.accounts.first_admin import has_members
from inbox.accounts.members import find_ended, find_member, find_member_to_change
from inbox.accounts.passwords import check_password
from inbox.accounts.second_factor import has_second_factor, prove_second_factor
from inbox.accounts.sign_in_failures import (
    SignInSource,
    are_codes_locked,
    count_failure,
    is_blocked,
    judge_code,
    record_failure,
)
from inbox.audit.trail import record_action
from inbox.models import Role, StaffMember, StaffSession, now
from staff.auth.access import REPLY_UNSENT, idle_limit, member, open_to
from staff.auth.entry import HOME, enter
from staff.auth.source import client_address, source_of
from staff.live import leave_everywhere
from staff.static_files import serve_files
from templates.staff import FOLDER
from web.services import services_of

blueprint = Blueprint("sign_in", __name__, url_prefix="/staff", template_folder=str(FOLDER.parent))
serve_files(blueprint)

REFUSED = "Incorrect email or password, or too many failed attempts. Check them, or try again later."
CODE_REFUSED = "Incorrect or already used code, or too many failed attempts. Enter the next code, or try again later."
TOO_OFTEN = "Too many attempts from your network. Wait a minute, then try again."
UNSENT = {
    REPLY_UNSENT: "Your session had ended, so your reply was NOT sent. It is kept as a draft in this browser tab: sign"
    " in here, and it is in the conversation’s reply box again.",
    "form": "Your session had ended, so nothing was saved or sent. Sign in, then do it again.",
}
ENDED = "You were signed out"
KEPT = "What you typed in a reply box or as a note is kept."
ALARMS = "/staff/escalations/"
CODE_WITHIN = timedelta(minutes=5)
_HALF_WAY = "half_way"


@dataclass(frozen=True, slots=True)
class Proved:
    """What a sign-in form proved.

    Attributes:
        staff_id: whose account it is.
        factor: how it was proved, None if a second factor is still missing.
    """

    staff_id: int
    factor: str | None


@blueprint.route("/sign-in", methods=["GET", "POST"])
def sign_in() -> Response:
    """Show the form, and check the email address, the password, and a code if one was given with them."""
    if current_user.is_authenticated:
        return redirect(HOME)
    if request.method == "GET":
        return _form()
    form = request.form
    proved = _prove(form.get("email", ""), form.get("password", ""), form.get("code", "").strip())
    if proved is None:
        return _form(REFUSED, 401)
    if proved.factor is not None:
        return enter(proved.staff_id, proved.factor)
    session.clear()
    session[_HALF_WAY] = [proved.staff_id, now().timestamp()]
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
    return enter(staff_id, factor)


@blueprint.post("/sign-out")
@open_to(Role.STAFF)
def sign_out() -> Response:
    """End this browser's session."""
    with services_of(current_app).database.write() as database:
        database.get_one(StaffSession, member().session_id).revoked_at = now()
        record_action(
            database, staff_id=member().id, practice=None, action="signed_out", subject=f"staff:{member().id}"
        )
    leave_everywhere(services_of(current_app).queue.connection, member().id)
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
    shown = render_template(
        f"staff/{page}.html",
        problem=problem,
        email=request.form.get("email", ""),
        unsent=UNSENT.get(request.args.get("unsent", ""), _why_ended()),
        keeps_reply=request.args.get("unsent") == REPLY_UNSENT,
        is_new=page == "sign_in" and not _has_accounts(),
        has_oidc=services_of(current_app).settings.oidc_issuer is not None,
        alarm_waits=request.args.get("next", "").startswith(ALARMS),
        mails=services_of(current_app).settings.smtp_url is not None,
    )
    return make_response(shown, status)


def _why_ended() -> str:
    """Return why the session ended that this browser still names, and what is kept; empty if it names none."""
    if "_user_id" not in session or current_user.is_authenticated:
        return ""
    services = services_of(current_app)
    with services.database.read() as reading:
        found = find_ended(reading, session["_user_id"])
        slugs = [row.practice for row in found.member.practices] if found else []
    limit = idle_limit([practice for slug in slugs if (practice := services.practices.by_slug(slug))])
    if found is None or found.revoked_at is not None or now() - found.last_seen_at <= limit:
        return f"{ENDED}. {KEPT}"
    minutes = int(limit.total_seconds()) // 60
    shown = f"{minutes} minutes" if minutes % 60 else "an hour" if minutes == 60 else f"{minutes // 60} hours"
    return f"{ENDED} after {shown} without a key or a click. {KEPT}"


def _has_accounts() -> bool:
    with services_of(current_app).database.read() as reading:
        return has_members(reading)


def _prove(email: str, password: str, code: str) -> Proved | None:
    """Return whose email address and password these are, unless the account is locked from here or disabled."""
    database = services_of(current_app).database
    with database.read() as reading:
        found = find_member(reading, email)
    is_right = check_password(found, password)  # slow, so outside the transaction
    with database.write() as writing:
        if found is None:
            record_failure(writing, None, SignInSource.address(client_address()), "no account")
            return None
        return _judge(writing, find_member_to_change(writing, found.id), is_right, code)


def _judge(writing: Session, account: StaffMember, is_right: bool, code: str) -> Proved | None:
    """Decide about a sign-in, in the transaction in which the account is locked.

    Where a password alone is not enough for now, nothing tells whether it was right, unless a code proves itself with
    it. A wrong code counts only with the right password, so that nobody else can lock the codes.
    """
    moment, source = now(), source_of(account.id)
    if account.disabled_at is not None or are_codes_locked(account, moment):
        record_failure(writing, account.id, source, "disabled" if account.disabled_at else "codes locked")
        return None
    blocked = is_blocked(writing, account.id, source, moment)
    if not is_right:
        if blocked:
            record_failure(writing, account.id, source, "locked")
        else:
            count_failure(writing, account.id, source, moment)
        return None
    if code and has_second_factor(account):
        factor = prove_second_factor(account, code, moment)
        is_in = judge_code(writing, account, factor is not None, source, moment)
        return Proved(account.id, factor) if is_in else None
    if blocked:
        record_failure(writing, account.id, source, "locked")
        return None
    return Proved(account.id, None if has_second_factor(account) else "password")


def _check_code(staff_id: int, code: str) -> str | None:
    """Return the kind of second factor that a code proves, unless the account is locked or disabled."""
    with services_of(current_app).database.write() as writing:
        to_change = find_member_to_change(writing, staff_id)
        factor = prove_second_factor(to_change, code, now())
        return factor if judge_code(writing, to_change, factor is not None, source_of(staff_id), now()) else None


def _half_way() -> int | None:
    """Return the id of the account whose password was recently accepted in this browser."""
    staff_id, moment = session.get(_HALF_WAY, (None, 0))
    return staff_id if now().timestamp() - moment < CODE_WITHIN.total_seconds() else None
