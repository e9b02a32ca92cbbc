"""Twilio's stand-in on a clock that can be moved on, and a database whose rows can be made older."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import select
from twilio.rest import Client

from faults.clock import Elapsed, pass_time
from faults.standins import FaultyTwilio
from inbox.models import Conversation
from inbox.storage.database import Database
from inbox.storage.leases import RECONCILER, take_lease
from intake.settings import Settings
from tasks.carriers.twilio import make_client
from tests.standins.twilio import DEMO_NUMBER
from tests.world import PATIENT

TEXT = "Your appointment is on Monday."


@pytest.fixture
def twilio() -> Iterator[FaultyTwilio]:
    with FaultyTwilio() as running:
        yield running


@pytest.fixture
def client(twilio: FaultyTwilio, settings: Settings) -> Client:
    return make_client(settings.model_copy(update={"twilio_api_base_url": twilio.url}))


def send(client: Client) -> None:
    client.messages.create(to=PATIENT, from_=DEMO_NUMBER, body=TEXT)


def test_a_text_that_is_listed_late_appears_when_its_time_has_come(twilio: FaultyTwilio, client: Client) -> None:
    twilio.listing_delay = timedelta(seconds=80)
    send(client)
    assert client.messages.list(to=PATIENT) == []

    twilio.pass_time(81)

    assert [message.body for message in client.messages.list(to=PATIENT)] == [TEXT]


def test_a_text_that_is_taken_on_late_waits_for_its_time(twilio: FaultyTwilio, client: Client) -> None:
    twilio.accept_late(75.0, times=1)
    sender = threading.Thread(target=send, args=(client,))
    sender.start()
    while not twilio.late_waiting:
        sender.join(0.01)
    assert twilio.sent == []

    twilio.pass_time(76)

    sender.join()
    assert len(twilio.sent) == 1


def test_an_answer_that_trickles_arrives_whole(twilio: FaultyTwilio, client: Client) -> None:
    twilio.trickled, twilio.drop_seconds = 1, 0.0

    send(client)

    assert twilio.trickled == 0


def test_the_time_between_two_moments_includes_what_it_was_moved_on_meanwhile() -> None:
    moments = iter((5.0, 15.0, 25.0))
    elapsed = Elapsed(lambda: next(moments))
    for seconds in (100, 30, 1000):
        elapsed.move_on(seconds)

    assert elapsed.between(10, 20) == 10 + 30
    assert elapsed.between(20, 21) == 1


def test_passing_time_makes_rows_older(database: Database) -> None:
    with database.write() as session:
        session.add(Conversation(practice="demo", channel="sms", patient_address=PATIENT))
    with database.read() as session:
        before = session.scalars(select(Conversation)).one().created_at

    pass_time(database, 90)

    with database.read() as session:
        after = session.scalars(select(Conversation)).one().created_at
    assert abs(before - after - timedelta(seconds=90)) < timedelta(milliseconds=1)


def test_a_lease_of_a_worker_that_is_gone_runs_out_as_time_passes(database: Database) -> None:
    with database.write() as session:
        assert take_lease(session, RECONCILER, "a worker that is gone", 30.0)

    pass_time(database, 31)

    with database.write() as session:
        assert take_lease(session, RECONCILER, "the next worker", 30.0)
