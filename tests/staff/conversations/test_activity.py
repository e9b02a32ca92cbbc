"""What a conversation's page says of who did what."""

from __future__ import annotations

import re
from html import unescape

import pytest
import requests

from tests.chat_client import ChatClient
from tests.staff.conftest import Browser, Console, StartConsole
from tests.told_classifier import EMERGENCY, tell

CHEST = "I have crushing chest pain"
ON_CALL, PATIENT = "+12025550112", "+12025550131"


@pytest.fixture
def console(start_console: StartConsole) -> Console:
    """The on-call phone is texted in emergencies."""
    started = start_console(f'teams = {{ on_call = {{ notify = ["sms:{ON_CALL}"] }} }}')
    tell(started, {CHEST: EMERGENCY})
    return started


def activity(browser: Browser, number: int = 1) -> list[str]:
    page = browser.get(f"/staff/conversations/{number}").text
    acts = re.findall(r"<li><span><bdi>(.*?)</bdi> (.*?)</span>", page)
    return [unescape(f"{who} {what}") for who, what in acts]


def test_who_ends_an_alarm_by_text_is_named_as_on_call(console: Console) -> None:
    console.text(CHEST, from_=PATIENT)
    console.work()
    console.text("ACK", from_=ON_CALL)

    assert "On call, by text, ended the alarm" in activity(console.sign_in())


def test_a_notice_that_a_stopped_phone_does_not_get_is_intakes_doing(console: Console) -> None:
    console.text("STOP", from_=ON_CALL)
    console.text(CHEST, from_=PATIENT)
    console.work()

    assert "Intake sent no notice to a phone that texted STOP" in activity(console.sign_in(), 2)


def test_a_visitor_who_ends_a_chat_is_named_as_such(console: Console) -> None:
    chat = ChatClient(console.url)
    chat.send("Do you have parking?", "m1")
    requests.post(f"{chat.url}/end", headers=chat.headers, timeout=30).raise_for_status()
    console.work()

    assert "The visitor ended the chat" in activity(console.sign_in())
