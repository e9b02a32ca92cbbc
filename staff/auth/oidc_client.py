"""Talking with the identity provider: the code flow of OpenID Connect with PKCE, state, and nonce."""

from __future__ import annotations

from typing import Any

import requests
import structlog
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.base_client.errors import OAuthError
from authlib.integrations.flask_client import FlaskIntegration, FlaskOAuth2App
from joserfc.errors import JoseError
from werkzeug.wrappers import Response

from intake.settings import Settings

log = structlog.get_logger(__name__)

TIMEOUT_SECONDS = 10


def send_to_provider(settings: Settings, return_address: str, *, anew: bool = False) -> Response | None:
    """Return the answer that sends the browser to the provider, None if that cannot be reached.

    Args:
        settings: the service's settings.
        return_address: where the provider sends the browser afterwards.
        anew: whether the member must sign in there now, even in a browser in which they are signed in.
    """
    wanted = {"prompt": "login", "max_age": 0} if anew else {}
    try:
        answer: Response = _client(settings).authorize_redirect(return_address, **wanted)
    except (requests.RequestException, AuthlibBaseError, RuntimeError, ValueError) as error:
        log.warning("oidc_unreachable", error=type(error).__name__)
        return None
    return answer


def read_claims(settings: Settings) -> dict[str, Any] | None:
    """Return the claims that the browser has brought from the provider, None if they do not hold.

    Raises:
        requests.RequestException: the provider cannot be reached.
    """
    client = _client(settings)
    try:
        return _claims(client)
    except requests.RequestException as error:
        log.warning("oidc_unreachable", error=type(error).__name__)
        raise
    except (AuthlibBaseError, OAuthError, JoseError, KeyError, RuntimeError, ValueError) as error:
        log.warning("oidc_failed", error=type(error).__name__)
        return None


def _claims(client: FlaskOAuth2App) -> dict[str, Any]:
    """Return the claims of a checked ID token, and those that only the user info endpoint tells.

    When the member signed in is taken from the ID token alone, as it speaks of this very sign-in.
    """
    token = client.authorize_access_token()
    claims = dict(token["userinfo"])
    if client.load_server_metadata().get("userinfo_endpoint"):
        told = dict(client.userinfo(token=token))
        if told.get("sub") == claims["sub"]:
            claims = {name: value for name, value in told.items() if name != "auth_time"} | claims
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
