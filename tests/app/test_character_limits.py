"""One visitor's text cannot keep the workers busy, and an emergency gets through whatever else was sent."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import requests

from app.embedded_redis import EmbeddedRedis
from classifier import Classifier
from inbox.models import Message
from intake.settings import Settings
from tests.chat_client import ChatClient, begin
from tests.service import Service
from tests.standins.twilio import TwilioStandIn
from tests.world import SITE, WIDGET_KEY

LONG = "x" * 8000
A_FIFTH = "y" * 2000
EMERGENCY = f"I have crushing chest pain and I can't breathe. {'z' * 4000}"


class Visitors:
    """Several chats and forms from one address."""

    def __init__(self, base: str) -> None:
        self._base = base
        self._sent = 0

    def begin(self) -> ChatClient:
        """Starts a chat."""
        chat = ChatClient.__new__(ChatClient)
        chat._base, chat.origin, chat._session = self._base, SITE, requests.Session()
        begun = begin(self._base, WIDGET_KEY, SITE).json()
        chat.conversation, chat.token = begun["conversation"], begun["token"]
        return chat

    def send(self, chat: ChatClient, text: str) -> requests.Response:
        """Sends a message."""
        self._sent += 1
        return chat.send(text, f"m{self._sent}")

    def fill_in(self, text: str) -> requests.Response:
        """Sends a contact form."""
        self._sent += 1
        body = {"message": text, "client_message_id": f"m{self._sent}"}
        return requests.post(f"{self._base}/forms/demo", json=body, headers={"Origin": SITE}, timeout=30)


@pytest.fixture
def visitors(service: Service) -> Visitors:
    return Visitors(service.url)


def is_too_long(answer: requests.Response) -> bool:
    """Whether a message was refused as too much text, with words for the person who wrote it."""
    if answer.status_code != 429:
        return False
    seconds = answer.headers["Retry-After"]
    assert answer.json() == {
        "error": {
            "code": "too_many_characters",
            "message": f"This is too much text for one minute: try again in {seconds} seconds."
            " In an emergency, call 911.",
        }
    }
    assert 1 <= int(seconds) <= 60
    return True


def spend_everything(visitors: Visitors) -> None:
    """Sends as much from this address as a minute allows."""
    for text in (LONG, LONG, A_FIFTH, A_FIFTH):
        assert visitors.send(visitors.begin(), text).status_code == 202


def test_one_conversation_sends_ten_thousand_characters_a_minute(service: Service, visitors: Visitors) -> None:
    chat, other_chat = visitors.begin(), visitors.begin()

    assert [visitors.send(chat, A_FIFTH).status_code for _ in range(5)] == [202] * 5
    assert is_too_long(visitors.send(chat, "One more."))
    assert visitors.send(other_chat, A_FIFTH).status_code == 202
    assert len(service.rows(Message)) == 6


def test_one_address_sends_twenty_thousand_characters_a_minute_in_chats_and_forms(
    service: Service, visitors: Visitors
) -> None:
    first, second = visitors.begin(), visitors.begin()

    assert visitors.send(first, LONG).status_code == 202
    assert visitors.fill_in(LONG).status_code == 202
    assert [visitors.send(second, text).status_code for text in (A_FIFTH, A_FIFTH)] == [202, 202]
    assert is_too_long(visitors.send(second, "One more."))
    assert is_too_long(visitors.fill_in("One more."))
    assert len(service.rows(Message)) == 4


def test_another_address_has_its_own(service: Service, visitors: Visitors) -> None:
    spend_everything(visitors)
    chat = ChatClient(service.url)

    assert [chat.send(A_FIFTH, f"m{number}").status_code for number in range(3)] == [202] * 3


def test_the_first_message_of_a_conversation_always_gets_through(visitors: Visitors) -> None:
    spend_everything(visitors)
    stranger = visitors.begin()

    assert visitors.send(stranger, "My mother doesn't wake up.").status_code == 202
    assert is_too_long(visitors.send(stranger, "And my father?"))


@pytest.mark.parametrize("text", [EMERGENCY, "she took all of her pills", "me quiero matar"])
def test_a_danger_always_gets_through(visitors: Visitors, text: str) -> None:
    spend_everything(visitors)
    chat = visitors.begin()
    visitors.send(chat, "Hi")

    assert visitors.send(chat, text).status_code == 202
    assert visitors.fill_in(text).status_code == 202


def test_nobody_uses_up_a_conversation_without_its_token(visitors: Visitors) -> None:
    chat = visitors.begin()
    visitors.send(chat, "Hi")
    token, chat.token = chat.token, "wrong"

    assert [visitors.send(chat, A_FIFTH).status_code for _ in range(6)] == [401] * 6
    chat.token = token
    assert visitors.send(chat, A_FIFTH).status_code == 202


def test_texts_are_never_refused_for_their_length(service: Service) -> None:
    answers = [service.text(f"{number} {'x' * 1590}") for number in range(20)]

    assert {answer.status for answer in answers} == {200}


def test_a_page_may_read_that_a_message_was_too_long(visitors: Visitors) -> None:
    spend_everything(visitors)
    refused = visitors.fill_in(LONG)

    assert is_too_long(refused)
    assert refused.headers["Access-Control-Allow-Origin"] == SITE


# ---- Redis is away


@pytest.fixture
def without_redis(
    settings: Settings, tmp_path_factory: pytest.TempPathFactory, classifier: Classifier, twilio: TwilioStandIn
) -> Iterator[Visitors]:
    """Visitors of a service whose Redis stopped."""
    server = EmbeddedRedis(tmp_path_factory.mktemp("redis"))
    server.start()
    with Service(settings.model_copy(update={"redis_url": server.url}), classifier, twilio) as running:
        server.stop()
        yield Visitors(running.url)


def test_without_redis_each_process_counts(without_redis: Visitors) -> None:
    spend_everything(without_redis)
    stranger = without_redis.begin()

    assert without_redis.send(stranger, LONG).status_code == 202
    assert is_too_long(without_redis.send(stranger, "One more."))
