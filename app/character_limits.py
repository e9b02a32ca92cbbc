"""How much text one address and one conversation may send a minute, in the chat and in forms.

The model needs more time for more text, so counting requests does not suffice. Two messages always get through: the
first of a conversation, and any with a danger sign. Twilio's texts are not limited by length; carriers do that.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any

import redis
import structlog
from flask import Flask, Response, current_app, make_response
from limits import RateLimitItem, parse
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter, RateLimiter

from inbox.incoming.chat import is_begun
from web.errors import error_response
from web.services import services_of

log = structlog.get_logger(__name__)

UNIT_CHARACTERS = 100
# Each character may cost the model 0.3 ms. A full waiting room types about 10,000 characters a minute.
CHARACTERS_BY_ADDRESS = "200 per minute"
CHARACTERS_BY_CONVERSATION = "100 per minute"

View = Callable[..., Any]


class CharacterLimits:
    """Counts characters in Redis or, while that is away, in this process.

    Args:
        current: returns what counts now; it may find that Redis has just gone away.
    """

    def __init__(self, current: Callable[[], RateLimiter]) -> None:
        self._current = current
        self._local = MovingWindowRateLimiter(MemoryStorage())

    def spend(self, limit: RateLimitItem, subject: str, cost: int) -> bool:
        """Count characters, and return whether they are within the limit; those that are not don't count."""
        return self._try(lambda limiter: limiter.hit(limit, subject, cost=cost))

    def fits(self, limit: RateLimitItem, subject: str, cost: int) -> bool:
        """Return whether so many characters more are within the limit."""
        return self._try(lambda limiter: limiter.test(limit, subject, cost=cost))

    def seconds_until_free(self, limit: RateLimitItem, subject: str) -> int:
        """Return the whole seconds until the oldest counted characters leave the window."""
        try:
            free_at = self._current().get_window_stats(limit, subject).reset_time
        except redis.RedisError:
            return limit.get_expiry()
        return max(1, math.ceil(free_at - time.time()))

    def _try(self, ask: Callable[[RateLimiter], bool]) -> bool:
        try:
            return ask(self._current())
        except redis.RedisError as error:
            log.warning("characters_counted_locally", error=type(error).__name__)
            return ask(self._local)


def limit_characters(
    app: Flask,
    endpoint: str,
    limits: CharacterLimits,
    *,
    text_of: Callable[[], str],
    address_of: Callable[[], str],
    conversation_of: Callable[[], str] | None = None,
) -> None:
    """Limit the text that a route takes.

    Args:
        app: the application, with the route.
        endpoint: the route.
        limits: what counts.
        text_of: returns the text in the current request, empty if there is none; it must not raise.
        address_of: returns what the client's address is counted as.
        conversation_of: the same for the conversation. It is counted only for accepted requests, so that nobody can
            use up what is another's.
    """
    view: View = app.view_functions[endpoint]
    by_address, by_conversation = parse(CHARACTERS_BY_ADDRESS), parse(CHARACTERS_BY_CONVERSATION)

    @wraps(view)
    def limited(**arguments: Any) -> Response:
        text = text_of()
        cost = math.ceil(len(text) / UNIT_CHARACTERS)
        if not cost:
            return make_response(view(**arguments))
        address, conversation = address_of(), conversation_of() if conversation_of else None
        if conversation and not limits.fits(by_conversation, conversation, cost):
            exceeded = by_conversation, conversation
        elif not limits.spend(by_address, address, cost):
            exceeded = by_address, address
        else:
            exceeded = None
        if exceeded and not _must_get_through(text, arguments.get("public_id")):
            return _too_long(limits.seconds_until_free(*exceeded))
        response = make_response(view(**arguments))
        if conversation and response.status_code < HTTPStatus.BAD_REQUEST:
            limits.spend(by_conversation, conversation, cost)
        return response

    app.view_functions[endpoint] = limited


def _must_get_through(text: str, public_id: str | None) -> bool:
    """Return whether a message is the first of its chat, or may be about a danger."""
    if public_id is not None and not is_begun(services_of(current_app).database, public_id):
        return True
    return may_be_danger(text)


def may_be_danger(text: str) -> bool:
    """Return whether a text has a danger sign."""
    # Not above, as a web process needs the classifier for nothing else.
    from classifier.rules.screen import read_if_urgent

    return read_if_urgent(text) is not None


def _too_long(seconds: int) -> Response:
    response = error_response(
        429,
        "too_many_characters",
        f"This is too much text for one minute: try again in {seconds} seconds. In an emergency, call 911.",
    )
    response.headers["Retry-After"] = str(seconds)
    return response
