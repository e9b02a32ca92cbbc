"""The chat on a practice's site: started only from its pages, each message stored once, replies read in order."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest
import requests
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st
from itsdangerous import TimestampSigner, URLSafeTimedSerializer

from classifier import Classifier
from inbox.contact.chat_contact import AWAY_AFTER
from inbox.incoming.chat import first_name, note_seen, read_mark
from inbox.models import (
    AskedOutcome,
    AskedQuestion,
    AuditEntry,
    Conversation,
    Decision,
    Delivery,
    DeliveryState,
    Message,
    StaffMember,
    now,
)
from inbox.practices.common_questions import read_questions, save_question
from intake.settings import Settings
from intake.starter_questions import starter_questions
from intake.vocabulary import Medium
from tasks.delivery.outbox import add_delivery
from tasks.pubsub import Watchers
from templates.chat import WIDGET
from tests.chat_client import ChatClient, begin
from tests.pictures import PDF, phone_photo
from tests.service import Service
from tests.standins.twilio import TwilioStandIn
from tests.world import OTHER_SITE, OTHER_WIDGET_KEY, PRACTICES_TOML, SITE, WIDGET_KEY
from web.event_stream import CHAT_STREAM_SECONDS, event_stream
from webhooks.browser.tokens import CHAT_LASTS

PRICES = "How much does a physical cost if I pay cash, no insurance?"
HOURS = 3600


@pytest.fixture
def chat(service: Service) -> ChatClient:
    """A conversation that has just started."""
    return ChatClient(service.url)


def error_of(answer: requests.Response) -> tuple[int, str]:
    body = answer.json()
    assert set(body) == {"error"}
    assert set(body["error"]) == {"code", "message"}
    return answer.status_code, body["error"]["code"]


def token_signed(service: Service, conversation: str, seconds_ago: float, secret: str | None = None) -> str:
    """A token as the service signed it some time ago."""

    class Past(TimestampSigner):
        def get_timestamp(self) -> int:
            return int(time.time() - seconds_ago)

    key = secret or service.settings.secret_key
    return str(URLSafeTimedSerializer(key, salt="chat conversation", signer=Past).dumps(conversation))


# ---- a patient asks, and is answered


def test_a_question_about_prices_gets_the_practices_prices(service: Service, chat: ChatClient) -> None:
    sent = chat.send(PRICES, "first")
    service.work()

    assert (sent.status_code, sent.json()) == (202, {"message": 1})
    patient, robot = chat.read()["messages"]
    assert (patient["id"], patient["from"], patient["text"]) == (1, "patient", PRICES)
    assert patient["client_message_id"] == "first"
    assert (robot["id"], robot["from"]) == (2, "robot")
    assert "A first visit is $120 to $180 without insurance." in robot["text"]
    assert service.rows(Delivery)[0].state == DeliveryState.SENT, "nothing tells that it arrived"
    chat.read(after=2)
    assert service.rows(Delivery)[0].state == DeliveryState.DELIVERED


def test_a_reply_in_a_chat_does_without_what_a_text_needs(service: Service, chat: ChatClient) -> None:
    chat.send(PRICES, "first")
    service.work()

    [(_, reply)] = chat.texts(after=1)
    assert not reply.startswith("Maple Street:")
    assert "STOP" not in reply
    assert service.twilio.messages == []


def test_the_typing_indicator_lasts_until_the_reply_is_there(service: Service, chat: ChatClient) -> None:
    assert chat.read()["working"] is False

    chat.send(PRICES, "first")
    assert chat.read()["working"] is True

    service.work()
    assert chat.read()["working"] is False


def test_thanks_are_not_answered_and_nobody_waits(service: Service, chat: ChatClient) -> None:
    chat.send("ok thanks!", "first")
    service.work()

    nothing = {"messages": [], "files": {}, "working": False, "person": None, "typing": None}
    assert chat.read() | {"messages": []} == nothing
    assert service.rows(Delivery) == []


def test_stop_is_a_word_like_any_other_in_a_chat(service: Service, chat: ChatClient) -> None:
    chat.send("STOP", "first")
    service.work()

    assert service.rows(Message)[0].keyword is None
    assert service.rows(Decision)[0].route != "opt_out"


def test_the_robot_is_silent_once_staff_are_there(service: Service, chat: ChatClient) -> None:
    with service.edit() as session:
        session.get_one(Conversation, 1).staff_took_over_at = now()
    chat.send(PRICES, "first")
    service.work()

    assert chat.texts() == [("patient", PRICES)]
    assert chat.read()["working"] is False


def test_what_staff_wrote_is_shown_as_theirs(service: Service, chat: ChatClient) -> None:
    with service.edit() as session:
        reply = Delivery(conversation_id=1, reply="staff", medium=Medium.CHAT, sender="chat", body="I am Dana, hello.")
        after_commit = add_delivery(session, reply)

    assert after_commit.topics == ("conversation:1", "practice:demo")
    assert chat.texts() == [("staff", "I am Dana, hello.")]


def test_staff_are_shown_by_their_first_name(service: Service, chat: ChatClient) -> None:
    with service.edit() as session:
        dana = StaffMember(email="dana@maple.example", name="Dana Reyes", role="staff", password_hash="")
        session.add(dana)
        session.flush()
        for staff_id in (dana.id, 999):
            reply = Delivery(conversation_id=1, reply="staff", medium=Medium.CHAT, sender="chat", body="Hello")
            reply.staff_id = staff_id
            add_delivery(session, reply)

    assert [message.get("name") for message in chat.read()["messages"]] == ["Dana", None]


def test_a_reply_says_which_language_it_is_in_if_its_words_tell(service: Service, chat: ChatClient) -> None:
    chat.send("¿Cuánto cuesta una consulta si no tengo seguro?", "first")
    service.work()
    with service.edit() as session:
        for body in ("We open at 8 in the morning.", "12:30"):
            reply = Delivery(conversation_id=1, reply="staff", medium=Medium.CHAT, sender="chat", body=body)
            add_delivery(session, reply)

    assert [message.get("language") for message in chat.read()["messages"]] == [None, "es", "en", None]


@pytest.mark.parametrize(
    ("name", "shown"),
    [("Dana Reyes", "Dana"), ("Cher", "Cher"), ("Dr. Ana María Reyes", "Dr. Reyes"), ("Dr.", "Dr."), (" ", "")],
)
def test_what_patients_see_of_a_name(name: str, shown: str) -> None:
    assert first_name(name) == shown


@pytest.mark.parametrize(
    ("text", "person"),
    [
        (PRICES, None),
        ("I want to talk to a person", "waiting"),
        ("My chest feels tight and my left arm is numb", None),  # nobody should wait in a chat then
    ],
)
def test_that_a_person_was_asked_to_answer_is_shown(
    service: Service, chat: ChatClient, text: str, person: str | None
) -> None:
    chat.send(text, "first")
    assert chat.read()["person"] is None, "not before it is decided"
    service.work()

    assert chat.read()["person"] == person
    with service.edit() as session:
        conversation = session.get_one(Conversation, 1)
        conversation.staff_took_over_at = now()
    assert chat.read()["person"] == "answering"


def test_each_question_of_a_conversation_is_answered_in_its_order(service: Service, chat: ChatClient) -> None:
    for number, text in enumerate((PRICES, "I need to reschedule my appointment on Friday")):
        chat.send(text, f"m{number}")
        service.work()

    messages = chat.read()["messages"]
    assert [message["id"] for message in messages] == [1, 2, 3, 4]
    assert [message["from"] for message in messages] == ["patient", "robot", "patient", "robot"]
    assert chat.read(after=3)["messages"] == messages[3:]
    assert chat.read(after=4)["messages"] == []


# ---- once


def test_a_message_that_is_sent_again_is_stored_once(service: Service, chat: ChatClient) -> None:
    answers = [chat.send(PRICES, "same") for _ in range(3)]
    service.work()
    answers.append(chat.send(PRICES, "same"))
    service.work()

    assert [(answer.status_code, answer.json()) for answer in answers] == [(202, {"message": 1})] * 4
    assert [author for author, _ in chat.texts()] == ["patient", "robot"]


def test_other_words_under_the_same_id_are_another_message(service: Service, chat: ChatClient) -> None:
    first, other, again = (chat.send(text, "1") for text in ("Hello", "My chest hurts badly", "Hello"))

    assert [answer.json()["message"] for answer in (first, other, again)] == [1, 2, 1]
    assert [message.text for message in service.rows(Message)] == ["Hello", "My chest hurts badly"]


def test_copies_that_come_at_once_are_stored_once(service: Service, chat: ChatClient) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: chat.send(PRICES, "same").json(), range(8)))
    service.work()

    assert answers == [{"message": 1}] * 8
    assert [author for author, _ in chat.texts()] == ["patient", "robot"]


def test_messages_that_come_at_once_get_numbers_without_gaps(service: Service, chat: ChatClient) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda n: chat.send(f"question {n}", f"m{n}").json()["message"], range(8)))

    assert sorted(answers) == list(range(1, 9))
    assert [message["id"] for message in chat.read()["messages"]] == list(range(1, 9))


def test_two_browsers_may_choose_the_same_message_id(service: Service) -> None:
    first, second = ChatClient(service.url), ChatClient(service.url)
    first.send("one", "same")
    second.send("two", "same")

    assert first.texts() == [("patient", "one")]
    assert second.texts() == [("patient", "two")]


# ---- events


def take(events: Iterator[tuple[str, dict[str, Any]]], count: int) -> list[tuple[str, Any]]:
    """The next events, reduced to what was said."""
    return [(name, data.get("text", data.get("working"))) for name, data in (next(events) for _ in range(count))]


def test_a_reply_reaches_a_browser_that_watches(service: Service, chat: ChatClient) -> None:
    with chat.watch() as events:
        assert take(events, 1) == [("working", False)]
        chat.send(PRICES, "first")
        assert take(events, 2) == [("message", PRICES), ("working", True)]
        service.work()
        [(name, reply), idle] = take(events, 2)

    assert name == "message"
    assert "$120" in reply
    assert idle == ("working", False)


def test_a_stream_that_may_lead_nowhere_proves_neither_that_a_reply_arrived_nor_that_somebody_is_there(
    service: Service, chat: ChatClient
) -> None:
    long_ago = now() - timedelta(minutes=5)
    with chat.watch() as events:
        take(events, 1)
        with service.edit() as session:
            session.get_one(Conversation, 1).chat_seen_at = long_ago
        chat.send(PRICES, "first")
        take(events, 2)
        service.work()
        take(events, 2)

        assert service.rows(Delivery)[0].state == DeliveryState.SENT
        assert service.rows(Conversation)[0].chat_seen_at == long_ago

    with chat.watch(last_event_id=2):
        assert service.rows(Delivery)[0].state == DeliveryState.DELIVERED
        seen_at = service.rows(Conversation)[0].chat_seen_at
        assert seen_at is not None
        assert seen_at > long_ago


class _Idle:
    """Watchers whom nothing wakes; they note how long a stream waits, and wait for nothing."""

    is_closed = False

    def __init__(self) -> None:
        self.waits: list[float] = []

    @contextmanager
    def watch(self, *_: str) -> Iterator[_Idle]:
        yield self

    def clear(self) -> None:
        """There is nothing to clear."""

    def wait(self, seconds: float) -> bool:
        self.waits.append(seconds)
        return False


def test_a_stream_ends_in_time_for_the_browser_to_ask_again_before_its_chat_counts_as_left() -> None:
    idle = _Idle()
    for _ in event_stream(cast(Watchers, idle), [], lambda _: [], seconds=0.02).response:
        pass

    assert max(idle.waits) <= 0.02
    assert timedelta(seconds=CHAT_STREAM_SECONDS + 60) < AWAY_AFTER, "a hidden page has one timer a minute"


def test_two_tabs_see_the_same(service: Service, chat: ChatClient) -> None:
    with chat.watch() as first_tab, chat.watch() as second_tab:
        take(first_tab, 1), take(second_tab, 1)
        chat.send(PRICES, "first")
        assert take(first_tab, 2) == take(second_tab, 2)
        service.work()
        assert take(first_tab, 2) == take(second_tab, 2)


def test_a_stream_is_resumed_after_the_last_event(service: Service, chat: ChatClient) -> None:
    chat.send(PRICES, "first")
    service.work()

    with chat.watch() as events:
        assert [name for name, _ in take(events, 3)] == ["message", "message", "working"]
    with chat.watch(last_event_id=1) as events:
        [(name, reply), _] = take(events, 2)
        assert name == "message"
        assert "$120" in reply
    with chat.watch(last_event_id=2) as events:
        assert take(events, 1) == [("working", False)]


def test_no_conversation_hears_of_another(service: Service, chat: ChatClient) -> None:
    stranger = ChatClient(service.url)
    with chat.watch() as mine:
        take(mine, 1)
        stranger.send("a secret", "first")
        chat.send("my own", "first")
        assert take(mine, 1) == [("message", "my own")]


@pytest.mark.parametrize("last", ["-1", "abc", "1.5", "99999999999999999999", "٣"])
def test_an_impossible_last_event_is_refused(chat: ChatClient, last: str) -> None:
    headers = chat.headers | {"Last-Event-ID": last.encode()}
    assert error_of(requests.get(f"{chat.url}/events", headers=headers)) == (400, "invalid_parameter")
    assert error_of(requests.get(f"{chat.url}/messages?after={last}", headers=chat.headers)) == (
        400,
        "invalid_parameter",
    )


# ---- whose page it is


def test_a_conversation_begins_on_the_practices_own_pages_alone(service: Service) -> None:
    for origin in (OTHER_SITE, "https://evil.example", "http://maple.example", f"{SITE}.evil.example", "null", None):
        assert error_of(begin(service.url, WIDGET_KEY, origin)) == (403, "origin_not_allowed")
    assert service.rows(Conversation) == []


def test_the_refusal_says_what_to_change(service: Service) -> None:
    message = begin(service.url, WIDGET_KEY, "https://www.maple.example").json()["error"]["message"]

    assert "https://www.maple.example" in message
    assert "allowed_origins" in message


@pytest.mark.parametrize(("key", "refusal"), [(WIDGET_KEY, 403), ("nobody", 404)])
def test_any_page_may_read_why_there_is_no_chat_on_it(service: Service, key: str, refusal: int) -> None:
    answer = requests.get(f"{service.url}/chat/practices/{key}", headers={"Origin": "https://evil.example"})

    assert (answer.status_code, answer.headers["Access-Control-Allow-Origin"]) == (refusal, "*")


def test_every_call_is_checked_for_its_origin(service: Service, chat: ChatClient) -> None:
    chat.origin = OTHER_SITE

    assert error_of(chat.send("hello", "first")) == (403, "origin_not_allowed")
    assert error_of(requests.get(f"{chat.url}/messages", headers=chat.headers)) == (403, "origin_not_allowed")
    assert error_of(requests.get(f"{chat.url}/events", headers=chat.headers)) == (403, "origin_not_allowed")
    practice = requests.get(f"{service.url}/chat/practices/{WIDGET_KEY}", headers={"Origin": OTHER_SITE})
    assert error_of(practice) == (403, "origin_not_allowed")
    assert service.rows(Message) == []


def test_the_services_own_page_may_chat(service: Service) -> None:
    own = service.settings.public_url
    assert ChatClient(service.url, origin=own).send("hello", "first").status_code == 202

    same_origin = {"Sec-Fetch-Site": "same-origin"}  # browsers name no origin where a page reads its own
    assert requests.get(f"{service.url}/chat/practices/{WIDGET_KEY}", headers=same_origin).status_code == 200


def preflight(service: Service, origin: str, path: str = "/chat/conversations") -> requests.Response:
    headers = {
        "Origin": origin,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization,content-type",
    }
    return requests.options(f"{service.url}{path}", headers=headers)


@pytest.mark.parametrize("path", ["/chat/conversations", "/chat/conversations/0a1b/messages"])
def test_a_browser_is_told_beforehand_that_it_may(service: Service, path: str) -> None:
    answer = preflight(service, SITE, path)

    assert answer.status_code == 204
    assert answer.headers["Access-Control-Allow-Origin"] == SITE
    assert "POST" in answer.headers["Access-Control-Allow-Methods"]
    allowed = answer.headers["Access-Control-Allow-Headers"].lower()
    assert all(name in allowed for name in ("authorization", "content-type", "last-event-id"))
    assert "Origin" in answer.headers["Vary"]
    assert "Access-Control-Allow-Credentials" not in answer.headers


def test_a_browser_on_another_site_is_told_beforehand_that_it_may_not(service: Service) -> None:
    answer = preflight(service, "https://evil.example")

    assert error_of(answer) == (403, "origin_not_allowed")
    assert "Access-Control-Allow-Origin" not in answer.headers


def test_a_page_can_read_why_it_is_refused(service: Service, chat: ChatClient) -> None:
    chat.token = "wrong"
    answer = chat.send("hello", "first")

    assert error_of(answer) == (401, "invalid_token")
    assert answer.headers["Access-Control-Allow-Origin"] == SITE
    assert "Retry-After" in answer.headers["Access-Control-Expose-Headers"]


# ---- whose conversation it is


def test_a_token_opens_its_own_conversation_alone(service: Service, chat: ChatClient) -> None:
    stranger = ChatClient(service.url)
    for token in ("", "wrong", stranger.token, chat.token[:-1], token_signed(service, chat.conversation, 0, "else")):
        chat.token = token
        assert error_of(chat.send("hello", "first")) == (401, "invalid_token")
        assert error_of(requests.get(f"{chat.url}/messages", headers=chat.headers)) == (401, "invalid_token")
        again = chat.headers | {"Last-Event-ID": "1"}
        assert error_of(requests.get(f"{chat.url}/events", headers=again)) == (401, "invalid_token")
    assert service.rows(Message) == []


def test_a_token_expires(service: Service, chat: ChatClient) -> None:
    chat.token = token_signed(service, chat.conversation, 7 * 24 * HOURS + 5)

    assert error_of(chat.send("hello", "first")) == (401, "expired_token")


def test_a_token_that_gets_old_is_replaced(service: Service, chat: ChatClient) -> None:
    assert "Chat-Token" not in chat.send("hello", "first").headers

    chat.token = token_signed(service, chat.conversation, 2 * HOURS)
    answers = [
        chat.send("hello", "second"),
        requests.get(f"{chat.url}/messages", headers=chat.headers),
        requests.get(f"{chat.url}/events", headers=chat.headers, stream=True),
    ]
    for answer in answers:
        chat.token = answer.headers["Chat-Token"]
        assert "Chat-Token" in answer.headers["Access-Control-Expose-Headers"]
        assert len(chat.texts()) == 2
        answer.close()


def test_what_a_stream_has_to_show_arrives_in_one_piece(service: Service, chat: ChatClient) -> None:
    chat.send("hello", "first")
    service.work()
    answer = requests.get(f"{chat.url}/events", headers=chat.headers, stream=True, timeout=30)

    piece = next(answer.iter_content(None)).decode()

    answer.close()
    assert piece.startswith("retry: ")
    assert re.findall("^event: (.*)$", piece, re.MULTILINE) == ["message", "message", "working"]


def test_a_chat_is_read_again_only_if_its_mark_says_that_it_may_look_different(
    service: Service, chat: ChatClient
) -> None:
    chat.send("hello", "first")
    service.work()
    marks = [read_mark(service.database, 1)]
    note_seen(service.database, 1)
    seen = read_mark(service.database, 1)
    assert seen is not None
    assert seen.looks_like(marks[0])

    def changed(change: Callable[[], object]) -> bool:
        marks.append(read_mark(service.database, 1))
        change()
        mark = read_mark(service.database, 1)
        assert mark is not None
        return not mark.looks_like(marks[-1])

    def take_over() -> None:
        with service.edit() as session:
            session.get_one(Conversation, 1).staff_took_over_at = datetime.now(UTC)

    assert changed(lambda: chat.send("again", "second"))
    assert changed(service.work)
    assert changed(take_over)
    assert changed(lambda: chat.send_files("third", phone_photo()))
    assert changed(lambda: None), "each file has a state of its own"
    assert changed(lambda: end(chat))
    assert read_mark(service.database, 99) is None


def end(chat: ChatClient) -> requests.Response:
    return requests.post(f"{chat.url}/end", headers=chat.headers, timeout=30)


def assert_closed(chat: ChatClient) -> None:
    assert error_of(chat.send("hello", "later")) == (401, "expired_token")
    for path in ("messages", "events"):
        assert error_of(requests.get(f"{chat.url}/{path}", headers=chat.headers)) == (401, "expired_token")


def test_a_patient_who_ends_the_chat_ends_it_for_every_copy_of_its_token(service: Service, chat: ChatClient) -> None:
    chat.send("hello", "first")
    stream = requests.get(f"{chat.url}/events", headers=chat.headers, stream=True, timeout=30)
    assert end(chat).status_code == 204

    assert_closed(chat)
    assert stream.content is not None, "an open stream ends, too"
    assert error_of(end(chat)) == (401, "expired_token")
    chat.token = token_signed(service, chat.conversation, 2 * HOURS)
    assert_closed(chat)
    assert [message.text for message in service.rows(Message)] == ["hello"], "the practice keeps what it got"
    entries = [(entry.action, entry.subject, entry.staff_id) for entry in service.rows(AuditEntry)]
    assert entries == [("chat_ended", "conversation:1", None)]


def test_a_chat_cannot_be_ended_without_its_token(service: Service, chat: ChatClient) -> None:
    chat.token = ChatClient(service.url).token

    assert error_of(end(chat)) == (401, "invalid_token")
    assert service.rows(Conversation)[0].chat_ended_at is None


def test_a_chat_ends_after_thirty_days_however_often_its_token_was_replaced(service: Service, chat: ChatClient) -> None:
    for age, is_open in ((CHAT_LASTS - timedelta(minutes=1), True), (CHAT_LASTS + timedelta(minutes=1), False)):
        with service.edit() as session:
            session.get_one(Conversation, 1).created_at = datetime.now(UTC) - age
        chat.token = token_signed(service, chat.conversation, 2 * HOURS)
        assert (chat.send("hello", f"open-{is_open}").status_code == 202) == is_open
    assert_closed(chat)


def test_a_refused_request_gets_no_fresh_token(service: Service, chat: ChatClient) -> None:
    chat.token, chat.origin = token_signed(service, chat.conversation, 2 * HOURS), OTHER_SITE

    assert "Chat-Token" not in chat.send("hello", "first").headers


def test_a_conversation_that_is_gone_is_not_found(service: Service, chat: ChatClient) -> None:
    with service.edit() as session:
        session.delete(session.get_one(Conversation, 1))

    assert error_of(chat.send("hello", "first")) == (404, "unknown_conversation")


# ---- what may be in it


def test_what_a_patient_says_of_themselves_is_kept_for_staff(service: Service) -> None:
    ChatClient(service.url, name="  Ana Reyes ", phone="(202) 555-0123")

    [conversation] = service.rows(Conversation)
    assert (conversation.patient_name, conversation.contact_phone) == ("Ana Reyes", "+12025550123")
    assert conversation.contact_email is None
    assert conversation.patient_address is None  # nothing proves that the number is theirs


def test_an_email_address_is_kept_beside_the_number(service: Service) -> None:
    ChatClient(service.url, email=" Ana@Example.com ", phone="(202) 555-0123")

    [conversation] = service.rows(Conversation)
    assert (conversation.contact_email, conversation.contact_phone) == ("ana@example.com", "+12025550123")
    assert error_of(begin(service.url, WIDGET_KEY, SITE, email="ana")) == (400, "invalid_email")
    assert len(service.rows(Conversation)) == 1


@pytest.mark.parametrize(
    "details",
    [{"phone": "call me"}, {"phone": "12"}, {"name": "x" * 101}, {"name": ["Ana"]}, {"phone": 2025550123}],
)
def test_details_that_cannot_be_are_refused(service: Service, details: dict[str, Any]) -> None:
    assert error_of(begin(service.url, WIDGET_KEY, SITE, **details)) == (400, "invalid_parameter")
    assert service.rows(Conversation) == []


def test_an_unknown_key_is_not_found(service: Service) -> None:
    assert error_of(begin(service.url, "nobody", SITE)) == (404, "unknown_practice")
    assert error_of(requests.get(f"{service.url}/chat/practices/nobody", headers={"Origin": SITE})) == (
        404,
        "unknown_practice",
    )


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"client_message_id": "a"},
        {"text": "hello"},
        {"client_message_id": "a", "text": ""},
        {"client_message_id": "a", "text": " \n"},
        {"client_message_id": "a", "text": 7},
        {"client_message_id": "a b", "text": "hello"},
        {"client_message_id": "x" * 65, "text": "hello"},
        {"client_message_id": "", "text": "hello"},
        {"client_message_id": "a", "text": "x" * 8001},
    ],
    ids=str,
)
def test_a_message_that_is_none_is_refused(service: Service, chat: ChatClient, body: dict[str, Any]) -> None:
    answer = requests.post(f"{chat.url}/messages", json=body, headers=chat.headers)

    assert error_of(answer) == (400, "invalid_parameter")
    assert service.rows(Message) == []


@pytest.mark.parametrize("with_file", [False, True], ids=["words", "with a file"])
def test_a_message_that_is_too_long_is_taken_if_its_words_may_tell_of_danger(
    service: Service, chat: ChatClient, with_file: bool
) -> None:
    text = f"{'We moved here in the spring. ' * 300}My baby is not breathing."

    answer = chat.send_files("first", PDF, text=text) if with_file else chat.send(text, "first")

    assert answer.status_code == 202
    assert [row.text for row in service.rows(Message)] == [text]


def test_whoever_is_refused_reads_911(chat: ChatClient) -> None:
    answer = chat.send("We moved here. " * 600, "first")

    assert (answer.status_code, "In an emergency, call 911." in answer.json()["error"]["message"]) == (400, True)


@pytest.mark.parametrize("body", [b"", b"hello", b"[1]", b'"text"', b"{", b"\xff\xfe"])
def test_a_body_that_is_not_an_object_is_refused(chat: ChatClient, body: bytes) -> None:
    headers = chat.headers | {"Content-Type": "application/json"}
    assert error_of(requests.post(f"{chat.url}/messages", data=body, headers=headers)) == (400, "invalid_json")


def test_a_body_that_is_far_too_long_is_refused(chat: ChatClient) -> None:
    answer = chat.send("x" * 70_000, "first")

    assert error_of(answer) == (413, "request_entity_too_large")


def test_five_thousand_characters_come_back_whole(service: Service, chat: ChatClient) -> None:
    text = "ñ\u202e<b>&" * 833
    chat.send(text, "first")
    service.work()

    assert chat.texts()[0] == ("patient", text)


@examples(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(st.characters(), min_size=1, max_size=80).filter(lambda text: text.strip()))
def test_every_text_comes_back_as_it_was_written(service: Service, text: str) -> None:
    chat = ChatClient(service.url, key=OTHER_WIDGET_KEY, origin=OTHER_SITE)
    assert chat.send(text, "first").status_code == 202

    assert chat.texts() == [("patient", text)]


# ---- the widget and what it shows


def test_the_widget_says_what_the_practice_is(service: Service) -> None:
    answer = requests.get(f"{service.url}/chat/practices/{WIDGET_KEY}", headers={"Origin": SITE})

    shown = answer.json()
    assert (shown["name"], shown["phone"], shown["open"]) == ("Maple Street", "(202) 555-0100", True)
    assert shown["time_zone"] == "America/New_York"
    assert shown["hours"]["mon"] == ["00:00-23:59"]
    assert shown["strings"] == {}


def test_the_widget_does_not_call_a_practice_closed_whose_hours_are_not_known(service: Service) -> None:
    answer = requests.get(f"{service.url}/chat/practices/{OTHER_WIDGET_KEY}", headers={"Origin": OTHER_SITE})

    assert (answer.json()["open"], answer.json()["next_opening"]) == (None, None)


def test_the_widget_promises_no_automatic_reply_while_those_are_off(
    settings: Settings, classifier: Classifier, twilio: TwilioStandIn
) -> None:
    shadow = PRACTICES_TOML.replace('slug = "demo"\n', 'slug = "demo"\nauto_reply = "off"\n', 1)
    settings.practices_file.write_text(shadow)
    with Service(settings, classifier, twilio) as service:
        shown = requests.get(f"{service.url}/chat/practices/{WIDGET_KEY}", headers={"Origin": SITE}).json()

    assert shown["strings"]["en"] == {"replyTime": "A person will answer during office hours."}


def test_the_widget_suggests_up_to_four_answered_questions_those_asked_most_first(service: Service) -> None:
    def suggested(language: str = "") -> list[str]:
        shown = requests.get(f"{service.url}/chat/practices/{WIDGET_KEY}", headers={"Origin": SITE}).json()
        return [str(question) for question in shown[f"questions{language}"]]

    assert suggested() == [], "nothing is answered yet"
    with service.edit() as session:
        known = read_questions(session, "demo")[:5]
        for question in known:
            save_question(session, "demo", replace(question, answer="Yes."), "")
        save_question(session, "other", replace(known[0], answer="Not ours."), "")
    assert suggested() == [question.phrasings[0] for question in known[:4]]
    assert suggested("_es") == [starter_questions()[question.key].spanish for question in known[:4]]

    ChatClient(service.url).send("Hello", "first")
    with service.edit() as session:
        session.add(
            AskedQuestion(
                message_id=1, practice="demo", key=known[4].key, similarity=0.9, outcome=AskedOutcome.ANSWERED
            )
        )
    assert suggested() == [known[index].phrasings[0] for index in (4, 0, 1, 2)]


def test_any_site_may_load_the_widget(service: Service) -> None:
    answer = requests.get(f"{service.url}/chat/widget.js")

    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/javascript")
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert answer.headers["Content-Encoding"] == "gzip"
    assert answer.text == WIDGET.read_text()
    assert "Accept-Encoding" in answer.headers["Vary"]
    plain = requests.get(f"{service.url}/chat/widget.js", headers={"Accept-Encoding": "identity"})
    assert plain.content == WIDGET.read_bytes()
    assert "Content-Encoding" not in plain.headers
    again = requests.get(f"{service.url}/chat/widget.js", headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
