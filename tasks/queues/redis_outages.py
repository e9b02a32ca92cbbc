"""Telling why Redis can't be used; every thread of a worker meets that every second."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable

import redis
import structlog

log = structlog.get_logger(__name__)

EVERY_SECONDS = 60.0
UNREACHABLE = "unreachable"
MEANINGS = {
    "MISCONF": "it can't save its data: its disk is full, or its folder can't be written to",
    "OOM": "its memory is full (maxmemory)",
    "READONLY": "it is a replica: REDIS_URL must name the primary",
    "NOREPLICAS": "it has fewer replicas than min-replicas-to-write asks for",
    "MASTERDOWN": "it is a replica that has lost its primary",
    "CLUSTERDOWN": "its cluster is down",
    "LOADING": "it is still reading its data",
    "NOAUTH": "the password of REDIS_URL is missing or wrong",
    "NOPERM": "the user of REDIS_URL may not do this",
}
"""What each code means with which a Redis that answers refuses work."""
_CLASSES: dict[type[redis.RedisError], str] = {
    redis.OutOfMemoryError: "OOM",
    redis.ReadOnlyError: "READONLY",
    redis.BusyLoadingError: "LOADING",
    redis.AuthenticationError: "NOAUTH",
    redis.exceptions.NoPermissionError: "NOPERM",
    redis.exceptions.MasterDownError: "MASTERDOWN",
    redis.exceptions.ClusterDownError: "CLUSTERDOWN",
}
_TRIAL, _TRIAL_SECONDS = "intake:trial", 60  # what is written to see whether Redis takes it
# of a pipeline, the client puts the command before Redis's own words, with all that it holds
_CODE = re.compile(r"(?:^|caused error: )([A-Z]+) ")


def name_trouble(error: redis.RedisError) -> str:
    """Return the code with which Redis refuses work, or `UNREACHABLE`; nothing else of its words, which quote commands.

    What Redis refuses for another reason is named by its class.
    """
    for kind, code in _CLASSES.items():
        if isinstance(error, kind):
            return code
    said = _CODE.search(str(error))
    if said and said[1] in MEANINGS:
        return said[1]
    return type(error).__name__ if isinstance(error, redis.ResponseError) else UNREACHABLE


def find_trouble(connection: redis.Redis) -> str:
    """Return why a Redis takes no work, as `name_trouble` says; empty if it does. One that answers may refuse it."""
    try:
        connection.set(_TRIAL, "", ex=_TRIAL_SECONDS)
    except redis.RedisError as error:
        return name_trouble(error)
    return ""


class RedisOutages:
    """Logs that Redis can't be used, at most once a minute."""

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
        trouble = name_trouble(error)
        if trouble == UNREACHABLE:
            log.warning("redis_unreachable", error=type(error).__name__)
        else:
            log.warning("redis_refuses", reason=trouble, meaning=MEANINGS.get(trouble))


OUTAGES = RedisOutages()
"""Those of this process."""
