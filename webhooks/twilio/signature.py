"""Proof that a request comes from Twilio (https://www.twilio.com/docs/usage/security#validating-requests)."""

from __future__ import annotations

from flask import Request
from twilio.request_validator import RequestValidator

from intake.settings import Settings
from web.errors import RequestError


def require_twilio_signature(request: Request, settings: Settings) -> None:
    """Let a request pass that is signed over its public address and its form with the account's auth token.

    Raises:
        RequestError: 403, the signature is missing or wrong, or there is no token to check it with.
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
    """Return the address that Twilio signed: the public one, whatever a proxy made of it."""
    query = request.query_string.decode("latin-1")
    return f"{settings.public_url}{request.path}" + (f"?{query}" if query else "")
