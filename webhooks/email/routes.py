"""Incoming email, posted by an inbound-parse service such as SendGrid's."""

from __future__ import annotations

import hashlib
import hmac

import structlog
from flask import Blueprint, Request, Response, current_app, jsonify, request
from werkzeug.datastructures import WWWAuthenticate

from inbox.column_types import keyring
from inbox.inbound import Contact, InboundMessage, Media
from intake.practices import Practice
from intake.settings import Settings
from intake.vocabulary import Channel, SenderDoubt
from web.errors import RequestError, error_response
from web.services import Services, services_of
from webhooks.email.inbound_email import InboundEmail, read_email
from webhooks.email.multipart import PostedForm, read_multipart

log = structlog.get_logger(__name__)

blueprint = Blueprint("email", __name__, url_prefix="/email")

LARGEST_EMAIL = 36 * 1024 * 1024  # SendGrid accepts emails of up to 30 MB
MOST_MEDIA = 50


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
    posted = read_multipart(request.stream, request.mimetype_params)
    if "headers" not in posted.fields:
        raise RequestError(
            400,
            "invalid_form",
            "The headers field is missing. Post parsed emails, not raw ones (in SendGrid, turn off 'POST the raw, full"
            " MIME message').",
        )
    email = read_email(posted.fields)
    practices = {practice.slug: practice for practice in map(services.practices.by_email, email.recipients) if practice}
    if not practices:
        log.warning("unknown_address")
        raise RequestError(404, "unknown_address", "No practice has this email address. Check the practices file.")
    for practice in practices.values():
        _record(services, practice, email, posted)
    return jsonify(message="received")


def _record(services: Services, practice: Practice, email: InboundEmail, posted: PostedForm) -> None:
    doubt = _doubt(services, email)
    inbound = InboundMessage(
        practice=practice.slug,
        channel=Channel.EMAIL,
        provider="email",
        provider_id=_id(practice, email),
        # without an address, nothing is sent; staff still see the sender in the contact
        patient_address=email.sender if doubt is None else None,
        received_on=practice.email or "",
        text=email.text,
        media=tuple(Media("", file.content_type) for file in posted.files[:MOST_MEDIA]),
        sender_message_id=email.message_id,
        subject=email.subject or None,
        contact=Contact(name=email.sender_name, email=email.sender),
        doubt=doubt,
    )
    services.receive(inbound)


def _doubt(services: Services, email: InboundEmail) -> SenderDoubt | None:
    """Return why nothing may be sent to an email's sender by itself, None if it may be answered."""
    if services.practices.by_email(email.sender or "") is not None:
        return SenderDoubt.OWN_ADDRESS
    if email.may_be_answered:
        return None
    return SenderDoubt.AUTOMATIC if email.is_automatic and email.is_verified else SenderDoubt.UNVERIFIED


def _id(practice: Practice, email: InboundEmail) -> str:
    """Return an id that is the same if an email is posted again; headers contain names, so their hash is keyed.

    The sender is part of it, as a stranger who knows the Message-ID of another's email must not keep it out.
    """
    if email.message_id is not None:
        return hashlib.sha256(f"{practice.slug}\n{email.message_id}\n{email.sender or ''}".encode()).hexdigest()
    return keyring().index(f"{practice.slug}\n{email.raw_headers}")


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
