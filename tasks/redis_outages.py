"""Logging that Redis is away: every thread of a worker meets that every second."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import redis
import structlog

log = structlog.get_logger(__name__)

EVERY_SECONDS = 60.0


class RedisOutages:
    """Logs that Redis is away, at most once a minute."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Begin with nothing said."""
        self._clock = clock
        self._next_at = float("-inf")
        self._saying = threading.Lock()

    def note(self, error: redis.RedisError) -> None:
        """Log an error of Redis, unless one was logged a short time ago."""
        with self._saying:
            moment = self._clock()
            if moment < self._next_at:
                return
            self._next_at = moment + EVERY_SECONDS
        log.warning("redis_unreachable", error=type(error).__name__)


OUTAGES = RedisOutages()
"""Those of this process."""
