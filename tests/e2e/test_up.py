"""`intake up`: the whole service on one machine, with nothing set up beforehand and nothing left afterward."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import sqlite3
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from urllib.request import urlopen

import pytest

from app.embedded_redis import find_server
from tests.e2e.machine import QUESTION, Machine
from tests.e2e.processes import Processes, free_port, running_in
from tests.world import OTHER_KEY


@pytest.fixture
def machine(processes: Processes) -> Iterator[Machine]:
    machine = Machine(processes)
    yield machine
    machine.clear()


def test_ctrl_c_stops_everything_the_next_start_has_the_messages_and_what_is_killed_is_started_again(
    machine: Machine,
) -> None:
    """One test, as each start takes 20 seconds of CPU time."""
    service = machine.up(free_port())
    machine.simulate(QUESTION)
    token = re.search(r"  http://127\.0\.0\.1:\d+/staff/first-admin#(\S{43})\n", service.output)
    assert token, "nobody can sign in yet, so the start shows how"
    assert len(machine.running(find_server().name)) == 1
    assert len(machine.running("app worker")) == 3
    assert machine.running("gunicorn")

    service.signal(signal.SIGINT)

    assert service.wait() == 0, service.tail()
    assert service.output.endswith("Stopped.\n")
    assert "Traceback" not in service.errors
    assert token[1] not in service.errors, "logs never hold the link"
    assert running_in(machine.folder) == {}

    again = machine.up(free_port())
    shown = machine.simulate(QUESTION)
    assert "Reply STOP to opt out" not in shown, "the patient was not recognised"
    with sqlite3.connect(machine.folder / "var" / "intake.db") as database:
        counted = "SELECT count(*), count(DISTINCT conversation_id) FROM messages WHERE provider {} 'sample'"
        assert database.execute(counted.format("<>")).fetchone() == (2, 1)
        assert database.execute(counted.format("=")).fetchone() == (8, 8)  # made by the first start, not by the next
    database.close()

    for what in ("app worker --queue messages", find_server().name, "app worker --queue messages", "gunicorn"):
        before = set(machine.running(what))
        os.kill(min(before), signal.SIGKILL)
        machine.processes.wait_until(partial(machine.has_replaced, what, before), f"another {what}")
    machine.processes.wait_until(lambda: machine.start("simulate", "sms", "HELP").wait() == 0, "an answer")
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


def test_a_key_that_is_replaced_too_early_does_not_keep_texts_out(machine: Machine, migrated_file: Path) -> None:
    """The database was made with another key than the one that this start is given."""
    (machine.folder / "var").mkdir(mode=0o700)
    (machine.folder / "var" / "keys.env").write_text(f"ENCRYPTION_KEYS={OTHER_KEY}\n")
    shutil.copy(migrated_file, machine.folder / "var" / "intake.db")

    port = free_port()
    service = machine.up(port)

    assert "ENCRYPTION_KEYS is missing a key" in service.errors
    with urlopen(f"http://127.0.0.1:{port}/readyz") as answer:
        assert json.load(answer)["keys"] is False
    assert service.stop() == 0
