"""Checking that a request comes from Twilio (https://www.twilio.com/docs/usage/security#validating-requests)."""

from __future__ import annotations

from flask import Request
from twilio.request_validator import RequestValidator

from intake.settings import Settings
from web.errors import RequestError


def require_twilio_signature(request: Request, settings: Settings) -> None:
    """Check a request's signature, which covers its public URL and its form.

    Raises:
        RequestError: 403 if the signature is missing or wrong, or if there is no auth token to check it with.
    """
    signature = request.headers.get("X-Twilio-Signature", "")
    if settings.twilio_auth_token is None:
        raise RequestError(403, "twilio_not_configured", "Set TWILIO_AUTH_TOKEN to receive Twilio webhooks.")
    validator = RequestValidator(settings.twilio_auth_token)
    if not signature or not validator.validate(public_address(request, settings), request.form, signature):
        raise RequestError(
            403,
            "invalid_signature",
            "The X-Twilio-Signature header does not match this request. Check PUBLIC_URL and the auth token.",
        )


def public_address(request: Request, settings: Settings) -> str:
    """Return the URL that Twilio signed: the public one, even behind a proxy."""
    query = request.query_string.decode("latin-1")
    return f"{settings.public_url}{request.path}" + (f"?{query}" if query else "")
