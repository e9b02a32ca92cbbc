"""Server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html) that wake-ups set off."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence

from flask import Response

from tasks.pubsub import Watchers

HEARTBEAT_SECONDS = 15.0
STREAM_SECONDS = 600.0


def event_stream(watchers: Watchers, topics: Sequence[str], look: Callable[[bool], Iterable[str]]) -> Response:
    """Answer with a stream that stays open for some minutes; browsers open the next one by themselves.

    Args:
        watchers: those in this process who are woken.
        topics: what they are woken by.
        look: returns the events that are due, each ending in an empty line. It is asked at the start, at each wake-up,
            and with each heartbeat in case that a wake-up was lost; its argument says whether it was a wake-up.
    """
    response = Response(_events(watchers, topics, look), mimetype="text/event-stream")
    response.headers["X-Accel-Buffering"] = "no"  # nginx would hold events back
    return response


def _events(watchers: Watchers, topics: Sequence[str], look: Callable[[bool], Iterable[str]]) -> Iterator[str]:
    ends_at = time.monotonic() + STREAM_SECONDS
    with watchers.watch(*topics) as changed:
        yield "retry: 2000\n\n"
        woken = False
        while time.monotonic() < ends_at and not watchers.is_closed:
            changed.clear()
            yield from look(woken)
            woken = changed.wait(HEARTBEAT_SECONDS)
            if not woken:
                yield ": still here\n\n"
