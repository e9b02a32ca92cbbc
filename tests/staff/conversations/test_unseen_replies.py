"""A reply in a chat is delivered once the visitor's page took it; until then, the page says that nobody has seen it."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

from inbox.models import Conversation, Delivery, now
from tests.chat_client import ChatClient
from tests.staff.conftest import Browser, Console
from tests.world import PATIENT

PAGE = "/staff/conversations/1"
LEFT = "The visitor has left this chat and gave no phone or email."
ANSWER = "Yes, we have your records."


def begin(console: Console, **details: str) -> ChatClient:
    chat = ChatClient(console.url, **details)
    chat.send("Did you get my records?", "first")
    console.work()
    chat.read()
    return chat


def close_page(console: Console) -> None:
    """Lets the visitor's page be gone for a while."""
    with console.edit() as session:
        session.query(Conversation).one().chat_seen_at = now() - timedelta(minutes=5)


def answer(dana: Browser) -> None:
    form = {"text": ANSWER, "form_id": "ab" * 16, "then": "waiting"}
    assert dana.post(f"{PAGE}/reply", data=form).status_code == 303


def said_of_answer(dana: Browser) -> tuple[str, bool]:
    """What the page says became of the reply, and whether it is marked as trouble."""
    [(style, status)] = re.findall(
        r'class="entry staff([^"]*)">.*?<p class="status">([^<]*)</p>', dana.get(PAGE).text, re.DOTALL
    )
    return status, "trouble" in style


def beside_composer(dana: Browser) -> str:
    [found] = re.findall(r'id="left" data-live>([^<]*)<', dana.get(PAGE).text)
    return str(found)


def test_a_reply_is_delivered_once_the_visitors_page_has_fetched_it(console: Console) -> None:
    chat, dana = begin(console), console.sign_in()
    answer(dana)
    console.work()
    assert said_of_answer(dana) == ("Not seen yet", False)
    assert beside_composer(dana) == ""
    written = console.rows(Delivery)[-1].updated_at

    last = chat.read()["messages"][-1]
    assert last["text"] == ANSWER
    assert said_of_answer(dana) == ("Not seen yet", False)
    chat.read(after=last["id"])

    assert said_of_answer(dana) == ("Delivered", False)
    assert console.rows(Delivery)[-1].updated_at == written


def test_a_reply_to_who_has_left_says_so_until_they_come_back(console: Console) -> None:
    chat, dana = begin(console), console.sign_in()
    close_page(console)
    assert beside_composer(dana).startswith(LEFT)
    answer(dana)
    console.work()
    console.reconcile()

    assert said_of_answer(dana) == (f"Not seen yet. {LEFT}", True)

    chat.read(after=chat.read()["messages"][-1]["id"])

    assert said_of_answer(dana) == ("Delivered", False)
    assert beside_composer(dana) == ""


def test_who_gave_a_number_can_be_called(console: Console) -> None:
    begin(console, phone=PATIENT)
    dana = console.sign_in()
    close_page(console)
    answer(dana)

    assert said_of_answer(dana) == ("Not seen yet", False)
    assert beside_composer(dana) == ""


def test_an_open_page_takes_a_reply_from_its_stream(console: Console) -> None:
    chat, dana = begin(console), console.sign_in()
    answer(dana)
    console.work()

    with chat.watch() as events:
        said: list[tuple[str, Any]] = []
        while "working" not in [name for name, _ in said]:  # which comes after what was said
            said.append(next(events))

    assert ANSWER in [data.get("text") for _, data in said]
    assert said_of_answer(dana)[0] == "Not seen yet"
    last = max(data["id"] for name, data in said if name == "message")
    with chat.watch(last_event_id=last):
        pass
    assert said_of_answer(dana)[0] == "Delivered"
