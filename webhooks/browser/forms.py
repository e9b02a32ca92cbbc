"""The contact form of a practice's site, posted by a plain HTML form or a script."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

import structlog
from flask import Blueprint, Response, current_app, jsonify, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from inbox.form_deduplication import identify_submission
from inbox.inbound import Contact, InboundMessage
from intake.practices import Practice
from intake.vocabulary import Channel
from templates.form_pages import render_page
from web.errors import RequestError
from web.services import Services, services_of
from webhooks.browser.contact_form import ContactForm, read_form, redirect_target
from webhooks.browser.origins import answer_preflights, origin_of, require_origin
from webhooks.browser.request_fields import read_consent

log = structlog.get_logger(__name__)

blueprint = Blueprint("forms", __name__, url_prefix="/forms")
answer_preflights(blueprint)

LARGEST_FORM = 128 * 1024  # 8,000 characters, each up to twelve bytes long in an HTML form's encoding


@blueprint.post("/<slug>")
def receive(slug: str) -> AnyResponse:
    """Store and queue a contact form; a repeat is not stored again and gets the same answer."""
    services = services_of(current_app)
    practice = services.practices.by_slug(slug)
    if practice is None:
        raise RequestError(404, "unknown_practice", "No practice has this slug. Check the form's action.")
    if _page_origin() is not None:
        require_origin(request, practice, services.settings)
    request.max_content_length = request.max_form_memory_size = LARGEST_FORM
    try:
        form = read_form(_values())
        target = _target(form, practice, services)
        consent = read_consent(form.consent, practice)
    except RequestError as error:
        if _is_for_a_script():
            raise
        return _page(practice, error.status, error.message)
    if form.is_bait_taken:
        log.info("form_dropped", practice=practice.slug)
    else:
        _record(services, practice, form, consent)
    if _is_for_a_script():
        return jsonify(message="received"), 202  # type: ignore[return-value]
    return redirect(target, 303) if target else _page(practice, 202)


def _record(services: Services, practice: Practice, form: ContactForm, consent: str | None) -> None:
    address, received_on = _route(form, practice)
    inbound = InboundMessage(
        practice=practice.slug,
        channel=Channel.WEB_FORM,
        provider="form",
        provider_id="",
        patient_address=address,
        received_on=received_on,
        text=form.message,
        contact=Contact(name=form.name, phone=form.phone, email=form.email, text_consent=consent),
    )
    contents = (form.name, form.email, form.phone, form.message)
    services.receive(
        identify_submission(services.database, inbound, contents, form.client_message_id, datetime.now(UTC))
    )


def _route(form: ContactForm, practice: Practice) -> tuple[str | None, str]:
    """Return the addresses that the reply goes to and comes from: email if the patient gave one, else a text."""
    if form.email and practice.email:
        return form.email, practice.email
    number = practice.messaging_service_sid or next(iter(practice.phone_numbers), None)
    if form.phone and number:
        return form.phone, number
    return None, "form"


def _values() -> Mapping[str, object]:
    if not request.is_json:
        return request.form.to_dict()
    body = request.get_json(silent=True)
    if not isinstance(body, dict):
        raise RequestError(400, "invalid_json", "Send a JSON object or a form.")
    return body


def _target(form: ContactForm, practice: Practice, services: Services) -> str | None:
    if form.redirect is None:
        return None
    allowed = frozenset({*practice.allowed_origins, origin_of(services.settings.public_url)})
    return redirect_target(form.redirect, _page_origin(), allowed)


def _page_origin() -> str | None:
    """Return the origin of the page with the form; pages that ask browsers to hide it have the origin `null`."""
    origin = request.headers.get("Origin")
    return None if origin == "null" else origin


def _is_for_a_script() -> bool:
    accepted = request.accept_mimetypes
    return request.is_json or accepted["application/json"] > accepted["text/html"]


def _page(practice: Practice, status: int, problem: str | None = None) -> Response:
    response = Response(render_page(practice, problem), status, mimetype="text/html")
    response.headers["Content-Security-Policy"] = "default-src 'none'"
    return response
