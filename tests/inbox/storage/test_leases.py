"""One holder at a time, by the database's clock, and never stuck."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import update

from inbox.models import Lease
from inbox.storage.database import Database
from inbox.storage.leases import RECONCILER, return_lease, take_lease

SECONDS = 30.0


def take(database: Database, holder: str) -> bool:
    with database.write() as session:
        return take_lease(session, RECONCILER, holder, SECONDS)


def give_back(database: Database, holder: str, pause: float) -> None:
    with database.write() as session:
        return_lease(session, RECONCILER, holder, pause)


def shift(database: Database, seconds: float) -> None:
    """Moves the end of the lease."""
    with database.write() as session:
        session.execute(update(Lease).values(expires_at=Lease.expires_at + seconds))


def test_of_ten_who_want_it_at_once_one_gets_it(database: Database) -> None:
    with ThreadPoolExecutor(10) as pool:
        assert sum(pool.map(lambda number: take(database, str(number)), range(10))) == 1


def test_its_holder_can_take_it_again_and_nobody_else(database: Database) -> None:
    assert [take(database, holder) for holder in ("first", "second", "first")] == [True, False, True]


def test_it_is_taken_over_when_its_holder_has_died(database: Database) -> None:
    take(database, "first")
    shift(database, -SECONDS)

    assert [take(database, holder) for holder in ("second", "first")] == [True, False]


def test_it_is_taken_over_when_the_clock_was_set_back(database: Database) -> None:
    take(database, "first")
    shift(database, 15 * 60)

    assert take(database, "second")


def test_once_returned_it_can_be_taken_after_the_pause(database: Database) -> None:
    take(database, "first")
    give_back(database, "first", 5.0)
    assert [take(database, holder) for holder in ("first", "second")] == [False, False]

    shift(database, -5.0)
    assert take(database, "second")


def test_what_someone_else_holds_cannot_be_returned(database: Database) -> None:
    take(database, "first")
    give_back(database, "second", 0.0)

    assert not take(database, "second")
