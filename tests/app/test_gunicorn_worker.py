"""The web server's worker, where real processes cannot be timed: see tests/e2e for the rest."""

from __future__ import annotations

import json
import os
import select
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from app.body_deadline import MOST_SECONDS, seconds_for

ENVIRONMENT = os.environ | {"PYTHONPATH": "."}
STOPPED_WHILE_LOADING = """
import os, signal, sys
from gunicorn.config import Config
from gunicorn.glogging import Logger
from app.gunicorn_worker import StreamingWorker

config = Config()
worker = StreamingWorker(1, os.getppid(), [], None, 30, config, Logger(config))
signal.signal(signal.SIGTERM, worker.handle_exit)
os.kill(os.getpid(), signal.SIGTERM)
print(worker.alive, "web.services" in sys.modules)
"""


def test_a_stop_that_comes_while_the_application_loads_is_a_stop_like_any_other() -> None:
    done = subprocess.run(
        [sys.executable, "-c", STOPPED_WHILE_LOADING],
        capture_output=True,
        text=True,
        env=ENVIRONMENT,
    )

    assert (done.returncode, done.stdout.strip(), done.stderr) == (0, "False False", "")


# ---- what it logs


def test_of_a_request_that_fails_only_the_kind_and_place_are_logged_in_one_line(tmp_path: Path) -> None:
    path, log = tmp_path / "socket", tmp_path / "log"
    worker = ["--worker-class", "app.gunicorn_worker.StreamingWorker", "--no-control-socket"]
    command = [sys.executable, "-m", "gunicorn", "tests.app.failing_streams:app", "--bind", f"unix:{path}", *worker]
    with log.open("w") as errors, subprocess.Popen(command, env=ENVIRONMENT, stderr=errors) as running:
        while not is_listening(str(path)):
            assert running.poll() is None, "it ended"
        read_all(connect(str(path), b"GET /stream/swordfish HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"))
        read_all(connect(str(path), b"GET / HTTP/1.1\r\nBad swordfish: x\r\n\r\n"))
        running.kill()

    written = log.read_text()
    assert not [word for word in ("swordfish", "Traceback", "ip=") if word in written]
    failed = [json.loads(line) for line in written.splitlines() if '"error"' in line]
    assert [(line["event"], line["error"].split(" ")[0], line["logger"]) for line in failed] == [
        ("Error handling request", "ValueError", "gunicorn.error"),
        ("Invalid request", "InvalidHeaderName", "gunicorn.error"),
    ]


# ---- bodies that do not come


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where a real gunicorn with the product's worker listens, for at most four connections."""
    path = tmp_path_factory.mktemp("gunicorn") / "socket"
    arguments = ["--bind", f"unix:{path}", "--worker-connections", "4", "--no-control-socket"]
    worker = ["--worker-class", "tests.app.slow_bodies.ImpatientWorker"]
    command = [sys.executable, "-m", "gunicorn", "tests.app.slow_bodies:app", *arguments, *worker]
    with subprocess.Popen(command, env=ENVIRONMENT, stderr=subprocess.DEVNULL) as running:
        while not is_listening(str(path)):
            assert running.poll() is None, "it ended"
        yield str(path)
        running.kill()


def is_listening(address: str) -> bool:
    with socket.socket(socket.AF_UNIX) as client:
        return client.connect_ex(address) == 0


def connect(address: str, request: bytes) -> socket.socket:
    client = socket.socket(socket.AF_UNIX)
    client.settimeout(30)
    client.connect(address)
    client.sendall(request)
    return client


def read_all(client: socket.socket) -> bytes:
    with client:
        return b"".join(iter(lambda: client.recv(4096), b""))


def post(body: bytes, length: int) -> bytes:
    return f"POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n".encode() + body


def test_a_body_that_does_not_come_is_given_up_and_others_are_served(address: str) -> None:
    slow = [connect(address, post(b"x", 100)) for _ in range(4)]

    assert read_all(connect(address, post(b"abc", 3))).endswith(b"\r\n\r\n3")
    answers = [read_all(client) for client in slow]
    assert {answer.split(b"\r\n")[0] for answer in answers} == {b"HTTP/1.1 408 REQUEST TIMEOUT"}
    assert all(b'"code":"request_timeout"' in answer for answer in answers)


def test_a_body_that_trickles_is_given_up_too(address: str) -> None:
    client = connect(address, post(b"", 1000))
    with suppress(OSError):
        for _ in range(1000):
            client.sendall(b"x")
            if select.select([client], [], [], 0.02)[0]:
                break

    assert client.recv(4096).startswith(b"HTTP/1.1 408")
    client.close()


def test_an_answer_takes_as_long_as_it_likes(address: str) -> None:
    answer = read_all(connect(address, b"GET /stream HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"))

    assert b"first" in answer
    assert b"last" in answer


def test_a_picture_from_a_phone_on_a_slow_connection_has_the_time_that_it_takes() -> None:
    assert seconds_for(2_000_000) > 2_000_000 / 50_000
    assert seconds_for(36 * 1024**2) == MOST_SECONDS
