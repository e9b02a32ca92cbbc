"""Keeping an open page up to date: streams that say "look again", and who else is looking.

A stream carries no words of anybody; the page is asked for anew, as whoever is signed in then, and takes over the parts
that are marked `data-live`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence

import redis
import structlog
from flask import Response, request

from web.event_stream import event_stream
from web.services import Services

log = structlog.get_logger(__name__)

PRESENT_SECONDS = 40


def is_refresh() -> bool:
    """Return whether a page that is open already looks again, rather than a member who opens it."""
    return request.headers.get("X-Requested-With") == "live"


def stream(services: Services, topics: Sequence[str], state: Callable[[], object] = lambda: None) -> Response:
    """Answer with server-sent events, one `changed` whenever a topic may look different.

    Args:
        services: the application's.
        topics: what the page shows.
        state: asked now and then besides; a change of what it returns is a change of the page as well.
    """
    known: list[object] = []  # nothing, before the first look

    def look(woken: bool) -> Iterator[str]:
        seen = [state()]
        if woken or (known and seen != known):
            yield "event: changed\ndata: {}\n\n"
        known[:] = seen

    return event_stream(services.watchers, topics, look)


class Presence:
    """Which members of staff look at a conversation now; Redis keeps their ids for less than a minute."""

    def __init__(self, connection: redis.Redis, conversation_id: int) -> None:
        self._connection = connection
        self._key = f"presence:{conversation_id}"

    def enter(self, staff_id: int) -> bool:
        """Note that a member is there, and say whether they are new; they leave by not being noted any more."""
        try:
            is_new = self._connection.zadd(self._key, {str(staff_id): time.time()})
            self._connection.expire(self._key, PRESENT_SECONDS)
        except redis.RedisError as error:
            log.warning("presence_unknown", error=type(error).__name__)
            return False
        return bool(is_new)

    def others(self, staff_id: int) -> list[int]:
        """Return the ids of the others who are there; nobody while Redis is away."""
        try:
            self._connection.zremrangebyscore(self._key, 0, time.time() - PRESENT_SECONDS)
            found = self._connection.zrange(self._key, 0, -1)
        except redis.RedisError:
            return []
        present = (int(other) for other in found if isinstance(other, (bytes, str)))
        return sorted(other for other in present if other != staff_id)
