"""The visitor of a chat sees that a member is writing, for a few seconds, and Redis learns nothing of what."""

from __future__ import annotations

import pytest
import redis

from inbox.models import AuditEntry
from tests.chat_client import ChatClient
from tests.staff.conftest import Browser, Console, StartConsole
from web.typing_signs import SHOWN_SECONDS, TypingSigns

PLACE = "/staff/conversations/1"
WORDS = "Yes, we can see you on Tuesday"


@pytest.fixture
def chat(console: Console) -> ChatClient:
    """A chat whose visitor waits for a person."""
    return wait_for_person(console)


def wait_for_person(console: Console) -> ChatClient:
    chat = ChatClient(console.url)
    chat.send("I want to talk to a person", "first")
    console.work()
    return chat


def write(browser: Browser, words: str, mark: str = "") -> str:
    answer = browser.post(f"{PLACE}/draft", data={"text": words, "mark": mark})
    assert answer.status_code == 200
    return str(answer.json()["mark"])


def send(browser: Browser) -> None:
    form = {"text": WORDS, "form_id": "a" * 32, "seen": "0", "then": "waiting"}
    assert browser.post(f"{PLACE}/reply", data=form).status_code == 303


def test_a_visitor_sees_who_writes_until_the_reply_is_there(console: Console, chat: ChatClient) -> None:
    dana = console.sign_in(name="Dana Reyes")
    with chat.watch(last_event_id=2) as events:
        assert next(events) == ("working", {"working": False, "person": "waiting"})
        write(dana, WORDS[:5])
        assert next(events) == ("typing", {"typing": {"name": "Dana"}})
        assert chat.read()["typing"] == {"name": "Dana"}
        send(dana)
        later = [next(events) for _ in range(3)]

    assert sorted(name for name, _ in later) == ["message", "typing", "working"]
    by_name = dict(later)
    assert (by_name["message"]["text"], by_name["message"]["name"]) == (WORDS, "Dana")
    assert by_name["typing"] == {"typing": None}
    assert by_name["working"] == {"working": False, "person": "answering"}
    assert chat.read()["typing"] is None


def test_only_what_is_written_now_counts(console: Console, chat: ChatClient) -> None:
    dana = console.sign_in()
    mark = write(dana, WORDS)
    console.redis.delete("typing:1")  # as it expires

    write(dana, WORDS, mark)
    assert chat.read()["typing"] is None, "the same draft, from a tab that was opened again"
    mark = write(dana, f"{WORDS}.", mark)
    assert chat.read()["typing"] is not None
    write(dana, "", mark)
    assert chat.read()["typing"] is None


def test_redis_keeps_two_numbers_for_some_seconds_and_nothing_is_recorded(console: Console, chat: ChatClient) -> None:
    dana = console.sign_in()
    recorded = len(console.rows(AuditEntry))
    write(dana, WORDS)

    member, _, moment = console.redis.get("typing:1").decode().partition(" ")
    assert member.isdecimal()
    assert moment.isdecimal()
    assert 0 < console.redis.ttl("typing:1") <= SHOWN_SECONDS
    assert len(console.rows(AuditEntry)) == recorded


def test_no_other_visitor_sees_it(console: Console, chat: ChatClient) -> None:
    stranger = ChatClient(console.url)
    write(console.sign_in(), WORDS)

    assert stranger.read()["typing"] is None


def test_a_practice_may_keep_names_to_itself(start_console: StartConsole) -> None:
    console = start_console("chat = { staff_names = false }")
    chat, dana = wait_for_person(console), console.sign_in(name="Dana Reyes")
    write(dana, WORDS)
    assert chat.read()["typing"] == {"name": ""}

    send(dana)
    assert "name" not in chat.read()["messages"][-1]


def test_without_redis_nobody_seems_to_write() -> None:
    with redis.Redis(port=1) as away:
        signs = TypingSigns(away, 1)
        signs.give(7)
        signs.take_back()

        assert signs.read() is None
