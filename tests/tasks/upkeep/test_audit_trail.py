"""The audit trail is verified every week by itself, and what was found is in it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select, update
from structlog.testing import capture_logs

from inbox.audit.trail import MOST_CHECKED, due_check, record_action, record_check, verify
from inbox.keys.rotation import rotate_keys
from inbox.models import AuditEntry, now
from inbox.storage.database import Database
from intake.encryption import Keyring
from tests.inbox.conftest import NO_FILES
from tests.service import Service
from tests.world import ENCRYPTION_KEY, OTHER_KEY

WEEK = timedelta(days=7)


def record(service: Service, count: int = 3) -> None:
    for number in range(count):
        with service.edit() as session:
            record_action(session, staff_id=1, practice="demo", action="viewed", subject=f"conversation:{number}")


def checks(service: Service) -> list[dict[str, object]]:
    return [entry.detail for entry in service.rows(AuditEntry) if entry.action == "trail_checked"]


def due(service: Service, after: timedelta) -> bool:
    with service.database.read() as session:
        return due_check(session, now() + after) is not None


def let_a_week_pass(service: Service) -> None:
    """Make the trail a week older, as it would be if it had been written then."""
    from inbox.audit.trail import _hash
    from inbox.models.column_types import keyring

    with service.edit() as session:
        previous = None
        for entry in session.scalars(select(AuditEntry).order_by(AuditEntry.id)):
            entry.at -= WEEK
            entry.previous_hash = previous or entry.previous_hash
            previous = entry.hash = _hash(entry)
            entry.seal = keyring().seal(entry.hash)


def test_a_trail_is_verified_a_week_after_its_first_entry_and_weekly_from_then_on(service: Service) -> None:
    record(service)
    assert not due(service, WEEK - timedelta(minutes=1))
    assert due(service, WEEK)

    let_a_week_pass(service)
    service.reconcile()

    assert checks(service) == [{"whole": True, "entries": 3, "broken_at": None}]
    assert not due(service, WEEK - timedelta(minutes=1))
    assert due(service, WEEK)


def test_a_check_by_hand_counts(service: Service) -> None:
    record(service)
    with service.edit() as session:
        record_check(session, verify(session))

    assert not due(service, WEEK - timedelta(minutes=1))


def test_a_trail_that_somebody_changed_is_reported_and_that_is_recorded(service: Service) -> None:
    record(service)
    let_a_week_pass(service)
    with service.edit() as session:
        session.execute(update(AuditEntry).where(AuditEntry.id == 2).values(subject="conversation:9"))

    with capture_logs() as logs:
        service.reconcile()

    assert [log for log in logs if log["event"] == "audit_trail_broken"] == [
        {"event": "audit_trail_broken", "log_level": "error", "entry_id": 2}
    ]
    assert checks(service) == [{"whole": False, "entries": 1, "broken_at": 2}]


@pytest.mark.parametrize(("entries", "is_due"), [(MOST_CHECKED, True), (MOST_CHECKED + 1, False)])
def test_a_trail_that_takes_too_long_is_left_to_the_command(service: Service, entries: int, is_due: bool) -> None:
    record(service, 2)
    with service.edit() as session:
        session.execute(update(AuditEntry).where(AuditEntry.id == 2).values(id=entries))

    assert due(service, WEEK) is is_due


def test_nothing_is_due_of_a_trail_without_entries(service: Service) -> None:
    assert not due(service, WEEK)


def test_a_worker_that_lacks_a_key_takes_nothing_for_broken(service: Service) -> None:
    record(service)
    let_a_week_pass(service)
    rotated = Database(service.database.url, Keyring(f"{OTHER_KEY},{ENCRYPTION_KEY}"))
    rotate_keys(rotated, NO_FILES)
    rotated.close()

    with capture_logs() as logs:
        service.reconcile()

    assert [log for log in logs if log["event"] == "audit_trail_broken"] == []
    with service.database.read() as session:
        actions = session.scalars(select(AuditEntry.action)).all()
    assert "trail_checked" not in actions
