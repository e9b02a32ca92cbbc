"""The chat over real processes: streams by the hundred, restarts in the middle, Redis gone and back."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from itertools import islice
from typing import Any

import pytest
from sqlalchemy import select

from app.embedded_redis import EmbeddedRedis
from inbox.models import Delivery
from inbox.storage.database import Database
from intake.settings import Settings
from intake.vocabulary import Medium
from tests.chat_client import ChatClient
from tests.e2e.processes import Processes, answers, free_port
from tests.standins.twilio import TwilioStandIn
from tests.world import DEMO_NUMBER, PATIENT

PRICES = "How much does a physical cost if I pay cash, no insurance?"
STREAMS, EVERY = 100, 6


@pytest.fixture
def chat_settings(quick_settings: Settings, own_redis: EmbeddedRedis) -> Settings:
    """Settings on a Redis that a test may stop."""
    return quick_settings.model_copy(update={"redis_url": own_redis.url})


def authors(chat: ChatClient) -> list[str]:
    return [author for author, _ in chat.texts()]


def next_texts(chat: ChatClient, stream: Iterator[tuple[str, dict[str, Any]]], count: int) -> list[str]:
    """What is said next; how often the stream tells of the work in between depends on who is quicker.

    A stream that has ended by then is opened anew, as browsers do.
    """
    said = list(islice((data for name, data in stream if name == "message"), count))
    while len(said) < count:
        with chat.watch(last_event_id=said[-1]["id"] if said else 0) as again:
            said += islice((data for name, data in again if name == "message"), count - len(said))
    return [data["text"] for data in said]


def test_many_idle_streams_on_one_process_each_get_their_own_reply_and_no_other(
    processes: Processes, chat_settings: Settings
) -> None:
    port = free_port()
    web = processes.start_web(chat_settings, port)
    processes.start_worker(chat_settings)
    chats = [ChatClient(f"http://127.0.0.1:{port}") for _ in range(STREAMS)]
    asking = range(0, STREAMS, EVERY)

    with ExitStack() as stack:
        streams = [stack.enter_context(chat.watch()) for chat in chats]
        for number in asking:
            assert chats[number].send(f"{PRICES} I am number {number}.", "first").status_code == 202
        for number in asking:
            said = next_texts(chats[number], streams[number], 2)
            assert said[0] == f"{PRICES} I am number {number}."
            assert "$120" in said[1]
        web.signal(signal.SIGTERM)
        others = [stream for number, stream in enumerate(streams) if number not in asking]
        assert {name for stream in others for name, _ in stream} == {"working"}


def test_a_server_that_stops_ends_its_streams_and_a_browser_goes_on_with_the_next(
    processes: Processes, chat_settings: Settings
) -> None:
    port = free_port()
    web = processes.start_web(chat_settings, port)
    chat = ChatClient(f"http://127.0.0.1:{port}")

    with chat.watch() as stream:
        assert next(stream) == ("working", {"working": False, "person": None})
        chat.send(PRICES, "first")
        seen = [next(stream), next(stream)]
        web.signal(signal.SIGTERM)
        assert list(stream) == []  # the end, not a break
    assert web.wait() == 0
    processes.start_worker(chat_settings)
    processes.start_web(chat_settings, port)
    assert chat.send(PRICES, "first").json() == {"message": 1}  # the browser cannot know that it was stored
    with chat.watch(last_event_id=seen[0][1]["id"]) as stream:
        names = [next(stream)[0] for _ in range(2)]

    assert "message" in names
    assert authors(chat) == ["patient", "robot"]


def test_a_server_that_is_killed_loses_and_doubles_nothing(processes: Processes, chat_settings: Settings) -> None:
    port = free_port()
    web, worker = processes.start_web(chat_settings, port), processes.start_worker(chat_settings)
    chat = ChatClient(f"http://127.0.0.1:{port}")
    chat.send(PRICES, "first")
    web.kill()
    worker.kill()
    processes.wait_until(lambda: not answers(f"http://127.0.0.1:{port}/healthz"), "gunicorn's orphan to end")

    processes.start_web(chat_settings, port)
    assert chat.send(PRICES, "first").json() == {"message": 1}
    processes.start_worker(chat_settings)

    processes.wait_until(lambda: len(authors(chat)) == 2, "the reply")
    assert authors(chat) == ["patient", "robot"]


def test_while_redis_is_away_messages_are_taken_and_are_answered_when_it_is_back(
    processes: Processes, chat_settings: Settings, own_redis: EmbeddedRedis
) -> None:
    port = free_port()
    processes.start_web(chat_settings, port)
    processes.start_worker(chat_settings)
    chat = ChatClient(f"http://127.0.0.1:{port}")
    with chat.watch() as stream:
        next(stream)
        own_redis.stop()
        assert chat.send(PRICES, "first").status_code == 202
        assert authors(chat) == ["patient"]
        own_redis.start()
        said = next_texts(chat, stream, 2)

    assert said[0] == PRICES
    assert "$120" in said[1]


def test_a_carrier_that_answers_nobody_holds_up_no_chat(
    processes: Processes, chat_settings: Settings, database: Database, twilio: TwilioStandIn
) -> None:
    port = free_port()
    processes.start_web(chat_settings, port)
    processes.start_worker(chat_settings, "messages")  # and nobody who would wait for a carrier
    base, public = f"http://127.0.0.1:{port}", chat_settings.public_url
    twilio.incoming_sms(f"{base}/twilio/sms", f"{public}/twilio/sms", PATIENT, DEMO_NUMBER, PRICES)
    chat = ChatClient(base)
    chat.send(PRICES, "first")

    processes.wait_until(lambda: len(authors(chat)) == 2, "the reply in the chat")
    assert twilio.messages == []
    with database.read() as session:
        waiting = select(Delivery.state).where(Delivery.medium == Medium.SMS)
        assert session.scalars(waiting).all() == ["pending"]

    processes.start_worker(chat_settings, "carriers")
    twilio.wait_for_messages(1)


def test_requests_of_many_at_once_are_all_answered(processes: Processes, chat_settings: Settings) -> None:
    port = free_port()
    processes.start_web(chat_settings, port)
    base = f"http://127.0.0.1:{port}"

    def play(number: int) -> list[str]:
        chat = ChatClient(base)
        chat.send(f"question {number}", "first")
        return [text for _, text in chat.texts()]

    with ThreadPoolExecutor(16) as pool:
        assert list(pool.map(play, range(32))) == [[f"question {number}"] for number in range(32)]
    assert answers(f"{base}/readyz")
