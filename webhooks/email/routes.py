"""Incoming email, posted by an inbound-parse service such as SendGrid's."""

from __future__ import annotations

import hmac

import structlog
from flask import Blueprint, Request, Response, current_app, jsonify, request
from werkzeug.datastructures import WWWAuthenticate

from intake.settings import Settings
from web.errors import RequestError, error_response
from web.services import services_of
from webhooks.email.recording import record_email
from webhooks.email.sendgrid import read_email
from webhooks.multipart import read_multipart

log = structlog.get_logger(__name__)

blueprint = Blueprint("email", __name__, url_prefix="/email")

LARGEST_EMAIL = 36 * 1024 * 1024  # SendGrid accepts emails of up to 30 MB


@blueprint.post("/inbound")
def receive() -> Response:
    """Store and queue an email for each practice that it was sent to.

    An email to an unknown address gets a 404, not a success, so that the posting service reports the failure and can
    retry after the practices file is corrected.
    """
    services = services_of(current_app)
    if not _knows_password(request, services.settings):
        return _unauthorized()
    request.max_content_length = LARGEST_EMAIL
    # pictures may be written into HTML, before words
    posted = read_multipart(request.stream, request.mimetype_params, longest={"html": LARGEST_EMAIL})
    if "headers" not in posted.fields:
        raise RequestError(
            400,
            "invalid_form",
            "The headers field is missing. Post parsed emails, not raw ones (in SendGrid, turn off 'POST the raw, full"
            " MIME message').",
        )
    email = read_email(posted)
    practices = {practice.slug: practice for practice in map(services.practices.by_email, email.recipients) if practice}
    if not practices:
        log.warning("unknown_address")
        raise RequestError(404, "unknown_address", "No practice has this email address. Check the practices file.")
    for practice in practices.values():
        record_email(services, practice, email)
    return jsonify(message="received")


def _knows_password(request: Request, settings: Settings) -> bool:
    if settings.email_webhook_secret is None:
        raise RequestError(403, "email_not_configured", "Set EMAIL_WEBHOOK_SECRET to receive email.")
    try:
        given = request.authorization
    except ValueError:  # from Werkzeug, for characters that base64 does not have
        given = None
    password = (given.password or "") if given is not None and given.type == "basic" else ""
    return hmac.compare_digest(password.encode("utf-8", "replace"), settings.email_webhook_secret.encode())


def _unauthorized() -> Response:
    response = error_response(
        401,
        "wrong_password",
        "Post to https://intake:SECRET@HOST/email/inbound, with the secret from EMAIL_WEBHOOK_SECRET.",
    )
    response.www_authenticate = WWWAuthenticate("basic", {"realm": "email", "charset": "UTF-8"})
    return response
