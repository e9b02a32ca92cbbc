"""Showing the visitor of a chat that a member is writing: Redis keeps the member's id for some seconds, and no text."""

from __future__ import annotations

import time
from dataclasses import dataclass

import redis
import structlog

from tasks.pubsub import announce, typing_topic

log = structlog.get_logger(__name__)

SHOWN_SECONDS = 8


@dataclass(frozen=True, slots=True)
class TypingSign:
    """A sign that a member was writing a moment ago.

    Attributes:
        staff_id: the member.
        given_at: when, in milliseconds; a later sign differs by it.
    """

    staff_id: int
    given_at: int


class TypingSigns:
    """Who is writing in a conversation. If Redis is down, nobody seems to."""

    def __init__(self, connection: redis.Redis, conversation_id: int) -> None:
        self._connection = connection
        self._topic = typing_topic(conversation_id)

    def give(self, staff_id: int) -> None:
        """Note that a member is writing."""
        try:
            self._connection.set(self._topic, f"{staff_id} {time.time_ns() // 1_000_000}", ex=SHOWN_SECONDS)
        except redis.RedisError as error:
            log.warning("typing_not_shown", error=type(error).__name__)
            return
        announce(self._connection, self._topic)

    def take_back(self) -> None:
        """Note that nobody is writing any more."""
        try:
            was_given = self._connection.delete(self._topic)
        except redis.RedisError:
            return  # it expires
        if was_given:
            announce(self._connection, self._topic)

    def read(self) -> TypingSign | None:
        """Return the latest sign, None if nobody has written for a few seconds."""
        try:
            found = self._connection.get(self._topic)
            staff_id, given_at = found.split() if isinstance(found, bytes) else ("", "")
            return TypingSign(int(staff_id), int(given_at))
        except (redis.RedisError, ValueError):
            return None
