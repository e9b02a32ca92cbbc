"""Server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html), driven by wake-ups."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence

import structlog
from flask import Response
from sqlalchemy.exc import SQLAlchemyError

from tasks.pubsub import Watchers

log = structlog.get_logger(__name__)

HEARTBEAT_SECONDS = 15.0
STREAM_SECONDS = 600.0
CHAT_STREAM_SECONDS = 25.0


class StreamEndedError(Exception):
    """What a stream showed may no longer be seen, so that it ends."""


def event_stream(
    watchers: Watchers,
    topics: Sequence[str],
    look: Callable[[bool], Iterable[str]],
    seconds: float = STREAM_SECONDS,
) -> Response:
    """Return a stream that stays open for ten minutes; browsers then reconnect automatically.

    Args:
        watchers: the watchers in this process.
        topics: the topics that wake the stream.
        look: returns the events that are due, each ending in an empty line. It is called at the start, at each
            wake-up, and at each heartbeat in case a wake-up was lost. Its argument is True for a wake-up, and at the
            start, as something may have changed since the page was rendered.
        seconds: how long it stays open.
    """
    response = Response(_events(watchers, topics, look, seconds), mimetype="text/event-stream")
    response.headers["X-Accel-Buffering"] = "no"  # keeps nginx from buffering events
    return response


def _events(
    watchers: Watchers, topics: Sequence[str], look: Callable[[bool], Iterable[str]], seconds: float
) -> Iterator[str]:
    ends_at = time.monotonic() + seconds
    with watchers.watch(*topics) as changed:
        due = ["retry: 2000\n\n"]
        woken = True
        while time.monotonic() < ends_at and not watchers.is_closed:
            changed.clear()
            try:
                due += look(woken)
            except StreamEndedError:
                return
            except SQLAlchemyError as error:  # the browser asks again, and then gets an answer that says so
                log.warning("stream_ended", error=type(error).__name__)
                return
            if due:
                yield "".join(due)  # at once: a WebKit on Linux may withhold what comes in several pieces
            woken = changed.wait(max(0.0, min(HEARTBEAT_SECONDS, ends_at - time.monotonic())))
            due = [] if woken else [": still here\n\n"]
