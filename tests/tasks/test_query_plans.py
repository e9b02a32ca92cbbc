"""What every notice, page, and round of the reconciler asks reads a few rows by an index, however many there are.

SQLite tells how it would find them; it doesn't count rows before it decides, so that an empty database tells as well.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from inbox.models import Notification, now
from inbox.storage.database import Database
from intake.vocabulary import Priority
from tasks.notification.collecting import collect_notice
from tasks.routing.unproven_numbers import capped_practices
from tasks.upkeep.reconcile import STATUS_CHECKS_END, UNFINISHED


@pytest.fixture
def database(sqlite_database: Database) -> Database:
    """An empty database of SQLite's, as the plans are in its words."""
    return sqlite_database


def collect_one(session: Session) -> None:
    notice = Notification(team="front_desk", target="1f2e3d4c", priority=Priority.NORMAL, escalation_step=0)
    collect_notice(session, notice, "demo")


def ask_for_caps(session: Session) -> None:
    capped_practices(session, ["demo", "other"], now())


def look_for_unfinished(session: Session) -> None:
    session.scalars(UNFINISHED, {"moment": now(), "end": now() - STATUS_CHECKS_END}).all()


@contextmanager
def planned(database: Database) -> Iterator[list[str]]:
    """The steps of SQLite's plan for each statement."""
    steps: list[str] = []

    def explain(connection: Any, cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        steps.extend(step[3] for step in connection.connection.execute(f"EXPLAIN QUERY PLAN {statement}", parameters))

    event.listen(database.engine, "before_cursor_execute", explain)
    try:
        yield steps
    finally:
        event.remove(database.engine, "before_cursor_execute", explain)


@pytest.mark.parametrize(
    ("ask", "first"),
    [
        (collect_one, "notifications USING INDEX ix_notifications_of_target (target=? AND next_attempt_at>?)"),
        (ask_for_caps, "notifications USING INDEX ix_notifications_capped (created_at>?)"),
        (look_for_unfinished, "deliveries USING INDEX ix_deliveries_due (state=? AND next_attempt_at>? AND next_att"),
    ],
    ids=["notice", "page", "reconciler"],
)
def test_a_question_that_is_asked_all_day_reads_a_few_rows(
    database: Database, ask: Callable[[Session], None], first: str
) -> None:
    with database.read() as session, planned(database) as steps:
        ask(session)

    assert steps[0].startswith(f"SEARCH {first}"), steps
    assert all(step.startswith(("SEARCH", "USE TEMP")) for step in steps), steps
