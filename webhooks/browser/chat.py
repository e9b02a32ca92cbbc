"""The website chat: conversations, and messages in both directions."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from http import HTTPStatus
from typing import Any

import structlog
from flask import Blueprint, Response, current_app, g, jsonify, request
from sqlalchemy.exc import SQLAlchemyError

from inbox.attachments.file_store import StoreAwayError
from inbox.attachments.rows import read_contents, read_thumbnail
from inbox.audit.trail import record_action
from inbox.incoming.chat import (
    ChatConversation,
    ChatMark,
    TranscriptEntry,
    end_chat,
    find_chat,
    find_chat_file,
    member_first_name,
    note_seen,
    open_chat,
    read_mark,
    read_transcript,
)
from inbox.incoming.inbound import InboundMessage, find_known_id
from inbox.models import Conversation
from inbox.practices.common_questions import suggest_questions
from intake import phone
from intake.errors import MissingKeyError
from intake.practices import Practice
from intake.vocabulary import Channel, Language
from tasks.delivery.chat_copy import CopyRefusal, request_copy
from tasks.delivery.outbox import add_delivery
from tasks.delivery.status import record_taken
from tasks.pubsub import conversation_topic, topics_of, typing_topic
from tasks.understanding.message_language import written_language
from templates.chat import WIDGET
from templates.chat_texts import chat_strings
from templates.text_consent import chat_wording, consent_language
from web.errors import RequestError
from web.event_stream import CHAT_STREAM_SECONDS, StreamEndedError, event_stream
from web.services import Services, services_of
from web.typing_signs import TypingSign, TypingSigns
from webhooks.browser.chat_files import (
    FileSize,
    NoRoomError,
    answer_with,
    check_files,
    read_posted_files,
    require_room,
    show_files,
)
from webhooks.browser.origins import answer_preflights, require_origin, site_of
from webhooks.browser.request_fields import (
    LONGEST_NAME,
    client_message_id,
    email_field,
    json_object,
    naming_911,
    phone_number,
    read_consent,
    require_length,
    whole_message,
    wrong,
)
from webhooks.browser.tokens import CHAT_LASTS, HEADER, Tokens

blueprint = Blueprint("chat", __name__, url_prefix="/chat")
answer_preflights(blueprint)

log = structlog.get_logger(__name__)

ASKED_WITHIN = timedelta(days=90)
LONGEST_EMAIL = 254
_FILE_GONE = "This picture or file is not available."
_COPY_REFUSALS = {
    CopyRefusal.NOTHING_SAID: (409, "nothing_said", "Nothing was said in this chat yet."),
    CopyRefusal.SENT_BEFORE: (409, "copy_sent", "A copy of this chat was sent before. There is one for each chat."),
    CopyRefusal.OTHER_ADDRESS: (409, "other_address", "A copy goes only to the address that was given in this chat."),
    CopyRefusal.TOO_MANY: (429, "too_many_requests", "Too many copies were sent today. Try again tomorrow."),
}


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
    suggested = _questions(services, found)
    return jsonify(
        name=found.name,
        phone=phone.spoken(found.phone),
        colour=found.chat.colour,
        open=found.is_open(moment) or (None if opening is None else False),
        next_opening=opening.isoformat() if opening else None,
        time_zone=found.time_zone,
        hours=found.hours,
        special_hours={day.isoformat(): spans for day, spans in found.hours_soon(moment).items()},
        privacy_url=found.links.privacy,
        text_consent={language: chat_wording(found, language) for language in (Language.EN, Language.ES)},
        strings=chat_strings(found),
        questions=suggested.get(Language.EN, []),
        questions_es=suggested.get(Language.ES, []),
        copies=_sends_copies(services, found),
        files=found.chat.files,
    )


@blueprint.post("/conversations")
def begin() -> tuple[Response, int]:
    """Start a conversation."""
    services = services_of(current_app)
    body = json_object(request)
    found = _practice(services, _text(body, "practice", 64))
    require_origin(request, found, services.settings)
    name, number = _text(body, "name", LONGEST_NAME, needed=False), _text(body, "phone", 40, needed=False)
    email = _text(body, "email", LONGEST_EMAIL, needed=False)
    consent = read_consent(_text(body, "consent", 2, needed=False), found)
    public_id = open_chat(
        services.database,
        found.slug,
        name or None,
        phone_number(number) if number else None,
        consent,
        site_of(request, services.settings),
        email_field(email) if email else None,
    )
    return jsonify(conversation=public_id, token=_tokens(services).issue(public_id)), 201


@blueprint.post("/conversations/<public_id>/messages")
def send(public_id: str) -> tuple[Response, int]:
    """Store and queue a message; a repeat gets the same answer."""
    services = services_of(current_app)
    chat = enter_chat(services, public_id)
    body = json_object(request)
    key, text = client_message_id(_text(body, "client_message_id", 64)), _message(body)
    recorded = services.receive(_inbound(services, public_id, chat, key, text))
    return jsonify(message=recorded.entry), 202


@blueprint.post("/conversations/<public_id>/files")
def send_files(public_id: str) -> tuple[Response, int]:
    """Store and queue a message with pictures or PDFs; a repeat gets the same answer.

    Words are taken whatever becomes of the files with them. The chat then shows which file was not kept.
    """
    services = services_of(current_app)
    chat = enter_chat(services, public_id)
    takes_files = services.practices.require(chat.practice).chat.files
    posted = check_files(read_posted_files(request), takes_files=takes_files)
    inbound = _inbound(services, public_id, chat, posted.key, posted.text, posted.digests)
    inbound = replace(inbound, media=posted.media)
    try:
        recorded = services.receive(inbound, partial(require_room, public_id=public_id, wanted=posted.taken))
    except NoRoomError:
        recorded = services.receive(replace(inbound, media=posted.without_files().media))
    return jsonify(message=recorded.entry), 202


def _inbound(
    services: Services, public_id: str, chat: ChatConversation, key: str, text: str, digests: tuple[str, ...] = ()
) -> InboundMessage:
    """Return a message of a chat, whose id covers what it says: a page may give two messages the same id by mistake."""
    ids = services.database.keyring.indexes("\x1f".join(["chat", public_id, key, *digests, text]))
    return InboundMessage(
        practice=chat.practice,
        channel=Channel.CHAT,
        provider="chat",
        provider_id=find_known_id(services.database, "chat", ids),
        patient_address=None,
        received_on="chat",
        text=text,
        chat_id=chat.id,
        sender_message_id=key,
    )


@blueprint.get("/conversations/<public_id>/files/<int:entry>/<int:position>")
def file(public_id: str, entry: int, position: int) -> Response:
    """Return a picture or file of a chat, or the small copy of a picture, to a browser that has the chat's token."""
    services = services_of(current_app)
    chat = enter_chat(services, public_id)
    try:
        size = FileSize(request.args.get("size", FileSize.WHOLE))
    except ValueError:
        raise wrong("size must be whole or small.") from None
    with services.database.read() as session:
        found = find_chat_file(session, chat.id, entry, position)
    if found is None:
        raise RequestError(404, "unknown_file", _FILE_GONE)
    if size is FileSize.WHOLE:
        with services.database.write() as session:
            subject = f"conversation:{chat.id}"
            record_action(
                session,
                staff_id=None,
                practice=chat.practice,
                action="chat_file_opened",
                subject=subject,
                attachment=found.id,
            )
    try:
        contents = (read_thumbnail if size is FileSize.SMALL else read_contents)(services.files, found)
    except StoreAwayError:
        raise
    except (MissingKeyError, OSError) as error:
        log.error("attachment_not_read", attachment_id=found.id, error=type(error).__name__)
        contents = None
    if contents is None:
        raise RequestError(404, "unknown_file", _FILE_GONE)
    return answer_with(found, contents, size)


@blueprint.post("/conversations/<public_id>/end")
def end(public_id: str) -> tuple[str, int]:
    """End the chat for every browser that has its token; the practice keeps the messages."""
    services = services_of(current_app)
    chat = enter_chat(services, public_id)
    with services.database.write() as session:
        conversation = session.get_one(Conversation, chat.id, with_for_update=True)
        if end_chat(session, conversation):
            subject = f"conversation:{chat.id}"
            record_action(session, staff_id=None, practice=chat.practice, action="chat_ended", subject=subject)
    services.queue.announce(*topics_of(chat.id, chat.practice))
    g.pop("chat_token", None)
    return "", 204


@blueprint.post("/conversations/<public_id>/copy")
def copy(public_id: str) -> tuple[Response, int]:
    """Email the visitor a copy of the chat: once, and to no other address than the one that was given in it."""
    services = services_of(current_app)
    chat = enter_chat(services, public_id)
    body = json_object(request)
    address = email_field(_text(body, "email", LONGEST_EMAIL))
    language = consent_language(_text(body, "language", 2))
    if language is None:
        raise wrong("language must be en or es.")
    found = services.practices.require(chat.practice)
    if not _sends_copies(services, found):
        raise RequestError(404, "no_copies", "This practice sends no copies of chats.")
    with services.database.write() as session:
        conversation = session.get_one(Conversation, chat.id, with_for_update=True)
        delivery = request_copy(session, conversation, found, address, language)
        if isinstance(delivery, CopyRefusal):
            raise RequestError(*_COPY_REFUSALS[delivery])
        after_commit = add_delivery(session, delivery)
        subject = f"conversation:{chat.id}"
        record_action(session, staff_id=None, practice=chat.practice, action="chat_copied", subject=subject)
    services.queue.put_all(after_commit)
    return jsonify(entry=delivery.entry), 202


@blueprint.get("/conversations/<public_id>/messages")
def read(public_id: str) -> Response:
    """Return the entries after a number."""
    services = services_of(current_app)
    chat = enter_chat(services, public_id)
    after = _number(request.args.get("after", "0"), "after")
    _note_what_browser_has(services, chat, after)
    transcript = read_transcript(services.database, chat.id, after)
    shows_names = _shows_names(services, chat)
    sign = TypingSigns(services.queue.connection, chat.id).read()
    return jsonify(
        messages=[_shown(entry, shows_names=shows_names) for entry in transcript.entries],
        files=show_files(transcript.files),
        working=transcript.working,
        person=transcript.person,
        typing=_typing(services, sign, shows_names=shows_names),
    )


@blueprint.get("/conversations/<public_id>/events")
def events(public_id: str) -> Response:
    """Stream the entries that the browser does not have yet, for so short a time that it has to ask again."""
    services = services_of(current_app)
    chat = enter_chat(services, public_id)
    after = _number(request.headers.get("Last-Event-ID") or "0", "Last-Event-ID")
    _note_what_browser_has(services, chat, after)
    topics = [conversation_topic(chat.id), typing_topic(chat.id)]
    return event_stream(services.watchers, topics, _what_is_new(services, chat, after), CHAT_STREAM_SECONDS)


@blueprint.after_request
def explain_refusal(response: Response) -> Response:
    """Let any page read why the chat refuses it, so that the browser console can say what to change."""
    if request.endpoint == "chat.practice" and response.status_code in (403, 404):
        response.headers.setdefault("Access-Control-Allow-Origin", "*")
    return response


@blueprint.after_request
def name_911(response: Response) -> Response:
    """Name 911 wherever a message is refused: its words, which nobody may have read, may tell of danger."""
    is_message = request.endpoint in ("chat.send", "chat.send_files")
    if is_message and response.status_code >= HTTPStatus.BAD_REQUEST and response.is_json:
        response.set_data(json.dumps(naming_911(response.get_json())))
    return response


@blueprint.after_request
def renew_token(response: Response) -> Response:
    """Send a new token to a browser whose token is getting old."""
    if "chat_token" in g:
        response.headers[HEADER] = g.chat_token
    return response


def _note_what_browser_has(services: Services, chat: ChatConversation, last: int) -> None:
    """Note that the browser is there, and that it has every entry up to the last one that it names.

    What is written to a stream proves neither: a phone in a tunnel never gets it.
    """
    note_seen(services.database, chat.id)
    if last:
        services.queue.put_all(record_taken(services.database, chat.id, last))


def _what_is_new(services: Services, chat: ChatConversation, after: int) -> Callable[[bool], Iterator[str]]:
    """Return a function that yields the events a stream has not sent: new entries, and whether a reply is coming."""
    shown, state, given, files = after, None, None, show_files({})
    mark: ChatMark | None = None
    shows_names = _shows_names(services, chat)
    signs = TypingSigns(services.queue.connection, chat.id)

    def look(woken: bool) -> Iterator[str]:
        nonlocal shown, state, given, files, mark
        last, mark = mark, read_mark(services.database, chat.id)
        if mark and mark.looks_like(last) and not woken:
            return
        transcript = read_transcript(services.database, chat.id, shown)
        if transcript.has_ended:
            raise StreamEndedError
        for entry in transcript.entries:
            said = json.dumps(_shown(entry, shows_names=shows_names))
            yield f"event: message\nid: {entry.number}\ndata: {said}\n\n"
            shown = entry.number
        if files != show_files(transcript.files):
            files = show_files(transcript.files)
            yield f"event: files\ndata: {json.dumps({'files': files})}\n\n"
        if state != (transcript.working, transcript.person):
            state = transcript.working, transcript.person
            yield f"event: working\ndata: {json.dumps({'working': state[0], 'person': state[1]})}\n\n"
        sign = signs.read() if woken else given  # what wakes the stream came through Redis, so that Redis is there
        if sign != given:
            given = sign
            typing = _typing(services, sign, shows_names=shows_names)
            yield f"event: typing\ndata: {json.dumps({'typing': typing})}\n\n"

    return look


@cache
def _widget(is_compressed: bool) -> bytes:
    content = WIDGET.read_bytes()
    return gzip.compress(content, mtime=0) if is_compressed else content


def _shown(entry: TranscriptEntry, *, shows_names: bool) -> dict[str, Any]:
    shown = {"id": entry.number, "from": entry.author, "text": entry.text, "at": entry.at.isoformat()}
    if entry.author == "patient":
        return shown | {"client_message_id": entry.sender_message_id}
    language = written_language(entry.text)
    written = {"language": str(language)} if language else {}
    named = {"name": entry.name} if entry.name and shows_names else {}
    return shown | written | named | ({"copy": True} if entry.is_copy else {})


def _typing(services: Services, sign: TypingSign | None, *, shows_names: bool) -> dict[str, str] | None:
    if sign is None:
        return None
    return {"name": member_first_name(services.database, sign.staff_id) if shows_names else ""}


def _shows_names(services: Services, chat: ChatConversation) -> bool:
    return services.practices.require(chat.practice).chat.staff_names


def _questions(services: Services, practice: Practice) -> dict[Language, list[str]]:
    """Return the questions to suggest, by language; none while the database is away, as the chat opens without them."""
    if not practice.chat.suggest_questions:
        return {}
    try:
        with services.database.read() as session:
            return suggest_questions(session, practice.slug, datetime.now(UTC) - ASKED_WITHIN)
    except SQLAlchemyError as error:
        log.warning("no_questions_suggested", error=type(error).__name__)
        return {}


def _sends_copies(services: Services, practice: Practice) -> bool:
    return practice.chat.email_copies and practice.email is not None and services.settings.smtp_url is not None


def _practice(services: Services, key: str) -> Practice:
    found = services.practices.by_widget_key(key)
    if found is None:
        raise RequestError(404, "unknown_practice", "No practice has this widget key. Check data-practice.")
    return found


def enter_chat(services: Services, public_id: str) -> ChatConversation:
    """Return the chat if the request's token is valid for it and the request comes from its practice's page.

    Raises:
        RequestError: it may not be used.
    """
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
    return value.strip()


def _message(body: dict[str, Any]) -> str:
    value = body.get("text")
    if not isinstance(value, str) or not value.strip():
        raise wrong("text must be text and must not be empty.")
    return whole_message("text", value)


def _number(value: str, name: str) -> int:
    if not (value.isascii() and value.isdecimal() and len(value) < 10):
        raise wrong(f"{name} must be the id of a message, or 0 for all messages.")
    return int(value)
