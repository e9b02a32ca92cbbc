"""Single sign-on with OpenID Connect, beside passwords: who is let in, and with which rights."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, current_app, flash, redirect, request, session, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from inbox.accounts.members import find_member_to_change
from inbox.accounts.oidc import Identity, NotAdmittedError, admit_identity, end_rights, subject_of
from inbox.accounts.sign_in_failures import SignInSource, record_failure
from inbox.models import Role, StaffSession, now
from intake.oidc_rights import Rights, combine_rights, parse_rights
from staff.auth.access import member, open_to
from staff.auth.entry import HOME, enter_at, page_or_home
from staff.auth.source import client_address
from web.services import Services, services_of

blueprint = Blueprint("oidc", __name__, url_prefix="/staff/oidc")

UNREACHABLE = "Single sign-on does not work right now. Try again later, or sign in with your password."
FAILED = "Single sign-on did not succeed. Try again."
CONFIRMED = "You confirmed that it is you. Make the change within five minutes."
NOT_CONFIRMED = "Single sign-on did not confirm that it is you. Try again, and sign in there once more."
_NEXT = "oidc_next"
_CONFIRMING = "oidc_confirming"
_CLOCKS_DIFFER = 30.0


@blueprint.get("")
def begin() -> Response:
    """Send the browser to the identity provider."""
    services = services_of(current_app)
    if current_user.is_authenticated:
        return redirect(HOME)
    if services.settings.oidc_issuer is None:
        return redirect(url_for("sign_in.sign_in"))
    from staff.auth.oidc_client import send_to_provider  # slow to import, and most services have no provider

    answer = send_to_provider(services.settings, _return_address(services))
    if answer is None:
        return _back(UNREACHABLE)
    session[_NEXT] = page_or_home(request.args.get("next", ""))
    return answer


@blueprint.get("/confirm")
@open_to(Role.STAFF)
def confirm() -> Response:
    """Send a signed-in member to the identity provider, to sign in anew before the account's protection changes."""
    services = services_of(current_app)
    if services.settings.oidc_issuer is None:
        return _to_account(UNREACHABLE)
    from staff.auth.oidc_client import send_to_provider  # as above

    answer = send_to_provider(services.settings, _return_address(services), anew=True)
    if answer is None:
        return _to_account(UNREACHABLE)
    session[_CONFIRMING] = [member().session_id, now().timestamp()]
    return answer


@blueprint.get("/return")
def finish() -> Response:
    """Check what the identity provider says, and sign its member in with the rights that its claims map to."""
    services, settings = services_of(current_app), services_of(current_app).settings
    if current_user.is_authenticated:
        return _finish_confirming(services) if _CONFIRMING in session else redirect(HOME)
    session.pop(_CONFIRMING, None)
    if settings.oidc_issuer is None:
        return redirect(url_for("sign_in.sign_in"))
    import requests  # as above

    from staff.auth.oidc_client import read_claims

    try:
        claims = read_claims(settings)
    except requests.RequestException:
        return _back(UNREACHABLE)
    if claims is None:
        return _back(FAILED)
    wanted = session.pop(_NEXT, HOME)
    try:
        staff_id = _admit(services, claims)
    except NotAdmittedError as error:
        with services.database.write() as writing:
            if error.lost_rights and error.staff_id is not None:
                end_rights(writing, error.staff_id, now())
            record_failure(writing, error.staff_id, SignInSource.address(client_address()), "oidc")
        return _back(f"{error} Ask your practice's administrator.")
    return enter_at(staff_id, "oidc", wanted)


def signed_in_since(auth_time: object, asked_at: float) -> bool:
    """Return whether the identity provider says that its member signed in there after they were asked to.

    Args:
        auth_time: the claim of the ID token, in seconds since 1970, if there is one.
        asked_at: when the browser was sent there, likewise.
    """
    if isinstance(auth_time, bool) or not isinstance(auth_time, int | float):
        return False
    return auth_time >= asked_at - _CLOCKS_DIFFER


def _finish_confirming(services: Services) -> Response:
    """Let the next change to the account go ahead if the same person has just signed in at the identity provider."""
    import requests  # as above

    from staff.auth.oidc_client import read_claims

    session_id, asked_at = session.pop(_CONFIRMING)
    try:
        claims = read_claims(services.settings)
    except requests.RequestException:
        return _to_account(UNREACHABLE)
    if claims is None or session_id != member().session_id or not signed_in_since(claims.get("auth_time"), asked_at):
        return _to_account(NOT_CONFIRMED)
    subject = subject_of(services.settings.oidc_issuer or "", str(claims["sub"]))
    with services.database.write() as writing:
        account = find_member_to_change(writing, member().id)
        is_same = account.oidc_subject == subject
        if is_same:
            writing.get_one(StaffSession, session_id).proved_at = now()
        else:
            record_failure(writing, account.id, SignInSource.session(session_id, client_address()), "oidc")
    return _to_account(CONFIRMED if is_same else NOT_CONFIRMED)


def _to_account(message: str) -> Response:
    flash(message)
    return redirect(url_for("account.show"))


def _admit(services: Services, claims: dict[str, Any]) -> int:
    settings = services.settings
    is_verified = claims.get("email_verified") is True
    identity = Identity(
        subject=subject_of(settings.oidc_issuer or "", str(claims["sub"])),
        email=str(claims["email"]) if is_verified and claims.get("email") else None,
        name=str(claims.get("name") or ""),
    )
    with services.database.write() as writing:
        return admit_identity(writing, identity, _rights(services, claims.get(settings.oidc_claim))).id


def _rights(services: Services, value: object) -> Rights | None:
    """Return what the claim allows, at the practices that this service has."""
    values = value if isinstance(value, list) else [value]
    rights = combine_rights(parse_rights(services.settings.oidc_rights or ""), values)
    if rights is None:
        return None
    known = tuple(slug for slug in rights.practices if services.practices.by_slug(slug) is not None)
    return Rights(rights.role, known)


def _return_address(services: Services) -> str:
    return f"{services.settings.public_url}{url_for('oidc.finish')}"


def _back(message: str) -> Response:
    flash(message)
    return redirect(url_for("sign_in.sign_in"))
