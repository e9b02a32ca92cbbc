"""The member's own account page: password, authenticator app, and signed-in browsers."""

from __future__ import annotations

import re

import segno
from flask import (
    Blueprint,
    abort,
    current_app,
    flash,
    make_response,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from inbox.accounts import (
    SHORTEST_PASSWORD,
    check_password,
    check_totp,
    find_member_to_change,
    hash_password,
    judge,
    new_recovery_codes,
    new_totp_secret,
    remove_second_factor,
    revoke_sessions,
    running_sessions,
    totp_address,
)
from inbox.audit import record_action
from inbox.models import Role, StaffMember, now
from intake.errors import IntakeError
from staff.auth.access import member, open_to
from staff.display import clock
from web.services import Services, services_of

blueprint = Blueprint("account", __name__, url_prefix="/staff/account")

WRONG_PASSWORD = "Incorrect password, or too many failed attempts. Check your password, or try again later."  # noqa: S105
WRONG_CODE = "Incorrect code. Enter the code that the app shows now."
DIFFERENT = "The new passwords do not match."
_NEW_SECRET = "new_authenticator"  # noqa: S105 (a session key, not a secret)
# Browsers whose User-Agent also names other browsers come first.
_BROWSERS = {"Edg": "Edge", "OPR": "Opera", "Firefox": "Firefox", "Chrome": "Chrome", "Safari": "Safari"}
_SYSTEMS = {
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Android": "Android",
    "Windows": "Windows",
    "Mac OS X": "Mac",
    "Linux": "Linux",
}


@blueprint.get("")
@open_to(Role.STAFF)
def show() -> Response:
    """Show the account page."""
    return _page()


@blueprint.post("/password")
@open_to(Role.STAFF)
def change_password() -> Response:
    """Change the password and sign out everywhere else."""
    new = request.form.get("new_password", "")
    if not _is_own_password("current_password"):
        return _page("password", WRONG_PASSWORD)
    if new != request.form.get("new_password_again"):
        return _page("password", DIFFERENT)
    try:
        hashed = hash_password(new)
    except IntakeError as error:
        return _page("password", f"{str(error).capitalize()}.")
    with _services().database.write() as writing:
        find_member_to_change(writing, member().id).password_hash = hashed
        revoke_sessions(writing, member().id, but=member().session_id)
        _record(writing, "password_changed")
    return _done("Password changed. You have been signed out everywhere else.")


@blueprint.get("/authenticator")
@open_to(Role.STAFF)
def set_up_authenticator() -> Response:
    """Show a new authenticator secret as a QR code and as text, and keep it in this browser's cookie."""
    if _account().totp_secret:
        return redirect(url_for(".show"))
    session.setdefault(_NEW_SECRET, new_totp_secret())
    return _set_up_page()


@blueprint.post("/authenticator")
@open_to(Role.STAFF)
def turn_on_authenticator() -> Response:
    """Turn on the authenticator once a correct code shows that the app has the secret."""
    secret = session.get(_NEW_SECRET)
    if secret is None:
        return redirect(url_for(".set_up_authenticator"), 303)
    with _services().database.write() as writing:
        account = find_member_to_change(writing, member().id)
        if account.totp_secret:
            return redirect(url_for(".show"), 303)
        account.totp_secret = secret
        fits = check_totp(account, re.sub(r"\s", "", request.form.get("code", "")), now())
        if fits:
            codes = new_recovery_codes(account)
            _record(writing, "authenticator_turned_on")
        else:
            remove_second_factor(account)
    if not fits:
        return _set_up_page(WRONG_CODE)
    del session[_NEW_SECRET]
    return make_response(render_template("staff/account_codes.html", codes=codes))


@blueprint.post("/authenticator/off")
@open_to(Role.STAFF)
def turn_off_authenticator() -> Response:
    """Turn off the authenticator, so that the password alone is enough to sign in."""
    if not _is_own_password("password"):
        return _page("authenticator", WRONG_PASSWORD)
    with _services().database.write() as writing:
        remove_second_factor(find_member_to_change(writing, member().id))
        _record(writing, "authenticator_turned_off")
    return _done("The authenticator app is off. You now sign in with just your password.")


@blueprint.post("/recovery-codes")
@open_to(Role.STAFF)
def renew_recovery_codes() -> Response:
    """Show new recovery codes once; the earlier ones stop working."""
    if not _is_own_password("password"):
        return _page("authenticator", WRONG_PASSWORD)
    with _services().database.write() as writing:
        account = find_member_to_change(writing, member().id)
        if not account.totp_secret:
            return redirect(url_for(".show"), 303)
        codes = new_recovery_codes(account)
        _record(writing, "recovery_codes_renewed")
    return make_response(render_template("staff/account_codes.html", codes=codes))


@blueprint.post("/sessions/<int:session_id>/end")
@open_to(Role.STAFF)
def end_session(session_id: int) -> Response:
    """Sign out in another browser."""
    with _services().database.write() as writing:
        running = {found.id: found for found in running_sessions(writing, member().id, now())}
        if session_id not in running:
            abort(404)
        running[session_id].revoked_at = now()
        _record(writing, "session_ended", browser=session_id)
    return _done("That browser has been signed out.")


@blueprint.post("/sessions/end-others")
@open_to(Role.STAFF)
def end_other_sessions() -> Response:
    """Sign out in every other browser."""
    with _services().database.write() as writing:
        revoke_sessions(writing, member().id, but=member().session_id)
        _record(writing, "other_sessions_ended")
    return _done("You have been signed out everywhere else.")


def describe_browser(agent: str) -> str:
    """Return the browser that a User-Agent header names, such as `Firefox on Windows`."""
    browser = next((name for mark, name in _BROWSERS.items() if f"{mark}/" in agent), "A browser")
    system = next((name for mark, name in _SYSTEMS.items() if mark in agent), None)
    return f"{browser} on {system}" if system else browser


def _services() -> Services:
    return services_of(current_app)


def _account() -> StaffMember:
    with _services().database.read() as reading:
        return reading.get_one(StaffMember, member().id)


def _is_own_password(field: str) -> bool:
    """Return whether a form field contains the member's password; failures count like failed sign-ins."""
    proved = check_password(_account(), request.form.get(field, ""))  # slow, so outside the transaction
    with _services().database.write() as writing:
        return judge(writing, find_member_to_change(writing, member().id), proved, now())


def _record(writing: Session, action: str, **detail: object) -> None:
    record_action(writing, staff_id=member().id, practice=None, action=action, subject=f"staff:{member().id}", **detail)


def _done(message: str) -> Response:
    flash(message)
    return redirect(url_for(".show"), 303)


def _page(part: str | None = None, problem: str | None = None) -> Response:
    """Return the account page, with an optional error message in one of its parts."""
    practices = [_services().practices.require(slug) for slug in member().practices]
    zone = practices[0].time_zone if practices else "UTC"
    with _services().database.read() as reading:
        account = reading.get_one(StaffMember, member().id)
        browsers = [
            {
                "id": found.id,
                "name": describe_browser(found.browser),
                "since": clock(found.created_at, zone),
                "seen": clock(found.last_seen_at, zone),
                "is_this": found.id == member().session_id,
            }
            for found in running_sessions(reading, account.id, now())
        ]
    shown = render_template(
        "staff/account.html",
        account=account,
        practices=[practice.name for practice in practices],
        browsers=browsers,
        shortest=SHORTEST_PASSWORD,
        problems={part: problem},
    )
    return make_response(shown, 400 if problem else 200)


def _set_up_page(problem: str | None = None) -> Response:
    secret = session[_NEW_SECRET]
    code = segno.make(totp_address(_account(), secret), error="m")
    shown = render_template(
        "staff/account_authenticator.html",
        image=code.svg_data_uri(scale=5, border=4, light="#fff"),
        secret=" ".join(re.findall(".{1,4}", secret)),
        problem=problem,
    )
    return make_response(shown, 400 if problem else 200)
