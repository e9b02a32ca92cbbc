"""A real HTTP/1.1 server on 127.0.0.1 that runs in threads and leaves nothing open when it stops."""

from __future__ import annotations

import contextlib
import socket
import struct
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.message import Message as Headers
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

STOP_DEADLINE_SECONDS = 10.0
POLL_SECONDS = 0.05


@dataclass(frozen=True)
class Request:
    """One HTTP request as it arrived. Header names are looked up without regard to case."""

    method: str
    target: str
    headers: Headers = field(repr=False)
    body: bytes = field(repr=False)

    @property
    def path(self) -> str:
        return urlsplit(self.target).path

    @property
    def query(self) -> str:
        return urlsplit(self.target).query


@dataclass(frozen=True)
class Response:
    """One HTTP answer."""

    status: int
    body: bytes = field(default=b"", repr=False)
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Drop:
    """No answer: the connection is reset (RST), or closed in the ordinary way (FIN)."""

    reset: bool = True


class LoopbackServer:
    """Base of the stand-ins: serves `respond` on a free port of 127.0.0.1, one thread a connection.

    Also a context manager. An exception inside `respond` closes that connection and is raised again by
    `stop`, so that a fault of the stand-in never passes for a fault of the product.
    """

    def __init__(self) -> None:
        self._server: _Server | None = None
        self._thread: threading.Thread | None = None

    def respond(self, request: Request) -> Response | Drop:
        """Answer one request; called from many threads at once."""
        raise NotImplementedError

    @property
    def port(self) -> int:
        """The port listened on.

        Raises:
            RuntimeError: the stand-in is not running.
        """
        if self._server is None:
            raise RuntimeError(f"{type(self).__name__} is not running: call start() or use it in a with block")
        return self._server.server_port

    @property
    def url(self) -> str:
        """The base URL, without a trailing slash."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> Self:
        """Listen; requests are accepted when this returns."""
        self._server = _Server(self.respond)
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(POLL_SECONDS,), name=type(self).__name__, daemon=True
        )
        self._thread.start()
        return self

    def stop(self) -> None:
        """Close every connection and the listening socket, and wait for the threads.

        Raises:
            ExceptionGroup: of whatever went wrong inside `respond`.
        """
        server, thread = self._server, self._thread
        if server is None or thread is None:
            return
        self._server = self._thread = None
        server.shutdown()
        thread.join(STOP_DEADLINE_SECONDS)
        server.close_connections()
        server.server_close()
        if server.errors:
            raise ExceptionGroup(f"{type(self).__name__} failed while answering", server.errors)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


class _Server(ThreadingHTTPServer):
    request_queue_size = 128

    def __init__(self, respond: Callable[[Request], Response | Drop]) -> None:
        self.respond = respond
        self.errors: list[Exception] = []
        self._connections: dict[socket.socket, threading.Thread] = {}
        self._lock = threading.Lock()
        super().__init__(("127.0.0.1", 0), _Handler)

    def server_bind(self) -> None:
        # HTTPServer's own asks the resolver for the host's name, which may be slow or absent.
        TCPServer.server_bind(self)
        self.server_name, self.server_port = "127.0.0.1", self.socket.getsockname()[1]

    def process_request(self, request: Any, client_address: Any) -> None:
        thread = threading.Thread(target=self.process_request_thread, args=(request, client_address), daemon=True)
        with self._lock:
            self._connections[request] = thread
        thread.start()

    def shutdown_request(self, request: Any) -> None:
        with self._lock:
            self._connections.pop(request, None)
        if _resets_on_close(request):
            # A shutdown first would send an orderly FIN ahead of the reset.
            self.close_request(request)
        else:
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
        client_has_gone = isinstance(error, ConnectionError)
        if isinstance(error, Exception) and not client_has_gone:
            self.errors.append(error)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def do_POST(self) -> None:
        length = self.headers.get("Content-Length", "0")
        if "Transfer-Encoding" in self.headers or not length.isdecimal():
            self.close_connection = True
            self._send(Response(411))
            return
        body = self.rfile.read(int(length))
        outcome = self.server.respond(Request(self.command, self.path, self.headers, body))
        if isinstance(outcome, Drop):
            self._drop(outcome)
        else:
            self._send(outcome)

    do_GET = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_POST  # noqa: N815, the names http.server calls

    def _send(self, response: Response) -> None:
        self.send_response(response.status)
        for name, value in response.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(response.body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(response.body)

    def _drop(self, drop: Drop) -> None:
        self.close_connection = True
        if drop.reset:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    def log_message(self, format: str, *args: object) -> None:
        """Stay silent: request lines would land in the test output."""


def _resets_on_close(connection: socket.socket) -> bool:
    enabled, seconds = struct.unpack("ii", connection.getsockopt(socket.SOL_SOCKET, socket.SO_LINGER, 8))
    return bool(enabled) and seconds == 0
