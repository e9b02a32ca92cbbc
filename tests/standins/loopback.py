"""A real HTTP/1.1 server on 127.0.0.1 that runs in threads and leaves nothing open when it stops."""

from __future__ import annotations

import socket
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.message import Message as Headers
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from typing import Any
from urllib.parse import urlsplit

from tests.standins.server import StandIn, TrackedConnections


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


class LoopbackServer(StandIn):
    """Base of the stand-ins that speak HTTP: serves `respond`, one thread a connection."""

    def respond(self, request: Request) -> Response | Drop:
        """Answer one request; called from many threads at once."""
        raise NotImplementedError

    @property
    def url(self) -> str:
        """The base URL, without a trailing slash."""
        return f"http://127.0.0.1:{self.port}"

    def open_server(self) -> TrackedConnections:
        """Returns the server that answers by `respond`."""
        return _Server(self.respond)


class _Server(TrackedConnections, ThreadingHTTPServer):
    def __init__(self, respond: Callable[[Request], Response | Drop]) -> None:
        self.respond = respond
        super().__init__(("127.0.0.1", 0), _Handler)

    def server_bind(self) -> None:
        # HTTPServer's own asks the resolver for the host's name, which may be slow or absent.
        TCPServer.server_bind(self)
        self.server_name, self.server_port = "127.0.0.1", self.socket.getsockname()[1]

    def shutdown_request(self, request: Any) -> None:
        if _resets_on_close(request):
            # A shutdown first would send an orderly FIN ahead of the reset.
            self.forget(request)
            self.close_request(request)
        else:
            super().shutdown_request(request)

    def is_own_fault(self, error: Exception) -> bool:
        client_has_gone = isinstance(error, ConnectionError)
        return not client_has_gone


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
        self.send_response_only(response.status)
        for name, value in ({"Date": self.date_time_string()} | dict(response.headers)).items():
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
