"""The audit trail: any change to a stored entry is found, and concurrent entries form one chain."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC
from typing import Any

import pytest
from alembic import command
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, delete, insert, select, text, update
from sqlalchemy.orm import Session

from inbox.audit.trail import START, AuditCheck, _hash, record_action, verify
from inbox.keys.rotation import rotate_keys
from inbox.models import AuditEntry
from inbox.storage.database import Database
from intake.encryption import Keyring
from tests.inbox.conftest import NO_FILES, Reopen
from tests.inbox.storage.test_database import alembic_config
from tests.world import ENCRYPTION_KEY, OTHER_KEY

ENTRIES = 8
TABLE = AuditEntry.metadata.tables["audit_entries"]
UNIQUE = ("id", "previous_hash", "hash")
hashes = st.text("0123456789abcdef", min_size=64, max_size=64).filter(lambda digits: digits != START)
# PostgreSQL stores no NUL
words = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
OTHER_VALUES: dict[str, st.SearchStrategy[Any]] = {
    "id": st.integers(-(2**31), 2**31 - 1),
    "at": st.datetimes(timezones=st.just(UTC)),
    "staff_id": st.none() | st.integers(0, 1000),
    "practice": st.none() | words,
    "action": words,
    "subject": words,
    "detail": st.dictionaries(st.text(max_size=5), st.none() | st.booleans() | st.integers() | st.text(), max_size=3),
    "previous_hash": hashes,
    "hash": hashes,
    "seal": hashes,
}
positions = st.integers(1, ENTRIES)
many = settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True
)


@pytest.fixture
def trail(database: Database) -> Database:
    """A database with a few entries."""
    for number in range(1, ENTRIES + 1):
        add(database, number)
    return database


def add(database: Database, number: int) -> None:
    with database.write() as session:
        record_action(
            session,
            staff_id=number % 3 or None,
            practice="demo" if number % 2 else None,
            action="viewed",
            subject=f"conversation:{number}",
            number=number,
            labels=("complaint", None, 0.25),
        )


def verdict_of(database: Database, noted: str | None = None) -> AuditCheck:
    with database.read() as session:
        return verify(session, noted)


@contextmanager
def tampering(database: Database, noted: str | None = None) -> Iterator[tuple[Connection, Callable[[], AuditCheck]]]:
    """A connection that writes to the table, and a function that verifies the result; rolled back at the end."""
    with database.engine.connect() as connection, connection.begin() as transaction, Session(connection) as session:
        yield connection, lambda: verify(session, noted)
        transaction.rollback()


def stored(connection: Connection, entry_id: int) -> dict[str, Any]:
    return dict(connection.execute(select(TABLE).where(TABLE.c.id == entry_id)).mappings().one())


def change(connection: Connection, entry_id: int, **values: Any) -> None:
    connection.execute(update(TABLE).where(TABLE.c.id == entry_id).values(**values))


def chained(values: dict[str, Any]) -> dict[str, Any]:
    """An entry with the correct hash, which anyone can compute."""
    return values | {"hash": _hash(AuditEntry(**values))}


def sealed(values: dict[str, Any]) -> dict[str, Any]:
    """The same, with the seal that only a holder of the key can make."""
    entry = chained(values)
    return entry | {"seal": Keyring(ENCRYPTION_KEY).seal(entry["hash"])}


def last_hash(database: Database) -> str:
    return verdict_of(database).last_hash


# ---- what nobody touched


def test_what_nobody_touched_is_whole(trail: Database) -> None:
    verdict = verdict_of(trail)

    assert (verdict.entries, verdict.broken_at, verdict.is_whole) == (ENTRIES, None, True)
    with trail.read() as session:
        assert session.get_one(AuditEntry, ENTRIES).hash == verdict.last_hash


def test_an_empty_trail_is_whole(database: Database) -> None:
    assert verdict_of(database) == AuditCheck(0, START, None, True)


def test_a_trail_that_went_on_still_has_the_hash_that_was_noted(trail: Database) -> None:
    noted = last_hash(trail)
    add(trail, ENTRIES + 1)

    assert verdict_of(trail, noted).is_whole
    assert verdict_of(trail, START).is_whole


def test_an_act_that_fails_leaves_no_entry(trail: Database) -> None:
    def act() -> None:
        with trail.write() as session:
            record_action(session, staff_id=1, practice="demo", action="replied", subject="conversation:1")
            raise RuntimeError("the act failed")

    with pytest.raises(RuntimeError):
        act()
    assert verdict_of(trail).entries == ENTRIES


# ---- what somebody did


@many
@given(data=st.data(), position=positions)
@pytest.mark.parametrize("column", OTHER_VALUES)
def test_any_change_is_found(trail: Database, column: str, data: st.DataObject, position: int) -> None:
    with tampering(trail) as (connection, verdict):
        before = stored(connection, position)[column]
        taken = set(connection.scalars(select(TABLE.c[column]))) if column in UNIQUE else ()
        changed = data.draw(OTHER_VALUES[column].filter(lambda value: value != before and value not in taken))
        change(connection, position, **{column: changed})

        found = verdict()
        assert not found.is_whole
        if column != "id":
            assert (found.broken_at, found.entries) == (position, position - 1)


@pytest.mark.parametrize("column", ["at", "detail"])
def test_an_entry_that_cannot_be_read_any_more_is_found(trail: Database, column: str) -> None:
    """This can happen because SQLite stores any value in any column."""
    if trail.engine.dialect.name != "sqlite":
        pytest.skip("only SQLite stores such a value")
    with tampering(trail) as (connection, verdict):
        connection.execute(text(f"UPDATE audit_entries SET {column} = 'x' WHERE id = 5"))

        assert (verdict().broken_at, verdict().is_whole) == (5, False)


@many
@given(removed=st.sets(positions, min_size=1))
def test_any_removal_is_found(trail: Database, removed: set[int]) -> None:
    with tampering(trail, noted=last_hash(trail)) as (connection, verdict):
        connection.execute(delete(TABLE).where(TABLE.c.id.in_(removed)))

        assert not verdict().is_whole


@many
@given(removed=st.sets(positions, min_size=1), numbered_anew=st.booleans())
def test_a_removal_is_found_without_a_noted_hash_unless_it_is_of_the_end(
    trail: Database, removed: set[int], numbered_anew: bool
) -> None:
    left = sorted(set(range(1, ENTRIES + 1)) - removed)
    with tampering(trail) as (connection, verdict):
        connection.execute(delete(TABLE).where(TABLE.c.id.in_(removed)))
        for new, old in enumerate(left if numbered_anew else [], start=1):
            change(connection, old, id=new)

        assert verdict().is_whole == (left == list(range(1, len(left) + 1)))


@many
@given(entry_id=st.integers(-(2**31), 0) | st.integers(ENTRIES + 1, 2**31 - 1), its_hash=hashes, previous=hashes)
def test_a_forged_entry_is_found(trail: Database, entry_id: int, its_hash: str, previous: str) -> None:
    with tampering(trail) as (connection, verdict):
        forged = stored(connection, 1) | {"id": entry_id, "hash": its_hash, "previous_hash": previous}
        connection.execute(insert(TABLE).values(forged))

        assert verdict().broken_at == entry_id


@many
@given(after=st.integers(0, ENTRIES - 1))
def test_an_entry_that_is_slipped_in_and_sealed_is_found_at_the_one_that_follows(trail: Database, after: int) -> None:
    with tampering(trail) as (connection, verdict):
        previous = stored(connection, after)["hash"] if after else START
        for later in range(ENTRIES, after, -1):
            change(connection, later, id=later + 1)
        change(connection, after + 2, previous_hash="0")
        slipped_in = sealed(
            stored(connection, after + 2) | {"id": after + 1, "previous_hash": previous, "action": "replied"}
        )
        connection.execute(insert(TABLE).values(slipped_in))
        change(connection, after + 2, previous_hash=slipped_in["hash"])

        assert verdict().broken_at == after + 2


@many
@given(pair=st.tuples(positions, positions).filter(lambda pair: pair[0] < pair[1]))
def test_any_two_that_change_places_are_found(trail: Database, pair: tuple[int, int]) -> None:
    earlier, later = pair
    with tampering(trail) as (connection, verdict):
        for before, after in ((earlier, 100), (later, earlier), (100, later)):
            change(connection, before, id=after)

        assert verdict().broken_at == earlier


def make_anew(connection: Connection, seal: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    """Rewrites everything after the second entry as another member's actions."""
    previous = stored(connection, 2)["hash"]
    entries = [stored(connection, entry_id) for entry_id in range(3, ENTRIES + 1)]
    connection.execute(delete(TABLE).where(TABLE.c.id > 2))
    for entry in entries:
        forged = seal(entry | {"previous_hash": previous, "staff_id": 7})
        connection.execute(insert(TABLE).values(forged))
        previous = forged["hash"]


def test_a_chain_that_is_made_anew_without_the_key_is_found(trail: Database) -> None:
    with tampering(trail) as (connection, verdict):
        make_anew(connection, chained)

        assert verdict().broken_at == 3


def test_a_chain_that_is_made_anew_is_found_by_the_hash_that_was_noted(trail: Database) -> None:
    """Even one made by someone who has the key."""
    with tampering(trail, noted=last_hash(trail)) as (connection, verdict):
        make_anew(connection, sealed)

        assert (verdict().broken_at, verdict().has_noted) == (None, False)


# ---- keys and migrations


def test_the_trail_stays_whole_and_keeps_its_hashes_when_keys_are_rotated(trail: Database, reopen: Reopen) -> None:
    noted = last_hash(trail)
    rotate_keys(reopen(f"{OTHER_KEY},{ENCRYPTION_KEY}"), NO_FILES)
    alone = reopen(OTHER_KEY)

    assert verdict_of(alone, noted).is_whole
    add(alone, ENTRIES + 1)
    assert verdict_of(alone, noted).is_whole


def test_a_rotation_seals_nothing_that_was_forged(trail: Database, reopen: Reopen) -> None:
    with trail.engine.begin() as connection:
        make_anew(connection, chained)
    rotate_keys(reopen(f"{OTHER_KEY},{ENCRYPTION_KEY}"), NO_FILES)

    assert verdict_of(reopen(OTHER_KEY)).broken_at == 3


def test_entries_from_before_there_were_seals_are_whole_after_the_migration(trail: Database) -> None:
    noted = last_hash(trail)
    config = alembic_config()
    with trail.engine.begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "0004")
    trail.migrate()

    assert verdict_of(trail, noted) == AuditCheck(ENTRIES, noted, None, True)
    add(trail, ENTRIES + 1)
    assert verdict_of(trail, noted).is_whole


def test_details_are_encrypted_by_the_migration_and_the_chain_stays_whole(trail: Database) -> None:
    noted = last_hash(trail)
    config = alembic_config()
    with trail.engine.begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "0012")
        plain = connection.execute(text("SELECT CAST(detail AS TEXT) FROM audit_entries ORDER BY id")).scalars().all()
        command.upgrade(config, "head")
        tokens = connection.execute(text("SELECT detail FROM audit_entries ORDER BY id")).scalars().all()

    assert all("complaint" in detail for detail in plain)
    assert not any(b"complaint" in token for token in tokens)
    assert [json.loads(trail.keyring.decrypt(token)) for token in tokens] == [json.loads(detail) for detail in plain]
    assert verdict_of(trail, noted) == AuditCheck(ENTRIES, noted, None, True)


def test_a_detail_that_another_key_encrypted_is_found(trail: Database) -> None:
    with tampering(trail) as (connection, verdict):
        token = Keyring(OTHER_KEY).encrypt("{}")
        connection.execute(text("UPDATE audit_entries SET detail = :token WHERE id = 5"), {"token": token})

        assert verdict().broken_at == 5


def test_a_process_without_the_key_of_the_last_entry_adds_one(trail: Database, reopen: Reopen) -> None:
    add(reopen(OTHER_KEY), ENTRIES + 1)

    assert verdict_of(reopen(f"{OTHER_KEY},{ENCRYPTION_KEY}")).is_whole


# ---- at once


def test_entries_that_come_at_once_form_one_chain(database: Database) -> None:
    with ThreadPoolExecutor(10) as threads:
        list(threads.map(lambda number: add(database, number), range(40)))

    verdict = verdict_of(database)
    assert (verdict.entries, verdict.is_whole) == (40, True)
    with database.read() as session:
        told = session.scalars(select(AuditEntry.detail)).all()
    assert sorted(detail["number"] for detail in told) == list(range(40))
