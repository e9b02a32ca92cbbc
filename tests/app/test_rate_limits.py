"""Rate limits by address, conversation, and number, with or without Redis; patients never notice them."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import redis
import requests

from app.embedded_redis import EmbeddedRedis
from classifier import Classifier
from inbox.models import Conversation, Message, OptOut
from intake.settings import Settings
from tests.chat_client import ChatClient
from tests.pictures import PDF
from tests.service import Service
from tests.standins.twilio import Signature, TwilioStandIn
from tests.world import PATIENT, SITE, WIDGET_KEY

BEGINS, SENDS, SENDS_IN_ONE, WATCHES, FORMS, FORMS_OF_DANGER, READS, TEXTS = 20, 120, 20, 60, 10, 30, 600, 60
QUESTIONS = count()
OTHER_PATIENT = "+12025550124"


class Browsers:
    """Browser requests to a service, all over one connection, so that hundreds of them are quick."""

    def __init__(self, base: str) -> None:
        self.base = base
        self._session = requests.Session()
        self._numbers = count()

    def begin(self, forwarded_for: str | None = None) -> requests.Response:
        """Starts a conversation, optionally through a proxy that says for whom."""
        headers = {} if forwarded_for is None else {"X-Forwarded-For": forwarded_for}
        return self._post("/chat/conversations", {"practice": WIDGET_KEY}, headers)

    def send(self, chat: ChatClient, token: str | None = None) -> requests.Response:
        """Sends a new message."""
        body = {"client_message_id": f"m{next(self._numbers)}", "text": "Hello"}
        headers = {"Authorization": f"Bearer {chat.token if token is None else token}"}
        return self._post(f"/chat/conversations/{chat.conversation}/messages", body, headers)

    def end(self, chat: ChatClient) -> requests.Response:
        """Asks to end a conversation with a token that is none."""
        path = f"/chat/conversations/{chat.conversation}/end"
        return self._post(path, {}, {"Authorization": "Bearer made-up"})

    def watch(self, chat: ChatClient) -> requests.Response:
        """Opens an event stream and leaves again."""
        headers = {"Origin": SITE, "Authorization": f"Bearer {chat.token}"}
        url = f"{self.base}/chat/conversations/{chat.conversation}/events"
        with requests.get(url, headers=headers, stream=True, timeout=30) as answer:
            if answer.status_code != 200:
                assert answer.content
            return answer

    def fill_in(self, **fields: str) -> requests.Response:
        """Sends the contact form, with different words each time."""
        return self._post("/forms/demo", {"message": f"Question {next(self._numbers)}"} | fields, {})

    def practice(self) -> requests.Response:
        """Reads what the widget shows."""
        return self._session.get(f"{self.base}/chat/practices/{WIDGET_KEY}", headers={"Origin": SITE}, timeout=30)

    def read(self, chat: ChatClient) -> requests.Response:
        """Reads a conversation."""
        headers = {"Origin": SITE, "Authorization": f"Bearer {chat.token}"}
        url = f"{self.base}/chat/conversations/{chat.conversation}/messages"
        return self._session.get(url, headers=headers, timeout=30)

    def close(self) -> None:
        """Closes the connection."""
        self._session.close()

    def _post(self, path: str, body: dict[str, str], headers: dict[str, str]) -> requests.Response:
        return self._session.post(self.base + path, json=body, headers={"Origin": SITE} | headers, timeout=30)


@pytest.fixture
def browsers(service: Service) -> Iterator[Browsers]:
    made = Browsers(service.url)
    yield made
    made.close()


def statuses(ask: Callable[[], requests.Response], times: int) -> list[int]:
    return [ask().status_code for _ in range(times)]


def is_too_many(answer: requests.Response) -> bool:
    """Whether a request was refused as one too many, with the service's own error message."""
    if answer.status_code != 429:
        return False
    seconds = answer.headers["Retry-After"]
    error = answer.json()["error"]
    assert error["code"] == "too_many_requests"
    assert error["message"].startswith(f"This was asked too often in a short time: try again in {seconds} seconds.")
    assert 1 <= int(seconds) <= 3600
    return True


def post_form(base: str, encoding: str, **fields: str) -> int:
    """Sends the contact form as a script or as a plain page does, and returns the status."""
    fields.setdefault("message", f"Question {next(QUESTIONS)}")
    content: dict[str, Any] = {"json": fields} if encoding == "json" else {"data": fields}
    return requests.post(f"{base}/forms/demo", headers={"Origin": SITE}, timeout=30, **content).status_code


def turn_back(client: redis.Redis, seconds: float) -> None:
    """Moves every counted request back in time."""
    for key in client.keys("LIMITS*"):
        times = [float(value) - seconds for value in client.lrange(key, 0, -1)]
        left = client.ttl(key)
        client.delete(key)
        client.rpush(key, *times)
        client.expire(key, left)


def count_up(client: redis.Redis, limit: str, to: int) -> None:
    """Counts the oldest request under a limit again, until there are so many."""
    [key] = client.keys(f"LIMITS*{limit}*")
    oldest = float(client.lindex(key, -1) or 0)
    client.rpush(key, *[oldest] * (to - client.llen(key)))


# ---- by address


def test_one_address_begins_twenty_conversations_a_minute(service: Service, browsers: Browsers) -> None:
    assert statuses(browsers.begin, BEGINS) == [201] * BEGINS
    assert is_too_many(browsers.begin())
    assert len(service.rows(Conversation)) == BEGINS


@pytest.mark.parametrize(("details", "most"), [({}, 6), ({"email": "robin@hood.example"}, 12)])
def test_one_address_sends_fewer_files_if_it_gave_no_way_to_be_reached(
    browsers: Browsers, details: dict[str, str], most: int
) -> None:
    chat = ChatClient(browsers.base, **details)

    assert [chat.send_files(f"m{number}").status_code for number in range(most)] == [400] * most
    refused = chat.send_files("one more", text="Is this rash normal?")
    assert is_too_many(refused)
    assert "In an emergency, call 911." in refused.json()["error"]["message"]
    assert chat.send_files("danger", PDF, text="My baby is not breathing").status_code == 202
    assert is_too_many(chat.send_files("and more"))


def test_one_address_begins_two_hundred_conversations_an_hour(browsers: Browsers, empty_redis: redis.Redis) -> None:
    assert statuses(browsers.begin, BEGINS) == [201] * BEGINS
    turn_back(empty_redis, 61)
    count_up(empty_redis, "/200/1/hour", 200 - BEGINS)
    assert statuses(browsers.begin, BEGINS) == [201] * BEGINS
    turn_back(empty_redis, 61)

    refused = browsers.begin()
    assert is_too_many(refused)
    assert int(refused.headers["Retry-After"]) > 60


def test_the_address_may_go_on_when_its_first_request_is_a_minute_old(
    browsers: Browsers, empty_redis: redis.Redis
) -> None:
    statuses(browsers.begin, BEGINS)
    turn_back(empty_redis, 50)

    refused = browsers.begin()
    assert is_too_many(refused)
    assert int(refused.headers["Retry-After"]) <= 10
    turn_back(empty_redis, 10)
    assert browsers.begin().status_code == 201


def test_one_address_sends_120_messages_a_minute_over_all_conversations(service: Service, browsers: Browsers) -> None:
    chats = [ChatClient(service.url) for _ in range(3)]

    assert statuses(partial(browsers.send, chats[0]), SENDS_IN_ONE) == [202] * SENDS_IN_ONE
    count_up(service.redis, "/120/1/minute", SENDS - SENDS_IN_ONE)
    assert statuses(partial(browsers.send, chats[1]), SENDS_IN_ONE) == [202] * SENDS_IN_ONE
    assert is_too_many(browsers.send(chats[2]))


def test_one_address_asks_120_times_a_minute_to_end_conversations(service: Service, browsers: Browsers) -> None:
    chat = ChatClient(service.url)

    assert statuses(lambda: browsers.end(chat), SENDS) == [401] * SENDS
    assert is_too_many(browsers.end(chat))


def test_one_address_sends_ten_forms_a_minute(service: Service, browsers: Browsers) -> None:
    assert statuses(browsers.fill_in, FORMS) == [202] * FORMS
    assert is_too_many(browsers.fill_in())
    assert len(service.rows(Message)) == FORMS


def test_one_address_reads_six_hundred_times_a_minute(service: Service, browsers: Browsers) -> None:
    chat = ChatClient(service.url)
    asked = [browsers.practice, lambda: browsers.read(chat)]

    assert {ask().status_code for _ in range(10) for ask in asked} == {200}
    count_up(service.redis, "/600/1/minute", READS - 20)
    assert {ask().status_code for _ in range(10) for ask in asked} == {200}
    assert all(is_too_many(ask()) for ask in asked)
    assert is_too_many(browsers.watch(chat))


def test_what_is_refused_is_counted_too_by_address(browsers: Browsers) -> None:
    wrong = requests.Session()
    for _ in range(BEGINS):
        wrong.post(f"{browsers.base}/chat/conversations", json={}, timeout=30)
    wrong.close()

    assert is_too_many(browsers.begin())


def test_a_page_may_read_that_it_asked_too_often(browsers: Browsers) -> None:
    statuses(browsers.begin, BEGINS)
    refused = browsers.begin()

    assert refused.headers["Access-Control-Allow-Origin"] == SITE
    assert "Retry-After" in refused.headers["Access-Control-Expose-Headers"]


def test_preflights_and_the_widget_and_checks_of_health_have_no_limit(browsers: Browsers) -> None:
    statuses(browsers.begin, BEGINS + 1)
    preflight = {"Origin": SITE, "Access-Control-Request-Method": "POST"}

    assert requests.options(f"{browsers.base}/chat/conversations", headers=preflight, timeout=30).status_code == 204
    for path in ("/healthz", "/readyz", "/openapi.json", "/chat/widget.js"):
        with requests.Session() as session:
            url = browsers.base + path
            assert {session.get(url, timeout=30).status_code for _ in range(50)} == {200}, path


# ---- by conversation


def test_one_conversation_takes_twenty_messages_a_minute(service: Service, browsers: Browsers) -> None:
    chat, second_chat = ChatClient(service.url), ChatClient(service.url)

    assert statuses(lambda: browsers.send(chat), SENDS_IN_ONE) == [202] * SENDS_IN_ONE
    assert is_too_many(browsers.send(chat))
    assert browsers.send(second_chat).status_code == 202


def test_one_conversation_is_watched_sixty_times_a_minute(service: Service, browsers: Browsers) -> None:
    chat, second_chat = ChatClient(service.url), ChatClient(service.url)

    assert statuses(lambda: browsers.watch(chat), WATCHES) == [200] * WATCHES
    assert is_too_many(browsers.watch(chat))
    assert browsers.watch(second_chat).status_code == 200


def test_nobody_uses_up_a_conversation_without_its_token(service: Service, browsers: Browsers) -> None:
    chat = ChatClient(service.url)

    assert statuses(lambda: browsers.send(chat, token="wrong"), SENDS_IN_ONE + 1) == [401] * (SENDS_IN_ONE + 1)
    assert browsers.send(chat).status_code == 202


# ---- by number


def test_one_number_texts_sixty_times_a_minute(service: Service) -> None:
    answers = [service.text(f"Text {number}") for number in range(TEXTS)]

    assert {answer.status for answer in answers} == {200}
    refused = service.text("One more")
    assert refused.status == 429
    assert b'"code":"too_many_requests"' in refused.body
    assert service.text("Hi", from_=OTHER_PATIENT).status == 200
    assert len(service.rows(Message)) == TEXTS + 1


def test_two_hundred_stops_in_a_minute_are_all_recorded(service: Service) -> None:
    assert service.text("One").status == 200
    count_up(service.redis, "/60/1/minute", TEXTS)

    keywords = [service.text(word).status for word in ("STOP", "Start", "help", "stop texting me", "ayuda") * 40]

    assert keywords == [200] * 200
    assert service.text("One more").status == 429
    assert len(service.rows(Message)) == 1 + 200


def test_nobody_uses_up_a_number_without_twilios_signature(service: Service) -> None:
    forged = [service.text(f"Text {number}", signature=Signature.MISSING) for number in range(TEXTS + 1)]

    assert {answer.status for answer in forged} == {403}
    assert service.text("Hi").status == 200


def test_no_number_is_shut_out_by_those_who_give_it_in_forms(service: Service, browsers: Browsers) -> None:
    assert [browsers.fill_in(phone=PATIENT).status_code for _ in range(FORMS)] == [202] * FORMS
    assert len(service.rows(Message)) == FORMS


@pytest.mark.parametrize("encoding", ["json", "form"])
def test_a_form_with_a_danger_sign_gets_through_when_others_have_used_up_the_limit(
    service: Service, browsers: Browsers, encoding: str
) -> None:
    assert statuses(browsers.fill_in, FORMS) == [202] * FORMS
    assert post_form(browsers.base, encoding, message="I took all my pills and want to die") == 202
    assert post_form(browsers.base, encoding) == 429
    assert len(service.rows(Message)) == FORMS + 1

    count_up(service.redis, "/30/1/minute", FORMS_OF_DANGER)
    assert post_form(browsers.base, encoding, message="I took all my pills and want to die now") == 429


def test_a_danger_sign_counts_in_whichever_field_of_a_form_it_is(service: Service, browsers: Browsers) -> None:
    fields = {"message": ["Book", "I took all my pills and want to die"]}

    assert statuses(browsers.fill_in, FORMS) == [202] * FORMS
    answer = requests.post(f"{browsers.base}/forms/demo", data=fields, headers={"Origin": SITE}, timeout=30)
    assert answer.status_code == 202


@pytest.mark.parametrize("phone", ["", "none", "12"])
def test_a_form_without_a_usable_number_is_for_its_handler_to_judge(browsers: Browsers, phone: str) -> None:
    assert browsers.fill_in(phone=phone).status_code == (400 if phone else 202)


def test_a_body_that_is_too_large_does_not_pass_for_a_redis_that_is_away(service: Service) -> None:
    assert service.text("x" * 70_000).status == 413
    assert post_form(service.url, "form", filler="x" * 200_000) == 413
    for number in range(TEXTS):
        service.text(f"Text {number}")

    assert service.redis.keys("LIMITS*"), "counted elsewhere"


# ---- what Redis gets to know


def test_redis_learns_no_address_number_or_conversation(service: Service, browsers: Browsers) -> None:
    chat = ChatClient(service.url)
    browsers.send(chat)
    browsers.watch(chat)
    browsers.read(chat)
    browsers.fill_in(phone=PATIENT)
    service.text("Hi")

    keys = service.redis.keys("LIMITS*")
    stored = b" ".join([*keys, *(value for key in keys for value in service.redis.lrange(key, 0, -1))])
    assert len(keys) >= 8
    indexes = [row.patient_index for row in service.rows(Conversation) if row.patient_index]
    assert indexes
    for known in ("127.0.0.1", "2025550123", chat.conversation, *indexes):
        assert known.encode() not in stored


def test_what_was_counted_is_forgotten_when_its_window_is_over(service: Service, browsers: Browsers) -> None:
    browsers.begin()

    keys = service.redis.keys("LIMITS*")
    assert len(keys) == 2
    assert all(0 < service.redis.ttl(key) <= 3600 for key in keys)


# ---- behind proxies


@pytest.fixture
def behind(settings: Settings, classifier: Classifier, twilio: TwilioStandIn) -> Iterator[Callable[[int], Browsers]]:
    """Starts a service behind this many proxies."""
    running: list[Service] = []
    made: list[Browsers] = []

    def start(proxies: int) -> Browsers:
        changed = settings.model_copy(update={"trusted_proxies": proxies})
        running.append(Service(changed, classifier, twilio).__enter__())
        made.append(Browsers(running[-1].url))
        return made[-1]

    yield start
    for browsers in made:
        browsers.close()
    for service in running:
        service.__exit__(None, None, None)


def test_without_a_proxy_nobody_says_who_they_are(behind: Callable[[int], Browsers]) -> None:
    browsers = behind(0)

    assert {browsers.begin(f"203.0.113.{number}").status_code for number in range(BEGINS)} == {201}
    assert is_too_many(browsers.begin("203.0.113.99"))


def test_behind_a_proxy_each_client_is_one_of_its_own(behind: Callable[[int], Browsers]) -> None:
    browsers = behind(1)

    assert statuses(lambda: browsers.begin("203.0.113.1"), BEGINS) == [201] * BEGINS
    assert is_too_many(browsers.begin("203.0.113.1"))
    assert browsers.begin("203.0.113.2").status_code == 201


def test_what_a_client_writes_in_front_of_the_proxys_word_is_ignored(behind: Callable[[int], Browsers]) -> None:
    browsers = behind(1)

    assert {browsers.begin(f"198.51.100.{number}, 203.0.113.1").status_code for number in range(BEGINS)} == {201}
    assert is_too_many(browsers.begin("198.51.100.99, 203.0.113.1"))


def test_behind_two_proxies_the_farther_one_knows(behind: Callable[[int], Browsers]) -> None:
    browsers = behind(2)

    assert statuses(lambda: browsers.begin("203.0.113.1, 10.0.0.1"), BEGINS) == [201] * BEGINS
    assert is_too_many(browsers.begin("203.0.113.1, 10.0.0.2"))
    assert browsers.begin("203.0.113.2, 10.0.0.1").status_code == 201


def test_a_network_of_ipv6_addresses_is_one_client(behind: Callable[[int], Browsers]) -> None:
    browsers = behind(1)

    assert {browsers.begin(f"2001:db8::{number:x}").status_code for number in range(BEGINS)} == {201}
    assert is_too_many(browsers.begin("2001:db8::ffff:1"))
    assert browsers.begin("2001:db8:0:1::1").status_code == 201


def test_an_address_in_a_form_that_nobody_knows_is_still_one_client(behind: Callable[[int], Browsers]) -> None:
    browsers = behind(1)

    assert statuses(lambda: browsers.begin("unknown"), BEGINS) == [201] * BEGINS
    assert is_too_many(browsers.begin("unknown"))


# ---- Redis is away


@pytest.fixture
def own_redis(tmp_path: Path) -> Iterator[EmbeddedRedis]:
    """A Redis that the test can stop and restart."""
    server = EmbeddedRedis(tmp_path / "redis")
    server.start()
    yield server
    server.stop()


@pytest.fixture
def service_of_its_own(
    settings: Settings, own_redis: EmbeddedRedis, classifier: Classifier, twilio: TwilioStandIn
) -> Iterator[Service]:
    with Service(settings.model_copy(update={"redis_url": own_redis.url}), classifier, twilio) as running:
        yield running


@pytest.fixture
def alone(service_of_its_own: Service) -> Iterator[Browsers]:
    """Browsers of a service whose Redis can be stopped."""
    made = Browsers(service_of_its_own.url)
    yield made
    made.close()


def test_without_redis_floods_are_cut_off_all_the_same(
    service_of_its_own: Service, alone: Browsers, own_redis: EmbeddedRedis
) -> None:
    chat = ChatClient(service_of_its_own.url)
    own_redis.stop()

    assert statuses(lambda: alone.send(chat), SENDS_IN_ONE) == [202] * SENDS_IN_ONE
    assert is_too_many(alone.send(chat))
    assert statuses(alone.begin, BEGINS) == [201] * BEGINS
    assert is_too_many(alone.begin())
    assert statuses(alone.fill_in, FORMS) == [202] * FORMS
    assert is_too_many(alone.fill_in())


@pytest.fixture
def few_reads(monkeypatch: pytest.MonkeyPatch) -> int:
    """How often one address may read in a minute, in services that are built from now on."""
    monkeypatch.setattr("app.rate_limits.READ_BY_ADDRESS", "20 per minute")
    return 20


def test_without_redis_reads_go_through(
    few_reads: int, service_of_its_own: Service, alone: Browsers, own_redis: EmbeddedRedis
) -> None:
    chat = ChatClient(service_of_its_own.url)
    assert statuses(alone.practice, few_reads) == [200] * few_reads
    assert is_too_many(alone.practice())
    own_redis.stop()

    assert {alone.practice().status_code for _ in range(2 * few_reads + 1)} == {200}
    assert alone.read(chat).status_code == 200
    assert alone.watch(chat).status_code == 200


def test_without_redis_texts_are_taken_and_a_flood_of_them_is_not(
    service_of_its_own: Service, own_redis: EmbeddedRedis
) -> None:
    own_redis.stop()

    assert {service_of_its_own.text(f"Text {number}").status for number in range(TEXTS)} == {200}
    assert service_of_its_own.text("One more").status == 429
    assert len(service_of_its_own.rows(Message)) == TEXTS


def test_without_redis_every_stop_past_the_limit_is_recorded(
    service_of_its_own: Service, own_redis: EmbeddedRedis
) -> None:
    own_redis.stop()
    for number in range(TEXTS):
        service_of_its_own.text(f"Text {number}")
    assert service_of_its_own.text("One more").status == 429

    keywords = [service_of_its_own.text(word).status for word in ("STOP", "help", "START", "stop texting me", "Stop")]

    assert keywords == [200] * 5
    assert len(service_of_its_own.rows(Message)) == TEXTS + 5
    [consent] = service_of_its_own.rows(OptOut)
    assert consent.active


def test_redis_that_goes_away_in_the_middle_is_not_noticed(
    service_of_its_own: Service, alone: Browsers, own_redis: EmbeddedRedis
) -> None:
    assert alone.begin().status_code == 201
    own_redis.stop()
    assert alone.begin().status_code == 201
    own_redis.start()
    assert alone.begin().status_code == 201


class Deaf:
    """A server in place of Redis that hangs up on every caller and counts them."""

    def __init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"redis://127.0.0.1:{self._socket.getsockname()[1]}"
        self.callers = 0
        self._thread = threading.Thread(target=self._hang_up)
        self._thread.start()

    def _hang_up(self) -> None:
        while True:
            try:
                caller, _ = self._socket.accept()
            except OSError:
                return
            self.callers += 1
            caller.close()

    def stop(self) -> None:
        """Stops listening."""
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join()


@contextmanager
def deaf_redis() -> Iterator[Deaf]:
    deaf = Deaf()
    yield deaf
    deaf.stop()


def test_while_redis_is_away_only_few_requests_look_whether_it_is_back(
    settings: Settings, classifier: Classifier, twilio: TwilioStandIn
) -> None:
    """A check can last as long as the timeouts, so the pause doubles after each check."""
    with deaf_redis() as deaf:
        changed = settings.model_copy(update={"redis_url": deaf.url})
        with Service(changed, classifier, twilio) as running:
            browsers = Browsers(running.url)
            assert {browsers.practice().status_code for _ in range(100)} == {200}
            looked = deaf.callers
            assert {requests.get(f"{running.url}/healthz", timeout=30).status_code for _ in range(20)} == {200}
            browsers.close()

        assert 1 <= looked <= 20
        assert deaf.callers == looked, "a check of health looked"


# ---- bodies that break careless programs

DEEP = "[" * 20_000


def post_deep(base: str, path: str) -> requests.Response:
    headers = {"Origin": SITE, "Content-Type": "application/json"}
    return requests.post(base + path, data=DEEP, headers=headers, timeout=30)


@pytest.mark.parametrize("path", ["/forms/demo", "/chat/conversations"])
def test_json_that_is_nested_too_deeply_is_refused_as_any_other_that_is_wrong(service: Service, path: str) -> None:
    answer = post_deep(service.url, path)

    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "invalid_json")


def test_json_that_is_nested_too_deeply_does_not_pass_for_a_redis_that_is_away(
    service: Service, browsers: Browsers
) -> None:
    assert post_deep(service.url, "/forms/demo").status_code == 400
    statuses(browsers.begin, BEGINS)

    assert len(service.redis.keys("LIMITS*")) >= 3, "counted elsewhere"
    assert is_too_many(browsers.begin())
