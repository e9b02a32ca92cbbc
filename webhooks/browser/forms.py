"""The contact form of a practice's site, posted by a plain HTML form or a script."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from http import HTTPStatus

import structlog
from flask import Blueprint, Response, current_app, jsonify, redirect, request
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as AnyResponse

from classifier.rules.screen import screen_text
from classifier.text.shortening import shorten_text
from inbox.incoming.form_deduplication import identify_submission
from inbox.incoming.inbound import Contact, InboundMessage
from intake.practices import Practice
from intake.vocabulary import Channel, Language, ReplyName, SenderDoubt, reply_in
from tasks.routing.decide import REPLIES_TO_DANGERS
from templates.form_pages import render_page, trouble
from templates.replies import Occasion, render_for_patient
from templates.text_consent import consent_language
from web.errors import RequestError
from web.services import Services, services_of
from webhooks.browser.contact_form import ContactForm, read_form, redirect_target
from webhooks.browser.origins import answer_preflights, origin_of, require_origin
from webhooks.browser.request_fields import form_fields, naming_911, read_consent

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
    except RequestError as error:
        if _is_for_a_script():
            raise
        problem = (_language() == Language.ES and error.spanish) or error.message
        return _page(practice, error.status, problem, can_be_corrected=True)
    target, consent = _target(form, practice, services), _consent(form, practice)
    doubt = SenderDoubt.OWN_NUMBER if services.practices.is_own(form.phone) else None
    if doubt is not None:
        form = replace(form, phone=None)  # a text to it would come in here, and be answered in turn
    address, received_on = _route(form, practice)
    danger = _words_in_danger(practice, form.message)
    if form.is_bait_taken and not danger:  # a browser that fills in forms may have taken it, too
        log.info("form_dropped", practice=practice.slug)
    else:
        _record(services, _inbound(practice, form, consent, address, received_on, doubt), form)
    if _is_for_a_script():
        more = ({} if address else {"can_be_answered": False}) | ({"emergency": danger} if danger else {})
        return jsonify(message="received", **more), 202  # type: ignore[return-value]
    # a page of the practice's own would promise an answer, and names no helpline
    if target and address and not danger:
        return redirect(target, 303)
    return _page(practice, 202, can_be_answered=bool(address), danger=danger)


@blueprint.after_app_request
def name_whom_to_call(response: Response) -> Response:
    """Name 911 in whatever keeps a form from being taken, as words that nobody kept may tell of danger.

    Scripts read it in the error. Everybody else gets a page, also at an address where no form belongs.
    """
    is_trouble = response.status_code >= HTTPStatus.BAD_REQUEST and response.is_json and request.method != "OPTIONS"
    if not is_trouble or not request.path.startswith(f"{blueprint.url_prefix}/"):
        return response
    practice = services_of(current_app).practices.by_slug(request.path.removeprefix(f"{blueprint.url_prefix}/"))
    danger = _words_in_danger(practice, _message_that_came()) if practice else ""
    if _is_for_a_script():
        body = naming_911(response.get_json())
        response.set_data(json.dumps(body | ({"emergency": danger} if danger else {})))
        return response
    is_form = request.method == "POST"
    problem = trouble(response.status_code, _language(), is_form=is_form)
    page = _page(practice, response.status_code, problem, is_form=is_form, danger=danger)
    response.set_data(page.get_data())
    response.headers.update({name: page.headers[name] for name in ("Content-Type", "Content-Security-Policy")})
    return response


def _inbound(
    practice: Practice,
    form: ContactForm,
    consent: str | None,
    address: str | None,
    received_on: str,
    doubt: SenderDoubt | None,
) -> InboundMessage:
    return InboundMessage(
        practice=practice.slug,
        channel=Channel.WEB_FORM,
        provider="form",
        provider_id="",
        patient_address=address,
        received_on=received_on,
        text=form.message,
        contact=Contact(name=form.name, phone=form.phone, email=form.email, text_consent=consent),
        trimmed=form.as_typed,
        doubt=doubt,
    )


def _record(services: Services, inbound: InboundMessage, form: ContactForm) -> None:
    contents = (form.name, form.email, form.phone, form.message, *filter(None, [form.as_typed]))
    services.receive(
        identify_submission(services.database, inbound, contents, form.client_message_id, datetime.now(UTC))
    )


def _route(form: ContactForm, practice: Practice) -> tuple[str | None, str]:
    """Return the addresses that the reply goes to and comes from: email if the patient gave one, else a text."""
    if form.email and practice.email:
        return form.email, practice.email
    number = practice.texts_from
    if form.phone and number:
        return form.phone, number
    return None, "form"


def _words_in_danger(practice: Practice, message: str) -> str:
    """Return what a page says to who may be in danger by the danger signs alone; empty if there is none.

    It is the emergency's reply, which comes once the model has read the message, and without what only it knows.
    """
    signs = screen_text(shorten_text(message)[0])
    kind = signs.certain or signs.possible
    if kind is None:
        return ""
    name = reply_in(_language(), REPLIES_TO_DANGERS.get(kind, ReplyName.URGENT))
    occasion = Occasion(datetime.now(UTC), is_first=False, is_text=False, can_page=False)
    return render_for_patient(name, practice, occasion)[0]


def _message_that_came() -> str:
    """Return the message of the request, empty if it can't be read."""
    if request.endpoint != f"{blueprint.name}.receive":
        return ""
    try:
        message = _values().get("message")
    except (RequestError, HTTPException):
        return ""
    return message if isinstance(message, str) else ""


def _values() -> Mapping[str, object]:
    if not request.is_json:
        return form_fields(request.form)
    body = request.get_json(silent=True)
    if not isinstance(body, dict):
        raise RequestError(400, "invalid_json", "Send a JSON object or a form.")
    return body


def _target(form: ContactForm, practice: Practice, services: Services) -> str | None:
    if form.redirect is None:
        return None
    allowed = frozenset({*practice.allowed_origins, origin_of(services.settings.public_url)})
    target = redirect_target(form.redirect, _page_origin(), allowed)
    if target is None:  # only the operator can put that right, so the message is taken all the same
        log.warning("form_field_ignored", field="redirect", practice=practice.slug)
    return target


def _consent(form: ContactForm, practice: Practice) -> str | None:
    """Return the wording on texts that the page showed, None if it names none, such as a checkbox that says `on`."""
    try:
        return read_consent(form.consent, practice)
    except RequestError:
        log.warning("form_field_ignored", field="consent", practice=practice.slug)
        return None


def _language() -> Language:
    """Return the language of the page that comes next: the form's own, else one that the browser asks for."""
    try:
        named = consent_language(form_fields(request.form).get("consent", ""))
    except HTTPException:  # too large to be read
        named = None
    return named or Language(request.accept_languages.best_match([Language.EN, Language.ES], Language.EN))


def _page_origin() -> str | None:
    """Return the origin of the page with the form; pages that ask browsers to hide it have the origin `null`."""
    origin = request.headers.get("Origin")
    return None if origin == "null" else origin


def _is_for_a_script() -> bool:
    accepted = request.accept_mimetypes
    return request.is_json or accepted["application/json"] > accepted["text/html"]


def _page(
    practice: Practice | None,
    status: int,
    problem: str | None = None,
    *,
    is_form: bool = True,
    can_be_corrected: bool = False,
    can_be_answered: bool = True,
    danger: str = "",
) -> Response:
    page = render_page(
        practice,
        _language(),
        problem,
        is_form=is_form,
        can_be_corrected=can_be_corrected,
        can_be_answered=can_be_answered,
        danger=danger,
    )
    response = Response(page, status, mimetype="text/html")
    response.headers["Content-Security-Policy"] = "default-src 'none'"
    return response
