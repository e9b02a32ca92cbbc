"""A deadline for a request's body: whoever sends it a byte a minute must not hold a connection for hours."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import gevent
from werkzeug.exceptions import RequestTimeout

BODY_SECONDS = 20.0
LEAST_BYTES_PER_SECOND = 32 * 1024  # a phone with one bar sends a picture of 2 MB at twice that
MOST_SECONDS = 180.0

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class BodyDeadline:
    """A WSGI application whose requests have to arrive in time. Its answers take as long as they like.

    Args:
        application: the application.
        seconds: how long a body may take, apart from what its length adds.
    """

    def __init__(self, application: Application, seconds: float = BODY_SECONDS) -> None:
        self._application = application
        self._seconds = seconds

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer a request."""
        declared = environ.get("CONTENT_LENGTH") or "0"
        length = int(declared) if declared.isdecimal() and len(declared) < 19 else 0
        ends_at = time.monotonic() + seconds_for(length, self._seconds)
        environ["wsgi.input"] = TimedInput(environ["wsgi.input"], ends_at)
        return self._application(environ, start_response)


def seconds_for(length: int, seconds: float = BODY_SECONDS) -> float:
    """Return how long a body of so many bytes may take."""
    return min(seconds + length / LEAST_BYTES_PER_SECOND, MOST_SECONDS)


class TimedInput:
    """A body that can be read until a moment of the monotonic clock.

    Every way to read it raises `RequestTimeout`, a 408, when that moment comes.
    """

    def __init__(self, body: Any, ends_at: float) -> None:
        self._body = body
        self._ends_at = ends_at

    def read(self, size: int | None = None) -> bytes:
        """Return so many bytes, or all."""
        with self._in_time():
            return self._body.read(size)  # type: ignore[no-any-return]

    def readline(self, size: int | None = None) -> bytes:
        """Return a line."""
        with self._in_time():
            return self._body.readline(size)  # type: ignore[no-any-return]

    def readlines(self, size: int | None = None) -> list[bytes]:
        """Return all lines."""
        with self._in_time():
            return self._body.readlines(size)  # type: ignore[no-any-return]

    def __iter__(self) -> Iterator[bytes]:
        """Return line after line."""
        return iter(self.readline, b"")

    @contextmanager
    def _in_time(self) -> Iterator[None]:
        left = self._ends_at - time.monotonic()
        timeout = gevent.Timeout(max(left, 0.0))
        try:
            with timeout:
                yield
        except gevent.Timeout as expired:
            if expired is not timeout:
                raise
            raise RequestTimeout("The request took too long to arrive: send it again.") from None
