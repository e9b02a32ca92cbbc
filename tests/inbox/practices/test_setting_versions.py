"""Versions of a practice's settings, and how running processes learn about them."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import text, update
from sqlalchemy.exc import IntegrityError

from inbox.accounts.members import add_member
from inbox.models import Role, SettingVersion
from inbox.practices.live import LivePractices
from inbox.practices.setting_versions import (
    Change,
    Standing,
    add_version,
    changes_of,
    find_version,
    newest_versions,
    read_standing,
    read_standing_at,
    versions_since,
)
from inbox.storage.database import Database
from intake.encryption import Keyring
from intake.practice_settings import Override, Value
from intake.practices import Practice, Practices
from tests.world import ENCRYPTION_KEY

PAY = "links.pay"


def practice(slug: str, **values: object) -> Practice:
    required = {"slug": slug, "name": slug.title(), "phone": "+12025550100", "time_zone": "America/New_York"}
    return Practice.model_validate(required | values)


@pytest.fixture
def manager(database: Database) -> int:
    with database.write() as session:
        return add_member(session, "mira@maple.example", "Mira", Role.MANAGER, ["demo"], "correct horse battery").id


def change(database: Database, staff_id: int, version: int, value: Value, slug: str = "demo", key: str = PAY) -> None:
    with database.write() as session:
        standing = Standing(version, {key: Override(value, None)})
        add_version(session, slug, standing, {key: Change(None, value, None)}, staff_id=staff_id)


@pytest.fixture
def live(database: Database) -> LivePractices:
    return LivePractices(database, Practices([practice("demo"), practice("other")]))


def link(live: LivePractices, slug: str = "demo") -> str | None:
    return live.current.require(slug).links.pay


# ---- versions


def test_each_practice_has_versions_of_its_own(database: Database, manager: int) -> None:
    change(database, manager, 1, "https://a.example")
    change(database, manager, 2, "https://b.example")
    change(database, manager, 1, "https://c.example", "other")

    with database.read() as session:
        assert newest_versions(session) == {"demo": 2, "other": 1}
        assert read_standing(session, "demo") == Standing(2, {PAY: Override("https://b.example", None)})
        assert read_standing_at(session, "demo", 1).overrides[PAY].value == "https://a.example"
        assert read_standing(session, "nobodys") == read_standing_at(session, "demo", 9) == Standing()
        assert [version.version for version in versions_since(session, "demo", 1)] == [2]
        found = find_version(session, "other", 1)
        assert found
        assert changes_of(found) == {PAY: Change(None, "https://c.example", None)}
        assert found.member.name == "Mira"


def test_a_version_is_written_once(database: Database, manager: int) -> None:
    change(database, manager, 1, "https://a.example")

    with pytest.raises(IntegrityError):
        change(database, manager, 1, "https://b.example")


# ---- what processes know


def test_a_change_is_known_with_the_next_look(database: Database, live: LivePractices, manager: int) -> None:
    live.refresh()
    change(database, manager, 1, "https://a.example")
    assert link(live) is None
    live.refresh()

    assert (link(live), link(live, "other")) == ("https://a.example", None)
    assert live.file.require("demo").links.pay is None


def test_a_change_of_one_practice_is_known_whichever_came_before(
    database: Database, live: LivePractices, manager: int
) -> None:
    """Even if the row that was started first is committed last."""
    change(database, manager, 1, "https://c.example", "other")
    with database.write() as session:
        session.execute(update(SettingVersion).values(id=1000))
    live.refresh()
    with database.write() as session:
        overrides = json.dumps({PAY: {"value": "https://a.example", "file": None}})
        session.add(
            SettingVersion(id=5, practice="demo", version=1, staff_id=manager, overrides=overrides, changes="{}")
        )
    live.refresh()

    assert (link(live), link(live, "other")) == ("https://a.example", "https://c.example")


def test_a_look_that_is_recent_enough_is_not_repeated(database: Database, live: LivePractices, manager: int) -> None:
    live.refresh()
    change(database, manager, 1, "https://a.example")
    live.refresh(older_than=3600)
    assert link(live) is None
    live.refresh(older_than=0)

    assert link(live) == "https://a.example"


def test_what_is_known_goes_on_holding_while_the_database_cannot_be_asked(
    database: Database, live: LivePractices, manager: int
) -> None:
    change(database, manager, 1, "https://a.example")
    live.refresh()
    with database.engine.begin() as connection:
        connection.execute(text("ALTER TABLE setting_versions RENAME TO gone"))
    live.refresh()
    assert link(live) == "https://a.example"

    with database.engine.begin() as connection:
        connection.execute(text("ALTER TABLE gone RENAME TO setting_versions"))
    change(database, manager, 2, "https://b.example")
    live.refresh()
    assert link(live) == "https://b.example"


def test_without_a_database_the_file_holds() -> None:
    nowhere = Database("sqlite:////nowhere/intake.db", Keyring(ENCRYPTION_KEY))
    live = LivePractices(nowhere, Practices([practice("demo", links={"pay": "https://file.example"})]))
    live.refresh()

    assert link(live) == "https://file.example"


@pytest.mark.parametrize(
    ("key", "value"), [(PAY, "no link"), ("links.gone", "https://a.example"), ("hours.mon", ["8"])]
)
def test_a_value_that_does_not_fit_gives_way_alone(
    database: Database, live: LivePractices, manager: int, key: str, value: Value
) -> None:
    good = {"links.prices": Override("https://prices.example", None)}
    with database.write() as session:
        add_version(session, "demo", Standing(1, good | {key: Override(value, None)}), {}, staff_id=manager)
    live.refresh()

    links = live.current.require("demo").links
    assert (links.pay, links.prices) == (None, "https://prices.example")


def test_versions_of_a_practice_that_left_the_file_do_no_harm(
    database: Database, live: LivePractices, manager: int
) -> None:
    change(database, manager, 1, "https://a.example", "closed")
    live.refresh()

    assert [practice.slug for practice in live.current.all] == ["demo", "other"]
