"""How often one visitor, one conversation or one number may ask: floods are cut off, patients never notice.

Windows move: at most so many requests lie in any stretch of that length. A fixed window would let twice as many
through around its edge, and would send everyone whom it held back to the same second.

Redis counts, so that all web processes count together; its keys name nobody, as every address, number and
conversation in them is a keyed hash. While Redis is away each process counts in its own memory what floods could
use, and lets reads through.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from http import HTTPStatus

import redis
import structlog
from flask import Flask, Response, current_app, request
from flask_limiter import Limiter, RateLimitExceeded, RequestLimit, RouteLimit
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import HTTPException
from werkzeug.middleware.proxy_fix import ProxyFix

from app.character_limits import CharacterLimits, limit_characters, may_be_danger
from inbox.contact.consent import parse_keyword
from intake import email_address
from intake.errors import IntakeError
from intake.settings import Settings
from tasks.queues.queue import connect
from web.client_address import network_of
from web.errors import RequestError, error_response
from web.services import services_of
from webhooks.browser.chat import enter_chat
from webhooks.browser.chat_files import is_anonymous, read_posted_files, text_among
from webhooks.browser.forms import LARGEST_FORM
from webhooks.browser.request_fields import form_fields

# By client address. Everyone on a clinic's Wi-Fi, or behind one mobile carrier's gateway, shares one: these have to
# hold for a full waiting room. READ is twenty browsers whose proxy allows no event streams and that ask every 2 s.
BEGIN_BY_ADDRESS = "20 per minute; 200 per hour"
SEND_BY_ADDRESS = "120 per minute"
FORM_BY_ADDRESS = "10 per minute; 60 per hour"
FORM_OF_DANGER_BY_ADDRESS = "30 per minute"  # which also gets through once others have used up the limit above
FILES_OF_ALL_BY_ADDRESS = "30 per minute"  # before anything is read, so that bodies can't fill the memory
FILES_BY_ADDRESS = "12 per minute; 60 per hour"
FILES_BY_ADDRESS_ANONYMOUS = "6 per minute; 15 per hour"  # from visitors who gave no way to reach them
READ_BY_ADDRESS = "600 per minute"
COPY_BY_ADDRESS = "10 per hour"
DEMO_BY_ADDRESS = "30 per minute; 300 per hour"
SIGN_IN_BY_ADDRESS = "20 per minute"
# In each process, while Redis is away. Reads go through then, but passwords must not be guessed faster.
SIGN_IN_WITHOUT_REDIS = "5 per minute"

# By conversation: one person, at times with several tabs.
SEND_BY_CONVERSATION = "20 per minute"
WATCH_BY_CONVERSATION = "60 per minute"

# By phone number: no person texts once a second, but a robot that answers this one does. STOP, START, and HELP have
# no limit at all, because carriers and the law require that they work. Nothing proves the number in a form, so forms
# have no such limit: a stranger could shut a patient out. The texts that they cause are limited where they are sent.
TEXT_BY_NUMBER = "60 per minute"

# By mailbox: whoever enters another's address sends two emails there a day, however many chats they begin.
COPY_BY_MAILBOX = "2 per day"

_KEY = "intake limits"

log = structlog.get_logger(__name__)


def trust_proxies(app: Flask, settings: Settings) -> None:
    """Read the client's address from X-Forwarded-For, as far as the proxies in front are known to have written it."""
    if settings.trusted_proxies:
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]
            app.wsgi_app, x_for=settings.trusted_proxies, x_proto=0, x_host=0, x_port=0, x_prefix=0
        )


def limit_requests(app: Flask, settings: Settings) -> None:
    """Limit the routes that are registered already; those that are not named here have no limit.

    Twilio's addresses are its own, so that its webhooks are limited by the patient's number alone.
    """
    limiter = Limiter(
        _address,
        app=app,
        storage_uri="redis://",
        storage_options={"connection_pool": connect(settings.redis_url).connection_pool},  # type: ignore[dict-item]
        strategy="moving-window",
        in_memory_fallback_enabled=True,
        swallow_errors=True,  # those that come after the answer, when an accepted request is counted
    )
    reads = limiter.shared_limit(READ_BY_ADDRESS, "reads", exempt_when=lambda: _is_redis_away(limiter))
    limits = {
        "chat.practice": [reads],
        "chat.read": [reads],
        "chat.events": [reads, _of_accepted(limiter, WATCH_BY_CONVERSATION, _conversation)],
        "chat.begin": [limiter.limit(BEGIN_BY_ADDRESS)],
        "chat.send": [
            limiter.limit(SEND_BY_ADDRESS),
            _of_accepted(limiter, SEND_BY_CONVERSATION, _conversation),
        ],
        "chat.send_files": [
            limiter.limit(FILES_OF_ALL_BY_ADDRESS),
            limiter.limit(FILES_BY_ADDRESS, exempt_when=_is_danger_with_files),
            limiter.limit(
                FILES_BY_ADDRESS_ANONYMOUS, exempt_when=lambda: not _is_anonymous_chat() or _is_danger_with_files()
            ),
            _of_accepted(limiter, SEND_BY_CONVERSATION, _conversation),
        ],
        "chat.file": [reads, _of_accepted(limiter, WATCH_BY_CONVERSATION, _conversation)],
        "chat.copy": [
            limiter.limit(COPY_BY_ADDRESS),
            _of_accepted(limiter, COPY_BY_MAILBOX, _mailbox),
        ],
        "chat.end": [limiter.limit(SEND_BY_ADDRESS)],
        "forms.receive": [limiter.limit(_limit_of_form)],
        "demo.read": [reads],
        "demo.send": [limiter.limit(DEMO_BY_ADDRESS)],
        "sms.receive": [_of_accepted(limiter, TEXT_BY_NUMBER, _number_that_texts)],
    }
    characters = CharacterLimits(lambda: limiter.limiter)
    limit_characters(
        app, "chat.send", characters, text_of=_chat_text, address_of=_address, conversation_of=_hashed_conversation
    )
    limit_characters(
        app,
        "chat.send_files",
        characters,
        text_of=_text_with_files,
        address_of=_address,
        conversation_of=_hashed_conversation,
    )
    limit_characters(app, "forms.receive", characters, text_of=_form_text, address_of=_address)
    for endpoint, its_limits in limits.items():
        for limit in its_limits:
            app.view_functions[endpoint] = limit(app.view_functions[endpoint])  # type: ignore[assignment]
    # elsewhere, and above all in a health check, nobody waits for a look at whether Redis is back
    limited = set(limits)
    limiter.request_filter(lambda: request.endpoint not in limited)
    app.extensions[_KEY] = limiter, limited
    app.register_error_handler(RateLimitExceeded, lambda _: _too_many(limiter.current_limit))


def limit_sign_ins(app: Flask, endpoint: str) -> None:
    """Limit how often one address may post to a route that was registered after `limit_requests`."""
    limiter, limited = app.extensions[_KEY]
    limited.add(endpoint)
    limit = limiter.limit(
        lambda: SIGN_IN_WITHOUT_REDIS if _is_redis_away(limiter) else SIGN_IN_BY_ADDRESS, methods=["POST"]
    )
    app.view_functions[endpoint] = limit(app.view_functions[endpoint])


def _of_accepted(limiter: Limiter, limit: str, subject: Callable[[], str]) -> RouteLimit:
    """Return a limit that counts accepted requests: nobody can use up what is another's without its proof."""

    def known() -> str:
        # The limiter takes any exception for a Redis that is away.
        try:
            return subject()
        except Exception as error:
            log.error("not_counted_apart", endpoint=request.endpoint, error=type(error).__name__)
            return "all others"

    return limiter.limit(
        limit,
        key_func=lambda: _hashed(known()),
        exempt_when=lambda: not known(),
        deduct_when=lambda response: response.status_code < HTTPStatus.BAD_REQUEST,
    )


def _too_many(breached: RequestLimit | None) -> Response:
    seconds = 1 if breached is None else _seconds_until_free(breached)
    response = error_response(
        429, "too_many_requests", f"This was asked too often in a short time: try again in {seconds} seconds."
    )
    response.headers["Retry-After"] = str(seconds)
    return response


def _seconds_until_free(breached: RequestLimit) -> int:
    """Whole seconds until the oldest counted request leaves the window; its whole length when Redis went away."""
    try:
        free_at = breached.window.reset_time
    except redis.RedisError:
        return breached.limit.get_expiry()
    return max(1, math.ceil(free_at - time.time()))


def _is_redis_away(limiter: Limiter) -> bool:
    return limiter.limiter.storage is not limiter.storage


def _hashed(subject: str) -> str:
    """Never the index that the database knows a number by: what is in Redis must not lead to a row."""
    return services_of(current_app).database.keyring.index(f"limit {subject}")


def _address() -> str:
    return _hashed(f"address {network_of(request.remote_addr or '')}")


def _conversation() -> str:
    return f"conversation {(request.view_args or {})['public_id']}"


def _is_anonymous_chat() -> bool:
    database, public_id = services_of(current_app).database, str((request.view_args or {})["public_id"])
    try:
        with database.read() as session:
            return is_anonymous(session, public_id)
    except SQLAlchemyError:
        return True


def _number_that_texts() -> str:
    """Nobody's when the text is STOP, START, or HELP, which counts however many there are."""
    try:
        keyword = request.form.get("OptOutType") or parse_keyword(request.form.get("Body", ""), opted_out=True)
        return "" if keyword else f"number {request.form['From']}"
    except HTTPException:
        return ""  # missing, or the body is too large: the handler says so


def _mailbox() -> str:
    address = _posted_values().get("email")
    try:
        return f"mailbox {email_address.normalise(address.strip())}" if isinstance(address, str) else ""
    except IntakeError:
        return ""


def _form_text() -> str:
    return _text_in("message")


def _limit_of_form() -> str:
    return FORM_OF_DANGER_BY_ADDRESS if may_be_danger(_form_text()) else FORM_BY_ADDRESS


def _chat_text() -> str:
    return _text_in("text")


def _text_with_files() -> str:
    """Return the text that comes with files; nothing is read of a request that may not send any."""
    try:
        enter_chat(services_of(current_app), (request.view_args or {})["public_id"])
        return text_among(read_posted_files(request))
    except (RequestError, HTTPException):
        return ""  # its handler says so


def _is_danger_with_files() -> bool:
    try:
        return may_be_danger(_text_with_files())
    except SQLAlchemyError:
        return False


def _text_in(name: str) -> str:
    text = _posted_values().get(name)
    return text if isinstance(text, str) else ""


def _hashed_conversation() -> str:
    return _hashed(_conversation())


def _posted_values() -> Mapping[str, object]:
    """Return the fields of a JSON body or a form; none if it is neither, which its handler says."""
    if request.endpoint == "forms.receive":
        request.max_content_length = request.max_form_memory_size = LARGEST_FORM  # as its handler does
    try:
        values = request.get_json(silent=True) if request.is_json else form_fields(request.form)
    except HTTPException:
        return {}
    return values if isinstance(values, Mapping) else {}
