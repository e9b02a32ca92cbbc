"""Which processes say that they run."""

from __future__ import annotations

from datetime import timedelta

from inbox.models import RunningProcess, now
from inbox.storage.database import Database
from inbox.storage.presence import AWAY_AFTER, MODEL_LOST, Heartbeat, find_unattended, is_model_lost, running_processes


def test_a_process_says_what_it_does_and_what_it_can_read(database: Database) -> None:
    Heartbeat(database, "worker", ["messages"], lambda: [MODEL_LOST]).beat()

    with database.read() as session:
        [found] = running_processes(session, now())
    assert (found.kind, found.queues) == ("worker", {"messages"})
    assert found.fingerprints == set(database.keyring.fingerprints)
    assert is_model_lost([found])
    assert find_unattended([found], ["messages", "carriers"]) == ["carriers"]


def test_a_process_that_says_nothing_any_more_does_not_count(database: Database) -> None:
    Heartbeat(database, "worker", ["messages"]).beat()

    with database.read() as session:
        assert running_processes(session, now() + AWAY_AFTER + timedelta(seconds=1)) == []


def test_a_process_that_ends_says_so(database: Database) -> None:
    heartbeat = Heartbeat(database, "web")
    heartbeat.start()
    heartbeat.stop()

    with database.read() as session:
        assert session.query(RunningProcess).count() == 0
