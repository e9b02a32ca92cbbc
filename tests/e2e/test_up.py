"""`intake up` on a machine that is not as it should be; what it runs otherwise is in `test_running_service.py`."""

from __future__ import annotations

import json
import shutil
import socket
from collections.abc import Iterator
from pathlib import Path
from urllib.request import urlopen

import pytest

from tests.e2e.machine import Machine
from tests.e2e.processes import Processes, free_port, running_in
from tests.world import OTHER_KEY


@pytest.fixture
def machine(processes: Processes) -> Iterator[Machine]:
    machine = Machine(processes)
    yield machine
    machine.clear()


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
