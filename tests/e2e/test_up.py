"""`intake up`: the whole service on one machine, with nothing set up beforehand and nothing left afterward."""

from __future__ import annotations

import os
import signal
import socket
import sqlite3
import time
from collections.abc import Iterator
from functools import partial

import pytest

from app.embedded_redis import find_server
from tests.e2e.machine import QUESTION, Machine
from tests.e2e.processes import Processes, free_port, running_in


@pytest.fixture
def machine(processes: Processes) -> Iterator[Machine]:
    machine = Machine(processes)
    yield machine
    machine.clear()


def test_ctrl_c_stops_every_process_and_the_messages_stay(machine: Machine) -> None:
    service = machine.up(free_port())
    machine.simulate(QUESTION)
    assert len(machine.running(find_server().name)) == 1
    assert len(machine.running("app worker")) == 2
    assert machine.running("gunicorn")

    service.signal(signal.SIGINT)

    assert service.wait() == 0, service.tail()
    assert service.output.endswith("Stopped.\n")
    assert "Traceback" not in service.errors
    assert running_in(machine.folder) == {}

    again = machine.up(free_port())
    shown = machine.simulate(QUESTION)
    assert "Reply STOP to opt out" not in shown, "the patient was not recognised"
    with sqlite3.connect(machine.folder / "var" / "intake.db") as database:
        assert database.execute("SELECT count(*) FROM messages").fetchone() == (2,)
        assert database.execute("SELECT count(*) FROM conversations").fetchone() == (1,)
    database.close()
    assert again.stop() == 0, again.tail()


def test_a_port_that_is_taken_is_said_in_one_sentence(machine: Machine) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]
        service = machine.start("up", "--port", str(port))

        assert service.wait() == 1
        assert service.errors == f"Error: port {port} is taken: choose another with --port.\n"
        assert running_in(machine.folder) == {}


def test_a_process_that_is_killed_is_started_again(machine: Machine) -> None:
    started = time.monotonic()
    service = machine.up(free_port())
    machine.simulate(QUESTION)
    # one that ends in its first ten seconds is taken for a broken set-up, which stops everything
    machine.processes.wait_until(lambda: time.monotonic() - started > 15, "the service to be ten seconds old")

    for what in ("app worker --queue messages", "gunicorn"):
        before = set(machine.running(what))
        os.kill(min(before), signal.SIGKILL)
        machine.processes.wait_until(partial(machine.has_replaced, what, before), f"another {what}")
    machine.processes.wait_until(lambda: machine.start("simulate", "sms", "HELP").wait() == 0, "an answer")

    assert "The message worker ended and is started again." in service.errors
    assert "The web server ended and is started again." in service.errors
    assert service.stop() == 0, service.tail()
    assert running_in(machine.folder) == {}


def test_a_service_that_was_killed_itself_leaves_nothing_that_is_in_the_way(machine: Machine) -> None:
    service = machine.up(free_port())
    machine.simulate(QUESTION)
    service.kill()
    machine.processes.wait_until(lambda: running_in(machine.folder) == {}, "its processes to end with it")

    again = machine.up(free_port())
    assert "[not sent" in machine.simulate("HELP")
    assert again.stop() == 0, again.tail()
