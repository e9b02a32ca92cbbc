"""The practice's phone numbers and the color of its chat on the settings page."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import requests

import templates
from inbox.models import Role, SettingVersion
from staff.settings.typed_values import STANDARD_COLOR, show_number
from tests.staff.conftest import Browser, Console
from tests.staff.settings.test_page import ADDRESS, effective, field, look, problem_at, save, text_of, token
from tests.world import SITE, WIDGET_KEY


@pytest.fixture
def manager(console: Console) -> Browser:
    """The browser of a manager of the demo practice."""
    return console.sign_in(Role.MANAGER, name="Mira Manager")


def test_patients_read_the_new_numbers(console: Console, manager: Browser) -> None:
    page = look(manager)
    assert (field(page, "phone"), field(page, "on_call_number")) == ("(202) 555-0100", "(202) 555-0111")
    save(manager, phone="202.555.0188", on_call_number="+1 202 555 0199")

    assert (effective(console).phone, effective(console).on_call_number) == ("+12025550188", "+12025550199")
    assert "Phone: Number that patients call before (202) 555-0100 after (202) 555-0188" in text_of(
        manager.get(f"{ADDRESS}/history")
    )
    console.text("I have chest pain and cannot breathe")
    console.work()
    assert "Our on-call line is (202) 555-0199." in console.twilio.messages[-1].body


def test_a_number_from_abroad_keeps_its_country() -> None:
    assert [show_number(number) for number in ("+12025550123", "+442079460123", "555", "")] == [
        "(202) 555-0123",
        "+442079460123",
        "555",
        "",
    ]


def test_the_on_call_number_can_go_and_the_practices_own_cannot(console: Console, manager: Browser) -> None:
    save(manager, on_call_number="")
    refused = save(manager, phone="")

    assert effective(console).on_call_number is None
    assert refused.status_code == 422
    assert problem_at(refused, "phone") == ("Number that patients call", "fill this in")


@pytest.mark.parametrize("typed", ["555-0188", "call us", "911"])
def test_what_is_no_number_is_refused_in_plain_words(console: Console, manager: Browser, typed: str) -> None:
    answer = save(manager, on_call_number=typed)

    assert answer.status_code == 422
    assert problem_at(answer, "on_call_number")[1].startswith("write a phone number with its area code")
    assert field(answer, "on_call_number") == typed
    assert console.rows(SettingVersion) == []


# ---- the color of the chat


def pick(manager: Browser, shown: str, chosen: str, *, standard: bool = False) -> requests.Response:
    """Send the picker as a browser without scripts does, on a page that showed a color."""
    form = {"chat.colour": shown, "chat.colour.chosen": chosen} | ({"chat.colour.standard": "yes"} if standard else {})
    return manager.post(ADDRESS, data=form | {"version": token(manager.get(ADDRESS))})


def test_the_chat_has_the_color_that_was_picked_until_the_standard_one_is_marked(
    console: Console, manager: Browser
) -> None:
    def in_the_chat() -> object:
        address = f"{console.url}/chat/practices/{WIDGET_KEY}"
        return requests.get(address, headers={"Origin": SITE}, timeout=30).json().get("colour")

    pick(manager, "", STANDARD_COLOR, standard=True)
    assert console.rows(SettingVersion) == [], "nobody picked anything"
    pick(manager, "", "#7a1f5c", standard=True)
    assert in_the_chat() == "#7a1f5c"
    assert 'name="chat.colour.chosen" value="#7a1f5c"' in look(manager).text
    pick(manager, "#7a1f5c", "#7a1f5c", standard=True)
    assert in_the_chat() is None
    assert "before #7a1f5c after standard color" in text_of(manager.get(f"{ADDRESS}/history"))


@pytest.mark.parametrize(
    ("chosen", "why"),
    [
        ("#ffd54f", "“#ffd54f” is too light to see on a white page. Choose a darker color"),
        ("blue", "“blue” is not a color. Write it as #0b6e6e"),
    ],
)
def test_a_color_that_the_chat_would_not_take_is_refused(
    console: Console, manager: Browser, chosen: str, why: str
) -> None:
    answer = pick(manager, "", chosen)

    assert answer.status_code == 422
    assert problem_at(answer, "chat.colour") == ("Color", why)
    assert console.rows(SettingVersion) == []


def test_the_standard_color_is_the_chats_own() -> None:
    widget = (Path(templates.__file__).parent / "chat" / "widget.js").read_text()

    assert re.findall(r'find\(isVisible\) \?\? "(#\w{6})"', widget) == [STANDARD_COLOR]
    assert "contrast(color) >= 3;" in widget, "LEAST_CONTRAST"
