"""Single sign-on with OpenID Connect, beside passwords: the code flow with PKCE, state, and nonce."""

from __future__ import annotations

from typing import Any

import requests
import structlog
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.base_client.errors import OAuthError
from authlib.integrations.flask_client import FlaskIntegration, FlaskOAuth2App
from flask import Blueprint, current_app, flash, redirect, request, session, url_for
from flask_login import current_user
from joserfc.errors import JoseError
from werkzeug.wrappers import Response

from inbox.oidc_accounts import Identity, NotAdmittedError, admit_identity, subject_of
from inbox.sign_in_failures import Source, record_failure
from intake.oidc_rights import Rights, combine_rights, parse_rights
from intake.settings import Settings
from staff.auth.entry import HOME, enter_at, page_or_home
from staff.auth.source import client_address
from web.services import Services, services_of

log = structlog.get_logger(__name__)

blueprint = Blueprint("oidc", __name__, url_prefix="/staff/oidc")

UNREACHABLE = "Single sign-on does not work right now. Try again later, or sign in with your password."
FAILED = "Single sign-on did not succeed. Try again."
TIMEOUT_SECONDS = 10
_NEXT = "oidc_next"


@blueprint.get("")
def begin() -> Response:
    """Send the browser to the identity provider."""
    services = services_of(current_app)
    if current_user.is_authenticated:
        return redirect(HOME)
    if services.settings.oidc_issuer is None:
        return redirect(url_for("sign_in.sign_in"))
    try:
        answer: Response = _client(services.settings).authorize_redirect(_return_address(services))
    except (requests.RequestException, AuthlibBaseError, RuntimeError, ValueError) as error:
        log.warning("oidc_unreachable", error=type(error).__name__)
        return _back(UNREACHABLE)
    session[_NEXT] = page_or_home(request.args.get("next", ""))
    return answer


@blueprint.get("/return")
def finish() -> Response:
    """Check what the identity provider says, and sign its member in with the rights that its claims map to."""
    services, settings = services_of(current_app), services_of(current_app).settings
    if current_user.is_authenticated:
        return redirect(HOME)
    if settings.oidc_issuer is None:
        return redirect(url_for("sign_in.sign_in"))
    try:
        claims = _claims(_client(settings))
    except requests.RequestException as error:
        log.warning("oidc_unreachable", error=type(error).__name__)
        return _back(UNREACHABLE)
    except (AuthlibBaseError, OAuthError, JoseError, KeyError, RuntimeError, ValueError) as error:
        log.warning("oidc_failed", error=type(error).__name__)
        return _back(FAILED)
    wanted = session.pop(_NEXT, HOME)
    try:
        staff_id = _admit(services, claims)
    except NotAdmittedError as error:
        with services.database.write() as writing:
            record_failure(writing, error.staff_id, Source.address(client_address()), "oidc")
        return _back(f"{error} Ask your practice's administrator.")
    return enter_at(staff_id, "oidc", wanted)


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


def _claims(client: FlaskOAuth2App) -> dict[str, Any]:
    """Return the claims of a checked ID token, and those that only the user info endpoint tells."""
    token = client.authorize_access_token()
    claims = dict(token["userinfo"])
    if client.load_server_metadata().get("userinfo_endpoint"):
        told = dict(client.userinfo(token=token))
        if told.get("sub") == claims["sub"]:
            claims = told | claims
    return claims


def _client(settings: Settings) -> FlaskOAuth2App:
    return FlaskOAuth2App(
        FlaskIntegration("oidc"),
        "oidc",
        client_id=settings.oidc_client_id,
        client_secret=settings.oidc_client_secret,
        server_metadata_url=f"{settings.oidc_issuer}/.well-known/openid-configuration",
        client_kwargs={
            "scope": "openid email profile",
            "code_challenge_method": "S256",
            "default_timeout": TIMEOUT_SECONDS,
        },
    )


def _return_address(services: Services) -> str:
    return f"{services.settings.public_url}{url_for('oidc.finish')}"


def _back(message: str) -> Response:
    flash(message)
    return redirect(url_for("sign_in.sign_in"))
