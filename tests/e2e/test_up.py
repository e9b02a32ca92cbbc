"""`intake up`: the whole service on one machine, with nothing set up beforehand and nothing left afterward."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import sqlite3
import time
from collections.abc import Iterator
from functools import partial

import pytest

from app.embedded_redis import find_server
from tests.e2e.processes import ROOT, Process, Processes, answers, free_port, running_in
from tests.models import write_model

QUESTION = "Hi, I'm new to the area and looking for a family doctor. Do you take new patients?"
READY = "Ctrl-C stops everything"


class Machine:
    """A machine with a practices file and nothing else."""

    def __init__(self, processes: Processes) -> None:
        self.processes = processes
        self.folder = processes.folder
        shutil.copy(ROOT / "practices.demo.toml", self.folder)

    def up(self, port: int) -> Process:
        """Starts the service and waits until it says that it is ready."""
        service = self.start("up", "--port", str(port))
        self.processes.wait_until(lambda: READY in service.output or not service.is_running, "the service to be ready")
        assert service.is_running, service.tail()
        return service

    def start(self, *arguments: str) -> Process:
        """Starts an `intake` command."""
        is_fork = arguments[0] != "up"  # which is started from the very start
        return self.processes.start(arguments[0], ["-m", "app", *arguments], {}, is_fork=is_fork)

    def simulate(self, text: str) -> str:
        """Plays a patient, and returns what is shown."""
        command = self.start("simulate", "sms", text)
        assert command.wait() == 0, command.tail()
        return command.output

    def running(self, what: str) -> list[int]:
        """The ids of the service's processes whose command lines contain these words."""
        return [number for number, command in running_in(self.folder).items() if what in command]

    def has_another(self, what: str, killed: int) -> bool:
        """Whether such a process is running besides the one that was killed."""
        return set(self.running(what)) - {killed} != set()


@pytest.fixture
def machine(processes: Processes) -> Iterator[Machine]:
    machine = Machine(processes)
    yield machine
    for number in running_in(machine.folder):
        os.kill(number, signal.SIGKILL)


def test_a_newcomer_texts_the_demo_practice_and_sees_the_answer(machine: Machine) -> None:
    port = free_port()
    service = machine.up(port)

    assert f"Maple Street Family Practice at http://127.0.0.1:{port}" in service.output
    assert "No Twilio credentials" in service.output
    assert "simulate sms" in service.output
    assert f"Open http://127.0.0.1:{port}/ : a practice's site with the chat, and a phone" in service.output
    assert answers(f"http://127.0.0.1:{port}/")
    assert answers(f"http://127.0.0.1:{port}/readyz")

    shown = machine.simulate(QUESTION)
    assert "understood as  new_patient_inquiry" in shown
    assert "reply          [not sent: no Twilio credentials] Maple Street Family Practice: " in shown
    assert QUESTION not in service.output + service.errors

    second = machine.start("up", "--port", str(free_port()))
    assert second.wait() == 1
    assert second.errors == "Error: the service runs already with var: stop that one first.\n"


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


def test_another_model_is_switched_to_while_it_runs(machine: Machine) -> None:
    service = machine.up(free_port())
    workers = set(machine.running("app worker"))
    write_model(machine.folder / "var" / "models", "aaaaaaaaaaaa")
    shipped = machine.start("model", "info")
    assert shipped.wait() == 0, shipped.tail()
    machine.simulate(QUESTION)

    for change in (["activate", "aaaaaaaaaaaa"], ["rollback"]):
        switched = machine.start("model", *change)
        assert switched.wait() == 0, switched.tail()
        machine.simulate(QUESTION)

    with sqlite3.connect(machine.folder / "var" / "intake.db") as database:
        versions = [row[0] for row in database.execute("SELECT model_version FROM classifications ORDER BY id")]
    database.close()
    assert versions[1] == "aaaaaaaaaaaa"
    assert versions[0] == versions[2]
    assert versions[0] in shipped.output
    assert set(machine.running("app worker")) == workers
    assert service.stop() == 0, service.tail()


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
        killed = min(machine.running(what))
        os.kill(killed, signal.SIGKILL)
        machine.processes.wait_until(partial(machine.has_another, what, killed), f"another {what}")
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
