"""What `intake up` runs, with nothing set up beforehand; these tests share it and leave it running."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.e2e.machine import QUESTION, Machine
from tests.e2e.processes import Process, Processes, answers, free_port
from tests.models import write_model


@dataclass(frozen=True)
class Running:
    """A service that was started on a machine."""

    machine: Machine
    service: Process
    port: int


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with Processes(tmp_path_factory.mktemp("machine")) as processes:
        machine, port = Machine(processes), free_port()
        try:
            service = machine.up(port)
            yield Running(machine, service, port)
            assert service.stop() == 0, service.tail()
        finally:
            machine.clear()


def test_a_newcomer_texts_the_demo_practice_and_sees_the_answer(running: Running) -> None:
    machine, service, port = running.machine, running.service, running.port

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


def test_another_model_is_switched_to_while_it_runs(running: Running) -> None:
    machine = running.machine
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
        rows = database.execute("SELECT model_version FROM classifications ORDER BY id").fetchall()
    database.close()
    versions = [version for (version,) in rows[-3:]]
    assert versions[1] == "aaaaaaaaaaaa"
    assert versions[0] == versions[2]
    assert versions[0] in shipped.output
    assert set(machine.running("app worker")) == workers
    assert running.service.is_running
