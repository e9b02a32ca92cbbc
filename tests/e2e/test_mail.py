"""Email handed to a running service, whatever becomes of the process that takes it in."""

from __future__ import annotations

import os
import signal
import smtplib
import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest

from tests.e2e.machine import Machine
from tests.e2e.processes import Processes, free_port

RECEIVER = "app mail serve"


@pytest.fixture
def machine(processes: Processes) -> Iterator[Machine]:
    machine = Machine(processes)
    yield machine
    machine.clear()


def hand_over(port: int, message_id: str) -> bool:
    """Hands an email over as a mail server does, and returns whether it was taken."""
    raw = f"From: ana@patient.example\r\nMessage-ID: <{message_id}@patient.example>\r\n\r\nMay I come on Friday?\r\n"
    try:
        with smtplib.LMTP("127.0.0.1", port, timeout=10) as client:
            return client.sendmail("ana@patient.example", ["hello@maple-street.example"], raw) == {}
    except (OSError, smtplib.SMTPException):
        return False


def test_email_is_taken_in_and_the_receiver_is_started_again_when_it_is_killed(machine: Machine) -> None:
    port = free_port()
    (machine.folder / ".env").write_text(f"MAIL_LISTEN=127.0.0.1:{port}\n")
    service = machine.up(free_port())
    assert hand_over(port, "first")

    before = set(machine.running(RECEIVER))
    os.kill(min(before), signal.SIGKILL)
    machine.processes.wait_until(lambda: machine.has_replaced(RECEIVER, before), "another receiver")
    machine.processes.wait_until(lambda: hand_over(port, "first"), "an answer")
    assert hand_over(port, "second")

    assert service.stop() == 0, service.tail()
    assert "Traceback" not in service.errors
    assert machine.running(RECEIVER) == []
    with closing(sqlite3.connect(machine.folder / "var" / "intake.db")) as database:
        assert database.execute("SELECT count(*) FROM messages WHERE provider <> 'sample'").fetchone() == (2,)
