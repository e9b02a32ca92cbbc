"""Incoming email, posted by an inbound-parse service such as SendGrid's."""

from __future__ import annotations

import hmac

import structlog
from flask import Blueprint, Request, Response, current_app, jsonify, request
from werkzeug.datastructures import WWWAuthenticate
from werkzeug.exceptions import BadRequest, RequestEntityTooLarge, RequestTimeout

from intake.settings import Settings
from web.errors import RequestError, error_response
from web.services import services_of
from webhooks.email.recording import record_email
from webhooks.email.sendgrid import read_email
from webhooks.multipart import PostedForm, read_multipart

log = structlog.get_logger(__name__)

blueprint = Blueprint("email", __name__, url_prefix="/email")

_HOW_TO_POST = "Post to https://intake:SECRET@HOST/email/inbound, with the secret from EMAIL_WEBHOOK_SECRET."
LARGEST_EMAIL = 36 * 1024 * 1024  # SendGrid accepts emails of up to 30 MB


@blueprint.post("/inbound")
def receive() -> Response:
    """Store and queue an email for each practice that it was sent to.

    SendGrid throws an email away at the first answer of 400 to 499 and tells nobody, but tries again for three days
    after a 503. So whatever the operator can put right gets a 503: a wrong address, password, or way to
    post. What is too large stays so, and gets a 413.
    """
    services = services_of(current_app)
    secret = _secret(services.settings)
    if not _has_credentials(request):
        return _unauthorized()
    if not _knows(request, secret):
        log.warning("email_refused", reason="wrong password")
        raise RequestError(503, "wrong_password", _HOW_TO_POST)
    posted = _read_form(request)
    if "headers" not in posted.fields:
        log.warning("email_refused", reason="posted raw")
        raise RequestError(
            503,
            "invalid_form",
            "The headers field is missing. Post parsed emails, not raw ones (in SendGrid, turn off 'POST the raw, full"
            " MIME message').",
        )
    email = read_email(posted)
    practices = {practice.slug: practice for practice in services.practices_for_mail(email.recipients)}
    if not practices:
        log.warning("unknown_address")
        raise RequestError(
            503, "unknown_address", "No practice has this email address. Add it in Settings, or to the practices file."
        )
    for practice in practices.values():
        record_email(services, practice, email)
    return jsonify(message="received")


def _read_form(request: Request) -> PostedForm:
    request.max_content_length = LARGEST_EMAIL
    try:
        # pictures may be written into HTML, before words
        return read_multipart(request.stream, request.mimetype_params, longest={"html": LARGEST_EMAIL})
    except RequestTimeout as timeout:
        raise RequestError(503, "too_slow", timeout.description or "Send it again.") from None
    except (RequestError, BadRequest):  # the latter if it was cut off
        log.warning("email_refused", reason="not a form that can be read")
        raise RequestError(
            503, "invalid_form", "The body can't be read. Post multipart/form-data, as SendGrid's Inbound Parse does."
        ) from None
    except RequestEntityTooLarge:
        log.warning("email_refused", reason="too large")
        raise


def _has_credentials(request: Request) -> bool:
    """Return whether there are any: some clients send theirs only after a 401."""
    return bool(request.headers.get("Authorization"))


def _secret(settings: Settings) -> str:
    if settings.email_webhook_secret is None:
        log.warning("email_refused", reason="EMAIL_WEBHOOK_SECRET is not set")
        raise RequestError(503, "email_not_configured", "Set EMAIL_WEBHOOK_SECRET to receive email.")
    return settings.email_webhook_secret


def _knows(request: Request, secret: str) -> bool:
    try:
        given = request.authorization
    except ValueError:  # from Werkzeug, for characters that base64 does not have
        given = None
    password = (given.password or "") if given is not None and given.type == "basic" else ""
    return hmac.compare_digest(password.encode("utf-8", "replace"), secret.encode())


def _unauthorized() -> Response:
    response = error_response(401, "wrong_password", _HOW_TO_POST)
    response.www_authenticate = WWWAuthenticate("basic", {"realm": "email", "charset": "UTF-8"})
    return response
