"""What `intake up` runs, with nothing set up beforehand; these tests share it, and leave it or the next one running."""

from __future__ import annotations

import os
import re
import signal
import smtplib
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from functools import partial
from typing import Any

import pytest
import requests

from app.embedded_redis import find_server
from tests.e2e.machine import QUESTION, Machine
from tests.e2e.processes import Process, Processes, answers, free_port, running_in
from tests.models import write_model

RECEIVER = "app mail serve"


def worker_is_away(readiness: dict[str, Any]) -> bool:
    workers: dict[str, bool] = readiness["workers"]
    away = {queue for queue, attended in workers.items() if not attended}
    return readiness["status"] == "degraded" and away == {"notices", "carriers", "lookups"}


def queue_is_away(readiness: dict[str, Any]) -> bool:
    return (readiness["status"], readiness["queue"]) == ("degraded", False)


class Running:
    """A service that was started on a machine, as each start takes 12 seconds of CPU time.

    Attributes:
        machine: the machine.
        mail_port: where it takes in email.
        port: where its web server listens.
        service: its process.
    """

    def __init__(self, machine: Machine) -> None:
        self.machine, self.mail_port = machine, free_port()
        (machine.folder / ".env").write_text(f"MAIL_LISTEN=127.0.0.1:{self.mail_port}\n")
        self.start(is_fork=False)

    def start(self, *, is_fork: bool = True) -> None:
        """Starts it from the very start, or starts it again after its end as a fork, which has everything imported."""
        self.port = free_port()
        self.service: Process = self.machine.up(self.port, is_fork=is_fork)

    def count(self, provider: str) -> tuple[int, int]:
        """Returns how many messages it has of a provider, and in how many conversations."""
        query = "SELECT count(*), count(DISTINCT conversation_id) FROM messages WHERE provider = ?"
        with closing(sqlite3.connect(self.machine.folder / "var" / "intake.db")) as database:
            messages, conversations = database.execute(query, (provider,)).fetchone()
        return messages, conversations

    def present(self) -> set[str]:
        """Returns which processes are on record as running, by their kinds and ids."""
        with closing(sqlite3.connect(self.machine.folder / "var" / "intake.db")) as database:
            names = database.execute("SELECT name FROM running_processes")
            return {name.partition(" on ")[0] for (name,) in names}

    def readiness(self) -> dict[str, Any]:
        """Returns what its web server says of its parts."""
        found: dict[str, Any] = requests.get(f"http://127.0.0.1:{self.port}/readyz", timeout=10).json()
        return found

    def is_ready(self) -> bool:
        """Returns whether its web server answers, and misses none of its parts."""
        try:
            return bool(self.readiness()["status"] == "ready")
        except requests.ConnectionError:
            return False

    def last_replies(self) -> list[str]:
        """Returns the states of the replies to the last text."""
        query = (
            "SELECT state FROM deliveries WHERE message_id = (SELECT max(id) FROM messages WHERE provider = 'twilio')"
        )
        with closing(sqlite3.connect(self.machine.folder / "var" / "intake.db")) as database:
            return [state for (state,) in database.execute(query)]


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with Processes(tmp_path_factory.mktemp("machine")) as processes:
        machine = Machine(processes)
        try:
            running = Running(machine)
            yield running
            written = len(running.service.errors)
            assert running.service.stop() == 0, running.service.tail()
            assert "Traceback" not in running.service.errors[written:]
            assert running_in(machine.folder) == {}
        finally:
            machine.clear()


@pytest.fixture
def running(shared: Running) -> Iterator[Running]:
    """The service, which has no reason to write a traceback meanwhile."""
    service, written = shared.service, len(shared.service.errors)
    yield shared
    assert "Traceback" not in service.errors[written:]


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

    with closing(sqlite3.connect(machine.folder / "var" / "intake.db")) as database:
        rows = database.execute("SELECT model_version FROM classifications ORDER BY id").fetchall()
    versions = [version for (version,) in rows[-3:]]
    assert versions[1] == "aaaaaaaaaaaa"
    assert versions[0] == versions[2]
    assert versions[0] in shipped.output
    assert set(machine.running("app worker")) == workers
    assert running.service.is_running


def test_email_is_taken_in_and_the_receiver_is_started_again_when_it_is_killed(running: Running) -> None:
    machine, (known, _) = running.machine, running.count("email")
    assert hand_over(running.mail_port, "first")

    before = set(machine.running(RECEIVER))
    os.kill(min(before), signal.SIGKILL)
    machine.processes.wait_until(lambda: machine.has_replaced(RECEIVER, before), "another receiver")
    machine.processes.wait_until(lambda: hand_over(running.mail_port, "first"), "an answer")
    assert hand_over(running.mail_port, "second")

    assert running.count("email")[0] == known + 2


def test_what_workers_are_forked_from_has_no_thread_and_no_connection(running: Running) -> None:
    """A fork would lack the thread, and share the connection.

    This comes before the service is started again, as only the first start imports what might start a thread.
    """
    (up,) = running.machine.running("app up")
    files = [os.readlink(f"/proc/{up}/fd/{number}") for number in os.listdir(f"/proc/{up}/fd")]

    assert len(os.listdir(f"/proc/{up}/task")) == 1
    assert [file for file in files if file.startswith("socket:") or "intake.db" in file] == []


def test_ctrl_c_stops_everything_and_the_next_start_has_the_messages(running: Running) -> None:
    machine, service = running.machine, running.service
    machine.simulate(QUESTION)
    texts, _ = running.count("twilio")
    token = re.search(r"  http://127\.0\.0\.1:\d+/staff/first-admin#(\S{43})\n", service.output)
    assert token, "nobody can sign in yet, so the start shows how"
    assert len(machine.running(find_server().name)) == 1
    assert len(machine.running("app worker")) == 3
    assert machine.running("gunicorn")

    service.signal(signal.SIGINT)

    assert service.wait() == 0, service.tail()
    assert service.output.endswith("Stopped.\n")
    assert token[1] not in service.errors, "logs never hold the link"
    assert running_in(machine.folder) == {}

    running.start()
    shown = machine.simulate(QUESTION)
    assert "Reply STOP to opt out" not in shown, "the patient was not recognised"
    assert running.count("twilio") == (texts + 1, 1)
    assert running.count("sample") == (8, 8)  # made by the first start, not by the next


def test_what_is_killed_is_started_again(shared: Running) -> None:
    machine = shared.machine

    for what in ("app worker --queue messages", find_server().name, "app worker --queue messages", "gunicorn"):
        before = set(machine.running(what))
        os.kill(min(before), signal.SIGKILL)
        machine.processes.wait_until(partial(machine.has_replaced, what, before), f"another {what}")
        assert not shared.present() & {f"worker {number}" for number in before}
    machine.processes.wait_until(lambda: machine.start("simulate", "sms", "HELP").wait() == 0, "an answer")
    machine.processes.wait_until(shared.is_ready, "the service to be ready again")
    assert shared.service.is_running


@pytest.mark.parametrize(
    ("what", "is_away"),
    [
        pytest.param("app worker --queue urgent --queue notices", worker_is_away, id="worker"),
        pytest.param(find_server().name, queue_is_away, id="Redis"),
    ],
)
def test_what_is_being_started_again_is_named_by_readyz(
    shared: Running, what: str, is_away: Callable[[dict[str, Any]], bool]
) -> None:
    machine = shared.machine
    machine.processes.wait_until(shared.is_ready, "the service to be ready")

    def is_named() -> bool:
        """Kill it whenever it runs: each time, it is left away for longer."""
        for number in machine.running(what):
            with suppress(ProcessLookupError):
                os.kill(number, signal.SIGKILL)
        return is_away(shared.readiness())

    machine.processes.wait_until(is_named, f"/readyz to name the {what}")
    machine.processes.wait_until(shared.is_ready, "the service to be ready again")


def test_when_up_is_killed_so_is_what_it_started_and_the_next_start_answers_what_was_left(shared: Running) -> None:
    machine, (known, _) = shared.machine, shared.count("twilio")
    text = machine.start("simulate", "sms", "--from", "+12025550159", QUESTION)
    machine.processes.wait_until(lambda: shared.count("twilio")[0] == known + 1, "the text to be stored")

    shared.service.kill()
    text.kill()
    machine.processes.wait_until(lambda: running_in(machine.folder) == {}, "the end of all")
    shared.start()

    machine.processes.wait_until(lambda: shared.last_replies() == ["not_sent"], "an answer")
    assert shared.count("twilio")[0] == known + 1


def hand_over(port: int, message_id: str) -> bool:
    """Hands an email over as a mail server does, and returns whether it was taken."""
    raw = f"From: ana@patient.example\r\nMessage-ID: <{message_id}@patient.example>\r\n\r\nMay I come on Friday?\r\n"
    try:
        with smtplib.LMTP("127.0.0.1", port, timeout=10) as client:
            return client.sendmail("ana@patient.example", ["hello@maple-street.example"], raw) == {}
    except (OSError, smtplib.SMTPException):
        return False
