"""The web server's worker: thousands of idle event streams in one process, and a stop that does not wait for them."""

from __future__ import annotations

import atexit
import gc
from types import FrameType
from typing import TYPE_CHECKING, Any

import gevent
from gunicorn.workers.ggevent import GeventWorker

from app.body_deadline import BODY_SECONDS, BodyDeadline

if TYPE_CHECKING:
    from flask import Flask

atexit.register(gc.freeze)  # as in the `intake` command; gunicorn's master loads this, and so do its workers


class StreamingWorker(GeventWorker):  # type: ignore[misc]
    """gunicorn's gevent worker: one greenlet a request, so that an open stream costs no thread.

    A request's headers must be there within gunicorn's `keepalive` of 2 seconds, and its body within `body_seconds`.
    """

    wsgi: Any
    body_seconds = BODY_SECONDS

    def load_wsgi(self) -> None:
        """Load the application, and put the deadline in front of it."""
        super().load_wsgi()
        self.application: Flask = self.wsgi
        self.wsgi = BodyDeadline(self.application, self.body_seconds)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """End the event streams, which browsers take up again elsewhere; other requests are finished."""
        super().handle_exit(sig, frame)
        application = getattr(self, "application", None)
        if application is None:  # the stop comes while it is still being loaded
            return
        from web.services import services_of  # not above: gunicorn may load this before gevent has patched anything

        gevent.spawn(services_of(application).watchers.close)
