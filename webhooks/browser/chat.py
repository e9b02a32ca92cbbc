"""The website chat: conversations, and messages in both directions."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import cache
from typing import Any

from flask import Blueprint, Response, current_app, g, jsonify, request

from inbox.audit import record_action
from inbox.chat import (
    ChatConversation,
    TranscriptEntry,
    end_chat,
    find_chat,
    note_seen,
    open_chat,
    read_transcript,
)
from inbox.inbound import InboundMessage
from inbox.models import Conversation
from intake import phone
from intake.practices import Practice
from intake.vocabulary import Channel, Language
from tasks.pubsub import conversation_topic, topics_of
from templates.chat import WIDGET
from templates.text_consent import chat_wording
from web.errors import RequestError
from web.event_stream import StreamEndedError, event_stream
from web.services import Services, services_of
from webhooks.browser.origins import answer_preflights, require_origin, site_of
from webhooks.browser.request_fields import (
    LONGEST_MESSAGE,
    LONGEST_NAME,
    client_message_id,
    json_object,
    phone_number,
    read_consent,
    require_length,
    wrong,
)
from webhooks.browser.tokens import CHAT_LASTS, HEADER, Tokens

blueprint = Blueprint("chat", __name__, url_prefix="/chat")
answer_preflights(blueprint)


@blueprint.get("/widget.js")
def widget() -> Response:
    """Serve the widget to any page; the chat routes check which pages may use it."""
    is_compressed = request.accept_encodings.quality("gzip") > 0
    response = Response(_widget(is_compressed), mimetype="text/javascript")
    if is_compressed:
        response.headers["Content-Encoding"] = "gzip"
    response.vary.add("Accept-Encoding")
    response.headers["Cache-Control"] = "public, max-age=300"
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    response.add_etag()
    response.make_conditional(request)
    return response


@blueprint.get("/practices/<key>")
def practice(key: str) -> Response:
    """Return what the widget shows about a practice."""
    services = services_of(current_app)
    found = _practice(services, key)
    require_origin(request, found, services.settings)
    moment = datetime.now(UTC)
    opening = found.next_opening(moment)
    return jsonify(
        name=found.name,
        phone=phone.spoken(found.phone),
        colour=found.chat.colour,
        open=found.is_open(moment),
        next_opening=opening.isoformat() if opening else None,
        time_zone=found.time_zone,
        hours=found.hours,
        privacy_url=found.links.privacy,
        text_consent={language: chat_wording(found, language) for language in (Language.EN, Language.ES)},
        strings=found.chat.strings,
    )


@blueprint.post("/conversations")
def begin() -> tuple[Response, int]:
    """Start a conversation."""
    services = services_of(current_app)
    body = json_object(request)
    found = _practice(services, _text(body, "practice", 64))
    require_origin(request, found, services.settings)
    name, number = _text(body, "name", LONGEST_NAME, needed=False), _text(body, "phone", 40, needed=False)
    consent = read_consent(_text(body, "consent", 2, needed=False), found)
    public_id = open_chat(
        services.database,
        found.slug,
        name or None,
        phone_number(number) if number else None,
        consent,
        site_of(request, services.settings),
    )
    return jsonify(conversation=public_id, token=_tokens(services).issue(public_id)), 201


@blueprint.post("/conversations/<public_id>/messages")
def send(public_id: str) -> tuple[Response, int]:
    """Store and queue a message; a repeat gets the same answer."""
    services = services_of(current_app)
    chat = _enter(services, public_id)
    body = json_object(request)
    key = client_message_id(_text(body, "client_message_id", 64))
    recorded = services.receive(
        InboundMessage(
            practice=chat.practice,
            channel=Channel.CHAT,
            provider="chat",
            provider_id=hashlib.sha256(f"{public_id}:{key}".encode()).hexdigest(),
            patient_address=None,
            received_on="chat",
            text=_text(body, "text", LONGEST_MESSAGE),
            chat_id=chat.id,
            sender_message_id=key,
        ),
    )
    return jsonify(message=recorded.entry), 202


@blueprint.post("/conversations/<public_id>/end")
def end(public_id: str) -> tuple[str, int]:
    """End the chat for every browser that has its token; the practice keeps the messages."""
    services = services_of(current_app)
    chat = _enter(services, public_id)
    with services.database.write() as session:
        conversation = session.get_one(Conversation, chat.id, with_for_update=True)
        if end_chat(session, conversation):
            subject = f"conversation:{chat.id}"
            record_action(session, staff_id=None, practice=chat.practice, action="chat_ended", subject=subject)
    services.queue.announce(*topics_of(chat.id, chat.practice))
    g.pop("chat_token", None)
    return "", 204


@blueprint.get("/conversations/<public_id>/messages")
def read(public_id: str) -> Response:
    """Return the entries after a number."""
    services = services_of(current_app)
    chat = _enter(services, public_id)
    note_seen(services.database, chat.id)
    transcript = read_transcript(services.database, chat.id, _number(request.args.get("after", "0"), "after"))
    return jsonify(messages=[_shown(entry) for entry in transcript.entries], working=transcript.working)


@blueprint.get("/conversations/<public_id>/events")
def events(public_id: str) -> Response:
    """Stream the entries that the browser does not have yet."""
    services = services_of(current_app)
    chat = _enter(services, public_id)
    after = _number(request.headers.get("Last-Event-ID") or "0", "Last-Event-ID")
    return event_stream(services.watchers, [conversation_topic(chat.id)], _what_is_new(services, chat, after))


@blueprint.after_request
def explain_refusal(response: Response) -> Response:
    """Let any page read why the chat refuses it, so that the browser console can say what to change."""
    if request.endpoint == "chat.practice" and response.status_code in (403, 404):
        response.headers.setdefault("Access-Control-Allow-Origin", "*")
    return response


@blueprint.after_request
def renew_token(response: Response) -> Response:
    """Send a new token to a browser whose token is getting old."""
    if "chat_token" in g:
        response.headers[HEADER] = g.chat_token
    return response


def _what_is_new(services: Services, chat: ChatConversation, after: int) -> Callable[[bool], Iterator[str]]:
    """Return a function that yields the events a stream has not sent: new entries, and whether a reply is coming."""
    shown, working = after, None

    def look(_woken: bool) -> Iterator[str]:
        nonlocal shown, working
        note_seen(services.database, chat.id)
        transcript = read_transcript(services.database, chat.id, shown)
        if transcript.has_ended:
            raise StreamEndedError
        for entry in transcript.entries:
            yield f"event: message\nid: {entry.number}\ndata: {json.dumps(_shown(entry))}\n\n"
            shown = entry.number
        if transcript.working is not working:
            working = transcript.working
            yield f"event: working\ndata: {json.dumps({'working': working})}\n\n"

    return look


@cache
def _widget(is_compressed: bool) -> bytes:
    content = WIDGET.read_bytes()
    return gzip.compress(content, mtime=0) if is_compressed else content


def _shown(entry: TranscriptEntry) -> dict[str, Any]:
    shown = {"id": entry.number, "from": entry.author, "text": entry.text, "at": entry.at.isoformat()}
    return shown | ({"client_message_id": entry.sender_message_id} if entry.author == "patient" else {})


def _practice(services: Services, key: str) -> Practice:
    found = services.practices.by_widget_key(key)
    if found is None:
        raise RequestError(404, "unknown_practice", "No practice has this widget key. Check data-practice.")
    return found


def _enter(services: Services, public_id: str) -> ChatConversation:
    """Return the chat if the request's token is valid for it and the request comes from its practice's page."""
    fresh = _tokens(services).check(request, public_id)
    chat = find_chat(services.database, public_id)
    found = services.practices.by_slug(chat.practice) if chat else None
    if chat is None or found is None:
        raise RequestError(404, "unknown_conversation", "This conversation does not exist. Start a new one.")
    require_origin(request, found, services.settings)
    if chat.has_ended or datetime.now(UTC) - chat.began_at > CHAT_LASTS:
        raise RequestError(401, "expired_token", "This chat has ended. Start a new conversation.")
    if fresh is not None:
        g.chat_token = fresh
    return chat


def _tokens(services: Services) -> Tokens:
    return Tokens(services.settings.secret_keys)


def _text(body: dict[str, Any], name: str, longest: int, *, needed: bool = True) -> str:
    value = body.get(name)
    if value is None and not needed:
        return ""
    if not isinstance(value, str) or (needed and not value.strip()):
        raise wrong(f"{name} must be text and must not be empty.")
    require_length(name, value, longest)
    return value.strip() if name != "text" else value


def _number(value: str, name: str) -> int:
    if not (value.isascii() and value.isdecimal() and len(value) < 10):
        raise wrong(f"{name} must be the id of a message, or 0 for all messages.")
    return int(value)
