from __future__ import annotations

import socket
import threading
from collections.abc import Iterator

import pytest
import requests

from tests.standins.loopback import Drop, LoopbackServer, Request, Response


class Echo(LoopbackServer):
    def respond(self, request: Request) -> Response | Drop:
        if request.path == "/reset":
            return Drop()
        if request.path == "/close":
            return Drop(reset=False)
        if request.path == "/broken":
            raise LookupError("a mistake in the stand-in")
        text = f"{request.method} {request.path} {request.query} {request.body.decode()}"
        return Response(200, text.encode(), {"X-Echo": "yes"})


@pytest.fixture
def session() -> Iterator[requests.Session]:
    with requests.Session() as session:
        yield session


def test_answers_requests_and_keeps_the_connection_open(session: requests.Session) -> None:
    with Echo() as server:
        for text in ("one", "two"):
            answer = session.post(f"{server.url}/path?a=b", data=text, timeout=10)
            assert answer.status_code == 200
            assert answer.text == f"POST /path a=b {text}"
            assert answer.headers["X-Echo"] == "yes"


def test_answers_many_connections_at_once() -> None:
    answers: list[str] = []

    def ask(number: int) -> None:
        answers.append(requests.get(f"{server.url}/{number}", timeout=10).text)

    with Echo() as server:
        threads = [threading.Thread(target=ask, args=(number,)) for number in range(40)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sorted(answers) == sorted(f"GET /{number}  " for number in range(40))


@pytest.mark.parametrize("path", ["/reset", "/close"])
def test_a_dropped_request_gets_no_answer(path: str) -> None:
    with Echo() as server, pytest.raises(requests.ConnectionError):
        requests.get(server.url + path, timeout=10)


@pytest.mark.parametrize(("path", "is_reset"), [("/reset", True), ("/close", False)])
def test_a_drop_is_a_reset_or_an_orderly_close(path: str, is_reset: bool) -> None:
    with Echo() as server, socket.create_connection(("127.0.0.1", server.port), 10) as connection:
        connection.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        if is_reset:
            with pytest.raises(ConnectionResetError):
                connection.recv(1)
        else:
            assert connection.recv(1) == b""


def test_stopping_closes_connections_and_ends_threads(session: requests.Session) -> None:
    before = set(threading.enumerate())
    server = Echo().start()
    port = server.port
    session.get(f"{server.url}/", timeout=10)
    server.stop()
    assert set(threading.enumerate()) <= before
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), 10)


def test_stopping_twice_is_harmless() -> None:
    server = Echo().start()
    server.stop()
    server.stop()


def test_has_no_address_before_it_runs() -> None:
    with pytest.raises(RuntimeError, match="not running"):
        _ = Echo().url


def test_a_mistake_in_the_stand_in_is_raised_when_it_stops() -> None:
    server = Echo().start()
    with pytest.raises(requests.ConnectionError):
        requests.get(f"{server.url}/broken", timeout=10)
    with pytest.raises(ExceptionGroup) as raised:
        server.stop()
    assert raised.group_contains(LookupError, match="a mistake in the stand-in")


def test_a_body_of_unknown_length_is_refused() -> None:
    with Echo() as server:
        assert requests.post(server.url, data=iter([b"chunk"]), timeout=10).status_code == 411
