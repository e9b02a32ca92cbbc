"""The server: a port, the sessions on it, and what tests set and read."""

from __future__ import annotations

import contextlib
import socket
import sys
import threading
from collections.abc import Callable, Mapping
from socketserver import ThreadingTCPServer
from types import TracebackType
from typing import Any, Self

from tests.standins.certificates import Certificate
from tests.standins.loopback import POLL_SECONDS, STOP_DEADLINE_SECONDS
from tests.standins.record import DEADLINE_SECONDS, Record
from tests.standins.smtp.faults import Faults
from tests.standins.smtp.mails import Mail
from tests.standins.smtp.session import Session


class SmtpStandIn:
    """A mail server on a loopback port, which takes well-made mails to anybody.

    Also a context manager. An exception inside a session is raised again by `stop`.

    Attributes:
        faults: failures scripted by the test.
        users: user → password; with any, mails are taken only from who has signed in.
        certificate: what it encrypts with; None never encrypts.
        encrypts_at_once: TLS from the first byte, as on port 465.
    """

    def __init__(
        self,
        users: Mapping[str, str] | None = None,
        certificate: Certificate | None = None,
        *,
        encrypts_at_once: bool = False,
    ) -> None:
        self.faults = Faults()
        self.users = dict(users or {})
        self.certificate = certificate
        self.encrypts_at_once = encrypts_at_once
        self._mails: Record[Mail] = Record("mails")
        self._refusals: Record[str] = Record("refusals")
        self._server: _Server | None = None
        self._thread: threading.Thread | None = None

    @property
    def offers_starttls(self) -> bool:
        """Whether a session begins in the clear and has to be encrypted, as on port 587."""
        return self.certificate is not None and not self.encrypts_at_once

    @property
    def port(self) -> int:
        """The port listened on.

        Raises:
            RuntimeError: the stand-in is not running.
        """
        if self._server is None:
            raise RuntimeError("SmtpStandIn is not running: call start() or use it in a with block")
        return int(self._server.server_address[1])

    @property
    def url(self) -> str:
        """What `SMTP_URL` is set to."""
        return f"smtp://127.0.0.1:{self.port}"

    @property
    def mails(self) -> list[Mail]:
        """Mails accepted, oldest first."""
        return self._mails.entries()

    @property
    def refusals(self) -> list[str]:
        """What was refused because it was not well made, oldest first."""
        return self._refusals.entries()

    def wait_for_mails(self, count: int, timeout: float = DEADLINE_SECONDS) -> list[Mail]:
        """Wait until at least `count` mails have been accepted and return them all.

        Raises:
            AssertionError: fewer came within `timeout` seconds.
        """
        return self._mails.wait_for(count, timeout)

    def accept(self, mail: Mail) -> None:
        """Take a mail on."""
        self._mails.append(mail)

    def refuse(self, reason: str) -> None:
        """Note what was not well made."""
        self._refusals.append(reason)

    def start(self) -> Self:
        """Listen; connections are accepted when this returns."""
        self._server = _Server(type("BoundSession", (Session,), {"standin": self}))
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(POLL_SECONDS,), name="SmtpStandIn", daemon=True
        )
        self._thread.start()
        return self

    def stop(self) -> None:
        """Release every session held by a fault, close everything and wait for the threads.

        Raises:
            ExceptionGroup: of whatever went wrong inside a session.
        """
        self.faults.clear()
        server, thread = self._server, self._thread
        if server is None or thread is None:
            return
        self._server = self._thread = None
        server.shutdown()
        thread.join(STOP_DEADLINE_SECONDS)
        server.close_connections()
        server.server_close()
        if server.errors:
            raise ExceptionGroup("SmtpStandIn failed while answering", server.errors)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


class _Server(ThreadingTCPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, session: Callable[[Any, Any, Any], Session]) -> None:
        self.errors: list[Exception] = []
        self._connections: dict[socket.socket, threading.Thread] = {}
        self._lock = threading.Lock()
        super().__init__(("127.0.0.1", 0), session)

    def process_request(self, request: Any, client_address: Any) -> None:
        thread = threading.Thread(target=self.process_request_thread, args=(request, client_address), daemon=True)
        with self._lock:
            self._connections[request] = thread
        thread.start()

    def shutdown_request(self, request: Any) -> None:
        with self._lock:
            self._connections.pop(request, None)
        super().shutdown_request(request)

    def close_connections(self) -> None:
        with self._lock:
            connections = list(self._connections.items())
        for connection, _ in connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for _, thread in connections:
            thread.join(STOP_DEADLINE_SECONDS)

    def handle_error(self, request: Any, client_address: Any) -> None:
        error = sys.exc_info()[1]
        if isinstance(error, Exception):
            self.errors.append(error)
