"""The page at `/`: a practice's site with the chat and, in demo mode, a phone for playing a patient."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, Response, abort, current_app, jsonify, request

from intake import phone as numbers
from intake.practices import Practice
from intake.vocabulary import Channel, DangerKind, Language, TriageLevel, shows_intent, words_of
from templates.demo import ASSETS, FOLDER
from templates.demo.page import render_page
from web.errors import RequestError
from web.services import Services, services_of
from webhooks.browser.demo_phone import Phone, Phones, SentMessage, leave_voicemail, read_phone, send_text
from webhooks.browser.origins import origin_of
from webhooks.browser.request_fields import json_object, wrong

blueprint = Blueprint("demo", __name__)

HEADER = "Demo-Phone"
LONGEST_TEXT = 1600
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self';"
    " base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)


@blueprint.get("/")
def page() -> Response:
    """Show the site of the first practice that has a chat."""
    services = services_of(current_app)
    html = render_page(_practice(services), datetime.now(UTC), with_phone=services.settings.demo_mode)
    response = Response(html, mimetype="text/html")
    response.headers["Content-Security-Policy"] = POLICY
    return response


@blueprint.get("/demo/assets/<name>")
def asset(name: str) -> Response:
    """Serve a file that the page needs."""
    if name not in ASSETS:
        abort(404)
    response = Response((FOLDER / name).read_bytes(), mimetype=ASSETS[name])
    response.headers["Cache-Control"] = "public, max-age=300"
    response.headers["Content-Security-Policy"] = "default-src 'none'"  # an image may be opened directly, as a page
    response.add_etag()
    response.make_conditional(request)
    return response


@blueprint.get("/demo/messages")
def read() -> Response:
    """Return the messages from the visitor's phone and how they were handled; a new visitor gets a phone."""
    services, practice = _enter()
    phone = _phone(services) or Phones(services.settings.secret_keys).new(practice, services.database)
    sent = read_phone(services.database, practice, phone)
    response = jsonify(
        number=numbers.spoken(phone.number),
        messages=[_shown(message) for message in sent],
        working=any(message.working for message in sent),
    )
    response.headers[HEADER] = Phones(services.settings.secret_keys).token(phone)
    return response


@blueprint.post("/demo/messages")
def send() -> tuple[Response, int]:
    """Send a text from the visitor's phone or leave a voicemail, stored and queued as the webhooks would."""
    services, practice = _enter()
    phone = _phone(services)
    if phone is None:
        raise RequestError(401, "invalid_token", f"Read /demo/messages first, then send its {HEADER} header.")
    body = json_object(request)
    text = body.get("text")
    if not isinstance(text, str) or not 0 < len(text.strip()) <= LONGEST_TEXT:
        raise wrong(f"text must be 1 to {LONGEST_TEXT} characters long.")
    match body.get("channel"):
        case Channel.SMS:
            recorded = send_text(services.database, practice, phone, text)
        case Channel.VOICEMAIL:
            recorded = leave_voicemail(services.database, practice, phone, text)
        case _:
            raise wrong("channel must be sms or voicemail.")
    services.pass_on(recorded)
    return jsonify(message=recorded.message_id), 202


def _enter() -> tuple[Services, Practice]:
    """Allow only requests from the page itself, and only in demo mode."""
    services = services_of(current_app)
    if not services.settings.demo_mode:
        abort(404)
    site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
    own = site == "same-origin" if site else origin in (None, origin_of(services.settings.public_url))
    if not own:
        raise RequestError(403, "origin_not_allowed", "Only the demo page can use its phone.")
    return services, _practice(services)


def _practice(services: Services) -> Practice:
    for practice in services.practices.all:
        if practice.widget_key:
            return practice
    raise RequestError(404, "no_chat", "No practice has a chat. Add a widget_key to one in the practices file.")


def _phone(services: Services) -> Phone | None:
    return Phones(services.settings.secret_keys).find(request.headers.get(HEADER, ""))


def _shown(sent: SentMessage) -> dict[str, Any]:
    message = sent.message
    return {
        "id": message.id,
        "channel": sent.channel,
        "text": message.text,
        "at": message.received_at.isoformat(),
        "reply": {"text": sent.reply.body, "at": sent.reply.updated_at.isoformat()} if sent.reply else None,
        "understood": _understood(sent),
        "working": sent.working,
    }


def _understood(sent: SentMessage) -> dict[str, Any] | None:
    decision, found = sent.message.decision, sent.message.classification
    if decision is None:
        return None
    has_intent = found is not None and shows_intent(decision.route, found.confidence)
    return {
        "intent": words_of(found.intent if found and has_intent else decision.route),
        "confidence": found.confidence if found and has_intent else None,
        "triage": TriageLevel(found.triage).words if found else "",
        "danger": DangerKind(found.danger).words if found and found.danger not in (None, DangerKind.OTHER) else "",
        "language": Language(found.language).words if found else "",
        "also": [words_of(other["intent"]) for other in found.also] if found else [],
        "team": words_of(decision.team),
        "priority": decision.priority,
        "why": decision.why,
    }
