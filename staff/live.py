"""Keeping open pages up to date: streams that say "look again", and presence in a conversation.

A stream carries no content. The page fetches itself again, as the member who is signed in at that time, and replaces
the parts marked `data-live`.
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
WRITING_SECONDS = 20


def is_refresh() -> bool:
    """Return whether the request refreshes an open page, rather than opening it."""
    return request.headers.get("X-Requested-With") == "live"


def wants_pane() -> bool:
    """Return whether a script asks for one pane of the page, to put it in place."""
    return request.headers.get("X-Requested-With") == "pane"


def stream(services: Services, topics: Sequence[str], state: Callable[[], object] = lambda: None) -> Response:
    """Return a stream of server-sent events that sends `changed` whenever a topic may have changed.

    Args:
        services: the application's services.
        topics: the topics that the page shows.
        state: called at each check; if its result differs from the last one, the page has changed too.
    """
    known: list[object] = []  # empty before the first check

    def look(woken: bool) -> Iterator[str]:
        seen = [state()]
        if woken or (known and seen != known):
            yield "event: changed\ndata: {}\n\n"
        known[:] = seen

    return event_stream(services.watchers, topics, look)


class Viewers:
    """The staff members who are viewing a conversation; Redis keeps their ids for less than a minute."""

    _name, _seconds = "presence", PRESENT_SECONDS

    def __init__(self, connection: redis.Redis, conversation_id: int) -> None:
        self._connection = connection
        self._key = f"{self._name}:{conversation_id}"

    def enter(self, staff_id: int) -> bool:
        """Mark a member as present for a while, and return whether they just arrived."""
        try:
            self._forget_gone()
            is_new = self._connection.zadd(self._key, {str(staff_id): time.time()})
            self._connection.expire(self._key, self._seconds)
        except redis.RedisError as error:
            log.warning("presence_unknown", error=type(error).__name__)
            return False
        return bool(is_new)

    def leave(self, staff_id: int) -> bool:
        """Mark a member as not present any more, and return whether they were."""
        try:
            return bool(self._connection.zrem(self._key, str(staff_id)))
        except redis.RedisError:
            return False  # it expires

    def others(self, staff_id: int) -> list[int]:
        """Return the ids of the other members who are present; empty if Redis is unreachable."""
        try:
            self._forget_gone()
            found = self._connection.zrange(self._key, 0, -1)
        except redis.RedisError:
            return []
        present = (int(member_id) for member_id in found if isinstance(member_id, (bytes, str)))
        return sorted(member_id for member_id in present if member_id != staff_id)

    def _forget_gone(self) -> None:
        self._connection.zremrangebyscore(self._key, 0, time.time() - self._seconds)


def leave_everywhere(connection: redis.Redis, staff_id: int) -> None:
    """Mark a member as not present in any conversation any more; an open page of another browser marks them again."""
    try:
        for key in connection.scan_iter(match=f"{Viewers._name}:*"):
            connection.zrem(key, str(staff_id))
    except redis.RedisError as error:
        log.warning("presence_unknown", error=type(error).__name__)  # it expires


class Writers(Viewers):
    """The staff members who are writing a reply in a conversation, whose colleagues see that and none of the words."""

    _name, _seconds = "writers", WRITING_SECONDS
