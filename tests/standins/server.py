"""What every stand-in is: a server on a free port of 127.0.0.1 that runs in threads and leaves nothing open."""

from __future__ import annotations

import contextlib
import selectors
import socket
import sys
import threading
from socketserver import TCPServer, ThreadingMixIn
from types import TracebackType
from typing import Any, Self

STOP_DEADLINE_SECONDS = 10.0


class Serving(threading.Thread):
    """A server's thread, which sleeps until somebody connects, or until it shall end.

    `serve_forever` would look a hundred times a second, in each test process and for each of its servers, whether it
    shall end.
    """

    def __init__(self, server: TCPServer, name: str) -> None:
        super().__init__(name=name, daemon=True)
        server.timeout = 0  # whoever has gone again is not waited for
        self._server = server
        self._end, self._other_end = socket.socketpair()

    def run(self) -> None:
        with self._end, selectors.DefaultSelector() as selector:
            selector.register(self._server, selectors.EVENT_READ)
            selector.register(self._end, selectors.EVENT_READ)
            while self._end not in [key.fileobj for key, _ in selector.select()]:
                self._server.handle_request()

    def end(self) -> None:
        """Have no more connections accepted, and wait for the thread."""
        self._other_end.close()
        self.join(STOP_DEADLINE_SECONDS)


class TrackedConnections(ThreadingMixIn, TCPServer):
    """Mixed into a socket server: one thread a connection, each known, so that all can be closed; and its errors."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, *arguments: Any) -> None:
        self.errors: list[Exception] = []
        self._connections: dict[socket.socket, threading.Thread] = {}
        self._lock = threading.Lock()
        super().__init__(*arguments)

    def process_request(self, request: Any, client_address: Any) -> None:
        thread = threading.Thread(target=self.process_request_thread, args=(request, client_address), daemon=True)
        with self._lock:
            self._connections[request] = thread
        thread.start()

    def shutdown_request(self, request: Any) -> None:
        self.forget(request)
        super().shutdown_request(request)

    def forget(self, request: Any) -> None:
        """Takes a connection for closed."""
        with self._lock:
            self._connections.pop(request, None)

    def close_connections(self) -> None:
        """Closes every connection and waits for its thread."""
        with self._lock:
            connections = list(self._connections.items())
        for connection, _ in connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for _, thread in connections:
            thread.join(STOP_DEADLINE_SECONDS)

    def handle_error(self, request: Any, client_address: Any) -> None:
        error = sys.exc_info()[1]
        if isinstance(error, Exception) and self.is_own_fault(error):
            self.errors.append(error)

    def is_own_fault(self, error: Exception) -> bool:
        """Whether an error is a fault of the stand-in, to be raised when it stops."""
        return True


class Startable:
    """Base of what runs between `start` and `stop`: a context manager of the two."""

    def start(self) -> Self:
        """Start it."""
        raise NotImplementedError

    def stop(self) -> None:
        """End it."""
        raise NotImplementedError

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


class StandIn(Startable):
    """Base of the stand-ins: starts and stops the server that `open_server` returns.

    Also a context manager. An exception inside a request is raised again by `stop`, so that a fault of the stand-in
    never passes for a fault of the product.
    """

    def __init__(self) -> None:
        self._server: TrackedConnections | None = None
        self._thread: Serving | None = None

    def open_server(self) -> TrackedConnections:
        """Returns a server that is bound to its port."""
        raise NotImplementedError

    @property
    def port(self) -> int:
        """The port listened on.

        Raises:
            RuntimeError: the stand-in is not running.
        """
        if self._server is None:
            raise RuntimeError(f"{type(self).__name__} is not running: call start() or use it in a with block")
        address: Any = self._server.server_address
        return int(address[1])

    def start(self) -> Self:
        """Listen; connections are accepted when this returns."""
        self._server = self.open_server()
        self._thread = Serving(self._server, type(self).__name__)
        self._thread.start()
        return self

    def stop(self) -> None:
        """Close every connection and the listening socket, and wait for the threads.

        Raises:
            ExceptionGroup: of whatever went wrong inside a request.
        """
        server, thread = self._server, self._thread
        if server is None or thread is None:
            return
        self._server = self._thread = None
        thread.end()
        server.close_connections()
        server.server_close()
        if server.errors:
            raise ExceptionGroup(f"{type(self).__name__} failed while answering", server.errors)
