"""Contact forms have no id: the same contents within a short time are the same submission."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from inbox.incoming.form_deduplication import identify_submission
from inbox.incoming.inbound import InboundMessage, RecordedMessage, record_message
from inbox.models import Message
from inbox.storage.database import Database
from intake.encryption import Keyring
from intake.vocabulary import Channel
from tests.world import DEMO_NUMBER, ENCRYPTION_KEY, OTHER_KEY, PATIENT

MOMENT = datetime(2026, 1, 5, 14, 3, tzinfo=UTC)
CONTENTS = ("Ana", None, PATIENT, "My knee hurts")


def submit(
    database: Database,
    contents: tuple[str | None, ...] = CONTENTS,
    client_id: str | None = None,
    moment: datetime = MOMENT,
    practice: str = "demo",
) -> RecordedMessage:
    inbound = InboundMessage(
        practice=practice,
        channel=Channel.WEB_FORM,
        provider="form",
        provider_id="",
        patient_address=PATIENT,
        received_on=DEMO_NUMBER,
        text=contents[-1] or "",
    )
    return record_message(database, identify_submission(database, inbound, contents, client_id, moment))


@pytest.mark.parametrize("later", [timedelta(0), timedelta(seconds=1), timedelta(minutes=9, seconds=59)])
def test_the_same_contents_within_ten_minutes_are_one_message(database: Database, later: timedelta) -> None:
    first, again = submit(database), submit(database, moment=MOMENT + later)

    assert first.is_new
    assert again == replace(first, is_new=False)


@pytest.mark.parametrize("start", range(0, 600, 60))
def test_it_does_not_matter_when_within_the_clocks_ten_minutes_it_came(database: Database, start: int) -> None:
    first = MOMENT + timedelta(seconds=start)
    submit(database, moment=first)

    assert not submit(database, moment=first + timedelta(minutes=9, seconds=59)).is_new


def test_the_same_contents_on_another_day_are_another_message(database: Database) -> None:
    submit(database)

    assert submit(database, moment=MOMENT + timedelta(days=1)).is_new


@pytest.mark.parametrize("position", range(4))
def test_other_contents_are_another_message(database: Database, position: int) -> None:
    submit(database)
    changed = tuple("x" if number == position else value for number, value in enumerate(CONTENTS))

    assert submit(database, changed).is_new


def test_what_is_in_which_field_matters(database: Database) -> None:
    submit(database, ("Ana", "x", None, "Hello"))

    assert submit(database, ("Ana", None, "x", "Hello")).is_new


def test_the_same_contents_for_another_practice_are_another_message(database: Database) -> None:
    submit(database)

    assert submit(database, practice="other").is_new


def test_a_pages_own_id_holds_without_a_time_limit(database: Database) -> None:
    first = submit(database, client_id="a")

    again = submit(database, client_id="a", moment=MOMENT + timedelta(days=3))
    assert again == replace(first, is_new=False)
    assert submit(database, client_id="b").is_new


def test_ten_copies_at_once_are_one_message(database: Database) -> None:
    with ThreadPoolExecutor(10) as pool:
        recorded = list(pool.map(lambda _: submit(database), range(10)))

    assert len({result.message_id for result in recorded}) == 1
    assert sum(result.is_new for result in recorded) == 1


def test_a_copy_is_known_while_keys_are_rotated(database: Database) -> None:
    first = submit(database)
    rotated = Database(database.url, Keyring(f"{OTHER_KEY},{ENCRYPTION_KEY}"))

    assert submit(rotated) == replace(first, is_new=False)
    rotated.close()


def test_the_id_says_nothing_of_what_the_patient_wrote(database: Database) -> None:
    submit(database)
    [first] = _ids(database)
    rotated = Database(database.url, Keyring(f"{OTHER_KEY},{ENCRYPTION_KEY}"))
    submit(rotated, moment=MOMENT + timedelta(days=1))
    second = _ids(rotated)[1]
    rotated.close()

    assert len(first) == len(second) == 32
    assert first != second


def _ids(database: Database) -> list[Any]:
    with database.read() as session:
        return list(session.scalars(select(Message.provider_id).order_by(Message.id)))


def test_a_page_that_gives_every_visitor_the_same_id_loses_no_message(database: Database) -> None:
    submit(database, client_id="from a cache")

    assert submit(database, ("Ben", None, PATIENT, "I want to die"), client_id="from a cache").is_new
    assert submit(database, (*CONTENTS[:3], "I want to die"), client_id="from a cache").is_new
    assert not submit(database, client_id="from a cache").is_new
