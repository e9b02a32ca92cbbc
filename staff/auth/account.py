"""The member's own account page: the password, the authenticator app, and how they hear of colleagues' calls."""

from __future__ import annotations

import re

import segno
from flask import (
    Blueprint,
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

from inbox.accounts.emergency_access import admins_of
from inbox.accounts.members import find_member_to_change, revoke_sessions
from inbox.accounts.passwords import SHORTEST_PASSWORD, hash_password, words_about
from inbox.accounts.second_factor import (
    check_totp,
    is_code_of,
    new_recovery_codes,
    new_totp_secret,
    remove_authenticator,
    totp_address,
)
from inbox.accounts.staff_links import void_links
from inbox.audit.trail import record_action
from inbox.models import NoticePreference, Role, StaffMember, now
from intake.errors import IntakeError
from intake.practices import Practice
from staff.auth import browsers
from staff.auth.access import member, open_to
from staff.auth.browsers import list_browsers
from staff.auth.reauthentication import read_proof, refuse_unproved
from staff.display import clock
from tasks.mail.accounts import practice_that_mails
from web.services import Services, services_of

blueprint = Blueprint("account", __name__, url_prefix="/staff/account")
browsers.add_routes(blueprint)

WRONG_CODE = "Incorrect code. Enter the code that the app shows now."
DIFFERENT = "The new passwords do not match."
_PREFERENCES = {
    NoticePreference.NOTHING: "Nothing",
    NoticePreference.CONSOLE: "The conversation is marked as unread",
    NoticePreference.EMAIL: "Marked as unread, and an email",
}
_NEW_SECRET = "new_authenticator"  # noqa: S105 (a session key, not a secret)


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
    if refused := refuse_unproved("current_password", with_code=False):
        return _page("password", refused)
    if new != request.form.get("new_password_again"):
        return _page("password", DIFFERENT)
    account = _account()
    practices = [practice.name for practice in _practices()]
    try:
        hashed = hash_password(new, words_about(account.email, account.name, practices))
    except IntakeError as error:
        return _page("password", f"{str(error)[:1].upper()}{str(error)[1:]}.")
    with _services().database.write() as writing:
        find_member_to_change(writing, member().id).password_hash = hashed
        revoke_sessions(writing, member().id, but=member().session_id)
        void_links(writing, member().id, now())
        _record(writing, "password_changed")
    return _done("Password changed. You have been signed out everywhere else.")


@blueprint.post("/notices")
@open_to(Role.STAFF)
def choose_notices() -> Response:
    """Choose how the member hears of mentions, assignments, and held messages."""
    wanted = request.form.get("notices", "")
    if wanted not in set(NoticePreference):
        return _page("notices", "Choose one of the three.")
    with _services().database.write() as writing:
        find_member_to_change(writing, member().id).notices = NoticePreference(wanted)
        _record(writing, "notices_chosen", notices=wanted)
    return _done("Saved.")


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
    if secret is None or _account().totp_secret:
        return redirect(url_for(".set_up_authenticator"), 303)
    code = re.sub(r"\s", "", request.form.get("code", ""))
    if not is_code_of(secret, code, now()):  # first, as a confirmation by single sign-on holds for one change
        return _set_up_page(WRONG_CODE)
    if refused := refuse_unproved():
        return _set_up_page(refused)
    with _services().database.write() as writing:
        account = find_member_to_change(writing, member().id)
        if account.totp_secret:  # another of the member's browsers got there first
            return redirect(url_for(".show"), 303)
        account.totp_secret = secret
        fits = check_totp(account, code, now())
        if fits:
            codes = new_recovery_codes(account)
            _record(writing, "authenticator_turned_on")
        else:
            remove_authenticator(account)
    if not fits:
        return _set_up_page(WRONG_CODE)
    del session[_NEW_SECRET]
    return make_response(render_template("staff/account_codes.html", codes=codes))


@blueprint.post("/authenticator/off")
@open_to(Role.STAFF)
def turn_off_authenticator() -> Response:
    """Turn off the authenticator, given the password and a current code."""
    if refused := refuse_unproved():
        return _page("authenticator", refused)
    with _services().database.write() as writing:
        remove_authenticator(find_member_to_change(writing, member().id))
        _record(writing, "authenticator_turned_off")
    return _done("The authenticator app is off.")


@blueprint.post("/recovery-codes")
@open_to(Role.STAFF)
def renew_recovery_codes() -> Response:
    """Show new recovery codes once; the earlier ones stop working."""
    if refused := refuse_unproved():
        return _page("authenticator", refused)
    with _services().database.write() as writing:
        account = find_member_to_change(writing, member().id)
        if not account.totp_secret:
            return redirect(url_for(".show"), 303)
        codes = new_recovery_codes(account)
        _record(writing, "recovery_codes_renewed")
    return make_response(render_template("staff/account_codes.html", codes=codes))


def _services() -> Services:
    return services_of(current_app)


def _account() -> StaffMember:
    with _services().database.read() as reading:
        return reading.get_one(StaffMember, member().id)


def _record(writing: Session, action: str, **detail: object) -> None:
    record_action(writing, staff_id=member().id, practice=None, action=action, subject=f"staff:{member().id}", **detail)


def _done(message: str) -> Response:
    flash(message)
    return redirect(url_for(".show"), 303)


def _practices() -> list[Practice]:
    return [_services().practices.require(slug) for slug in member().practices]


def _page(part: str | None = None, problem: str | None = None) -> Response:
    """Return the account page, with an optional error message in one of its parts."""
    practices = _practices()
    zone = practices[0].time_zone if practices else "UTC"
    with _services().database.read() as reading:
        proof = read_proof(reading)
        account = proof["account"]
        shown = render_template(
            "staff/account.html",
            **proof,
            passkeys=[(passkey.id, passkey.name, clock(passkey.created_at, zone)) for passkey in account.passkeys],
            practices=[practice.name for practice in practices],
            requires=[practice.name for practice in practices if practice.access.require_second_factor],
            browsers=list_browsers(reading, zone),
            administrators=sorted(
                {
                    admin.name
                    for practice in practices
                    for admin in admins_of(reading, practice.slug)
                    if admin.id != account.id
                }
            ),
            offers_emergency=any(
                practice.access.emergency_access
                for practice in _services().practices.all
                if practice.slug not in member().practices
            ),
            preferences=_PREFERENCES,
            can_mail=practice_that_mails(_services().settings, _services().practices, member().practices) is not None,
            shortest=SHORTEST_PASSWORD,
            problems={part: problem},
        )
    return make_response(shown, 400 if problem else 200)


def _set_up_page(problem: str | None = None) -> Response:
    secret = session[_NEW_SECRET]
    with _services().database.read() as reading:
        proof = read_proof(reading)
    code = segno.make(totp_address(proof["account"], secret), error="m")
    shown = render_template(
        "staff/account_authenticator.html",
        image=code.svg_data_uri(scale=5, border=4, light="#fff"),
        secret=" ".join(re.findall(".{1,4}", secret)),
        problem=problem,
        **proof,
    )
    return make_response(shown, 400 if problem else 200)
