"""How far the setup of practices is, and starting its tests."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from inbox.models import SetupTest, SetupTestKind, SetupTestState, now
from inbox.practices.setup_facts import is_unseen, read_facts
from intake.practices import Practice
from staff.setup.checklist import EMAIL, NO_ANSWER_AFTER, ChecklistLine, build_checklist, email_target
from tasks.notification.stopped_phones import find_stopped
from tasks.notification.targets import tested_addresses
from web.services import Services

MOST_TESTS = 20
TESTS_WITHIN = timedelta(minutes=10)


class TooManyTestsError(Exception):
    """A practice tested so much lately that it has to wait."""


def read_checklist(services: Services, practice: Practice) -> list[ChecklistLine]:
    """Return the lines of a practice's checklist."""
    with services.database.read() as session:
        facts, stopped = read_facts(session, practice.slug), find_stopped(session, practice)
    return build_checklist(practice, services.settings, facts, stopped, now())


def find_unseen(services: Services, slugs: Iterable[str]) -> str | None:
    """Return the first practice whose checklist is shown after sign-in, because nobody has seen it yet."""
    with services.database.read() as session:
        return next((slug for slug in slugs if is_unseen(session, slug)), None)


def targets_of(services: Services, practice: Practice, what: str) -> list[str]:
    """Return the keys of what a test would test, a team's addresses or email; empty if it is not possible."""
    if what == EMAIL:
        target = email_target(practice, services.settings)
        return [target] if target else []
    return list(tested_addresses(practice, what))


def is_too_often(
    session: Session,
    practice: str,
    moment: datetime,
    *,
    kind: SetupTestKind | None = None,
    most: int = MOST_TESTS,
    within: timedelta = TESTS_WITHIN,
) -> bool:
    """Return whether a practice has lately begun as many tests as it may, of one kind or of all."""
    recent = [*_are_recent(practice, moment, within), *([SetupTest.kind == kind] if kind else [])]
    return (session.scalar(select(func.count()).where(*recent)) or 0) >= most


def _are_recent(practice: str, moment: datetime, within: timedelta = TESTS_WITHIN) -> tuple[ColumnElement[bool], ...]:
    return SetupTest.practice == practice, SetupTest.created_at > moment - within


def add_tests(
    session: Session, practice: str, what: str, targets: Iterable[str], staff_id: int, moment: datetime
) -> list[int]:
    """Add a test of each target that is not being tested already, and return their ids.

    Raises:
        TooManyTestsError: the practice tested too much lately.
    """
    if is_too_often(session, practice, moment):
        raise TooManyTestsError
    kind, team = (SetupTestKind.EMAIL, None) if what == EMAIL else (SetupTestKind.NOTICE, what)
    running = set(
        session.scalars(
            select(SetupTest.target).where(
                *_are_recent(practice, moment),
                SetupTest.kind == kind,
                SetupTest.state == SetupTestState.WAITING,
                SetupTest.created_at > moment - NO_ANSWER_AFTER,
            )
        )
    )
    tests = [
        SetupTest(practice=practice, kind=kind, team=team, target=target, staff_id=staff_id, created_at=moment)
        for target in targets
        if target not in running
    ]
    session.add_all(tests)
    session.flush()
    return [test.id for test in tests]
