"""A receiver for the JSON webhooks that apprise posts to `json://host:port/path` URLs."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass, field
from email.message import Message as Headers
from typing import Any

from tests.standins.loopback import LoopbackServer, Request, Response
from tests.standins.record import DEADLINE_SECONDS, Record


@dataclass(frozen=True)
class Notification:
    """One notification: the path it was posted to, its headers, its JSON, and the status answered."""

    path: str
    headers: Headers = field(repr=False)
    body: dict[str, Any] = field(repr=False)
    raw: bytes = field(repr=False)
    status: int = 200


class HookReceiver(LoopbackServer):
    """Accepts JSON objects on any path, and fails as often as it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self._accepted: Record[Notification] = Record("notifications")
        self._failed: Record[Notification] = Record("failed notifications")
        self._failures: list[int] = []
        self._lock = threading.Lock()

    @property
    def notifications(self) -> list[Notification]:
        """Notifications accepted, oldest first."""
        return self._accepted.entries()

    @property
    def failed(self) -> list[Notification]:
        """Notifications answered with a failure that `fail_next` asked for, oldest first."""
        return self._failed.entries()

    def apprise_url(self, path: str = "/") -> str:
        """The URL to give apprise for a team that is told here; `path` tells teams apart."""
        return f"json://127.0.0.1:{self.port}{path}"

    def fail_next(self, count: int, status: int = 500) -> None:
        """Answer the next `count` notifications with `status`, after those asked for before."""
        with self._lock:
            self._failures += [status] * count

    def wait_for(self, count: int, timeout: float = DEADLINE_SECONDS) -> list[Notification]:
        """Wait until at least `count` notifications have been accepted and return them all.

        Raises:
            AssertionError: fewer came within `timeout` seconds.
        """
        return self._accepted.wait_for(count, timeout)

    def wait_for_failed(self, count: int, timeout: float = DEADLINE_SECONDS) -> list[Notification]:
        """Wait until at least `count` notifications have been failed and return them all.

        Raises:
            AssertionError: fewer came within `timeout` seconds.
        """
        return self._failed.wait_for(count, timeout)

    def respond(self, request: Request) -> Response:
        """Take in one notification, or fail it."""
        if request.method != "POST":
            return Response(405)
        if request.headers.get_content_type() != "application/json":
            return Response(415)
        try:
            body = json.loads(request.body)
        except ValueError:
            return Response(400)
        if not isinstance(body, dict):
            return Response(400)
        with self._lock:
            status = self._failures.pop(0) if self._failures else 200
        record = self._accepted if status == 200 else self._failed
        record.append(Notification(request.path, request.headers, body, request.body, status))
        return Response(status)
