"""Recording incoming messages: once per provider id, however often and concurrently they arrive."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any, TypeVar

import pytest
from sqlalchemy import select

from inbox.contact.consent import is_opted_out
from inbox.incoming.inbound import Media, record_message
from inbox.models import Base, Conversation, Keyword, Message, OptOut
from inbox.storage.database import Database
from intake.vocabulary import Channel
from tests.inbox.conftest import inbound
from tests.world import DEMO_NUMBER, PATIENT

Row = TypeVar("Row", bound=Base)


def rows(database: Database, model: type[Row]) -> list[Row]:
    with database.read() as session:
        return list(session.scalars(select(model)))


def test_a_message_is_stored_as_it_came(database: Database) -> None:
    recorded = record_message(database, inbound("Do you have\nparking? \ud83d", provider_id="SM1"))

    assert recorded.is_new
    [message] = rows(database, Message)
    assert message.id == recorded.message_id
    assert message.text == "Do you have\nparking? \ud83d"
    assert (message.provider, message.provider_id, message.received_on) == ("twilio", "SM1", DEMO_NUMBER)
    assert (message.media, message.keyword, message.handled_at) == (None, None, None)


def test_a_repeated_message_is_the_one_that_is_there(database: Database) -> None:
    first = record_message(database, inbound("Hello", provider_id="SM1"))
    again = record_message(database, inbound("Hello", provider_id="SM1"))

    assert (again.message_id, again.is_new) == (first.message_id, False)
    assert len(rows(database, Message)) == 1


def test_the_same_id_from_another_provider_is_another_message(database: Database) -> None:
    record_message(database, inbound(provider_id="1"))
    record_message(database, inbound(provider_id="1", provider="email", channel=Channel.EMAIL))

    assert len(rows(database, Message)) == 2


def test_ten_concurrent_copies_are_stored_once(database: Database) -> None:
    copy = inbound("Only once please")
    with ThreadPoolExecutor(10) as pool:
        recorded = list(pool.map(lambda _: record_message(database, copy), range(10)))

    assert len({result.message_id for result in recorded}) == 1
    assert sum(result.is_new for result in recorded) == 1
    assert len(rows(database, Message)) == 1


def test_ten_concurrent_first_messages_share_one_conversation(database: Database) -> None:
    messages = [inbound(f"Message {number}") for number in range(10)]
    with ThreadPoolExecutor(10) as pool:
        recorded = list(pool.map(lambda message: record_message(database, message), messages))

    assert all(result.is_new for result in recorded)
    assert len(rows(database, Message)) == 10
    assert len(rows(database, Conversation)) == 1


def test_ten_concurrent_copies_of_a_stop_opt_out_once(database: Database) -> None:
    stop = inbound("STOP")
    with ThreadPoolExecutor(10) as pool:
        list(pool.map(lambda _: record_message(database, stop), range(10)))

    assert [row.active for row in rows(database, OptOut)] == [True]
    assert [message.keyword_changed_consent for message in rows(database, Message)] == [True]


@pytest.mark.parametrize(
    "change",
    [{"practice": "other"}, {"channel": Channel.VOICEMAIL}, {"patient_address": "+12025550124"}],
    ids=["practice", "channel", "patient"],
)
def test_a_conversation_is_one_patients_with_one_practice_on_one_channel(
    database: Database, change: dict[str, Any]
) -> None:
    record_message(database, inbound())
    record_message(database, inbound(**change))

    assert len(rows(database, Conversation)) == 2


def test_pictures_are_listed(database: Database) -> None:
    picture = Media("https://api.twilio.com/picture", "image/jpeg")
    record_message(database, inbound(media=(picture, replace(picture, content_type="image/png"))))

    [message] = rows(database, Message)
    assert message.media is not None
    assert json.loads(message.media) == [
        {"url": "https://api.twilio.com/picture", "content_type": "image/jpeg"},
        {"url": "https://api.twilio.com/picture", "content_type": "image/png"},
    ]


def test_a_stop_counts_from_the_transaction_that_stores_it(database: Database) -> None:
    record_message(database, inbound("STOP"))

    with database.read() as session:
        assert is_opted_out(session, "demo", PATIENT)


def test_only_a_keyword_that_changed_something_says_so(database: Database) -> None:
    for text in ("START", "STOP", "STOP", "YES", "HELP"):
        record_message(database, inbound(text))

    assert [(message.keyword, message.keyword_changed_consent) for message in rows(database, Message)] == [
        (Keyword.START, False),
        (Keyword.STOP, True),
        (Keyword.STOP, False),
        (Keyword.START, True),
        (Keyword.HELP, False),
    ]


def test_a_keyword_that_the_provider_recognised_was_answered_by_it(database: Database) -> None:
    record_message(database, inbound("ADIOS", provider_keyword=Keyword.STOP))

    [message] = rows(database, Message)
    assert (message.keyword, message.keyword_answered) == (Keyword.STOP, True)
    assert [row.active for row in rows(database, OptOut)] == [True]


def test_a_keyword_is_one_only_in_a_text(database: Database) -> None:
    record_message(database, inbound("Stop.", channel=Channel.VOICEMAIL))

    [message] = rows(database, Message)
    assert message.keyword is None
    assert rows(database, OptOut) == []
