"""The demo page: a practice's site with the chat, and the phone beside it."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.axe import violations
from tests.browser.layout import content_width
from tests.browser.product import MAPLE_NAME, PRICE_RANGE, Product
from tests.browser.visitor import Chat, Visitor

QUESTION = "How much is a first visit without insurance?"


@pytest.fixture
def demo(visitor: Visitor, product: Product) -> Chat:
    """The chat on the demo page, which has a strict policy of its own."""
    return visitor.visit(f"{product.url}/")


def test_a_visitor_chats_on_the_services_own_page(demo: Chat, product: Product, before: int) -> None:
    expect(demo.page.get_by_role("banner")).to_contain_text(MAPLE_NAME)

    demo.open().ask(QUESTION)

    expect(demo.replies()).to_contain_text(PRICE_RANGE)
    assert product.messages_after(before) == [QUESTION]


def test_a_visitor_plays_a_patient_who_texts(demo: Chat) -> None:
    phone = demo.page.get_by_role("complementary", name="A patient's phone")
    phone.get_by_role("textbox", name="Text message").fill(QUESTION)
    phone.get_by_role("button", name="Send text").click()

    expect(phone.get_by_role("log", name="Texts")).to_contain_text(PRICE_RANGE)
    expect(phone.get_by_role("region", name="How Intake handled it")).to_contain_text("Price question")


def test_the_phone_keeps_its_number_over_a_reload(demo: Chat) -> None:
    number = demo.page.locator("#device-number")
    expect(number).to_have_text(re.compile(r"555-01\d\d"))
    before = number.inner_text()

    for _ in range(3):  # of a hundred numbers
        demo.page.reload()
        expect(number).to_have_text(before)


def test_the_phone_shows_the_time_at_the_practice(new_visitor: Callable[..., Visitor], product: Product) -> None:
    far = new_visitor(timezone_id="Asia/Kolkata").visit(f"{product.url}/")  # half an hour off every American zone
    shown = far.page.locator("#device-time")
    expect(shown).to_have_text(re.compile(r"^\d+:\d\d$"))

    there = """zone => new Intl.DateTimeFormat([], { minute: "2-digit", hour: "numeric", timeZone: zone }).format()"""
    zone = far.page.locator("#phone").get_attribute("data-zone")
    assert zone
    assert zone.startswith("America/")
    hour, minute = shown.inner_text().split(":")
    at_practice = re.findall(r"\d+", far.page.evaluate(there, zone))
    apart = (60 * (int(at_practice[0]) - int(hour)) + int(at_practice[1]) - int(minute)) % (12 * 60)
    assert apart <= 1


def test_a_visitor_plays_a_patient_who_leaves_a_voicemail(demo: Chat) -> None:
    phone = demo.page.get_by_role("complementary", name="A patient's phone")
    phone.get_by_role("tab", name="Voicemail").click()
    phone.get_by_role("textbox", name="Your message after the tone").fill(QUESTION)
    phone.get_by_role("button", name="Leave voicemail").click()

    expect(phone.get_by_role("log", name="Voicemails")).to_contain_text(PRICE_RANGE)


@pytest.mark.parametrize("width", [1280, 320])
def test_axe_finds_nothing_on_the_page_either(
    new_visitor: Callable[..., Visitor], product: Product, width: int
) -> None:
    demo = new_visitor(viewport={"width": width, "height": 700}).visit(f"{product.url}/")
    expect(demo.launcher).to_be_visible()

    assert violations(demo.page) == []
    assert content_width(demo.page) == width
