"""A stream of events ends when what it shows can't be read any more, without a word to the web server."""

from __future__ import annotations

from functools import partial

from sqlalchemy.exc import OperationalError

from intake.settings import Settings
from tasks.pubsub import Watchers, announce
from tasks.queues.queue import connect
from web.event_stream import event_stream

CHANGED = "event: changed\ndata: {}\n\n"


def test_a_stream_ends_when_the_database_cannot_be_reached(settings: Settings) -> None:
    watchers = Watchers(partial(connect, settings.redis_url))
    looks = iter([[CHANGED]])

    def look(_woken: bool) -> list[str]:
        found = next(looks, None)
        if found is None:
            raise OperationalError("SELECT", {}, Exception("the server closed the connection"))
        return found

    sent = iter(event_stream(watchers, ["demo"], look).response)
    assert next(sent) == f"retry: 2000\n\n{CHANGED}"
    with connect(settings.redis_url) as connection:
        announce(connection, "demo")

    assert list(sent) == []
    watchers.close()
