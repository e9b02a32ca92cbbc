"""The demo page: a practice's site with the chat, and the phone beside it."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Route, expect

from tests.browser.axe import violations
from tests.browser.layout import content_width
from tests.browser.product import MAPLE_NAME, PRICE_RANGE, Product
from tests.browser.visitor import Chat, Visitor
from tests.browser.waiting import intercept, wait_until

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


# Moves the mark of today to the day whose name is the longest.
ON_A_WEDNESDAY = """() => {
  const [tag] = document.querySelectorAll("tr.today .tag");
  const [wednesday] = [...document.querySelectorAll("tr > th")].filter(day => day.textContent.includes("Wednesday"));
  tag.closest("tr").classList.remove("today");
  wednesday.closest("tr").classList.add("today");
  wednesday.append(" ", tag);
}"""


@pytest.mark.parametrize("width", [1280, 320])
def test_axe_finds_nothing_on_the_page_either(
    new_visitor: Callable[..., Visitor], product: Product, width: int
) -> None:
    demo = new_visitor(viewport={"width": width, "height": 700}).visit(f"{product.url}/")
    expect(demo.launcher).to_be_visible()

    assert violations(demo.page) == []
    demo.page.evaluate(ON_A_WEDNESDAY)
    assert content_width(demo.page) == width


def test_a_text_goes_once_and_what_is_typed_meanwhile_stays(demo: Chat) -> None:
    posts: list[Route] = []
    intercept(
        demo.page,
        "**/demo/messages",
        lambda route: posts.append(route) if route.request.method == "POST" else route.continue_(),
    )
    box = demo.page.get_by_role("textbox", name="Text message")
    box.fill("I have a cough")
    box.press("Enter")
    box.press("Enter")
    wait_until(demo.page, lambda: posts)
    box.fill("and a rash")
    posts[0].continue_()

    expect(demo.page.get_by_role("log", name="Texts").locator(".own")).to_have_text(["I have a cough"])
    expect(box).to_have_value("and a rash")
    assert len(posts) == 1


def test_a_text_that_was_not_sent_is_put_back(demo: Chat, visitor: Visitor) -> None:
    visitor.expect_complaint("net::ERR_FAILED")
    intercept(
        demo.page,
        "**/demo/messages",
        lambda route: route.abort() if route.request.method == "POST" else route.continue_(),
    )
    box = demo.page.get_by_role("textbox", name="Text message")
    box.fill("I have a cough")
    box.press("Enter")

    expect(demo.page.locator("#stage-notice")).to_contain_text("The service is not responding")
    expect(box).to_have_value("I have a cough")


def test_what_is_changed_in_the_form_while_it_is_sent_stays(demo: Chat) -> None:
    held: list[Route] = []
    form = demo.page.locator("#contact-form")
    result = demo.page.locator("#contact-result")
    intercept(
        demo.page,
        form.evaluate("form => form.action"),
        lambda route: route.continue_() if held else held.append(route),
    )
    form.locator("[name=name]").fill("Maria")
    form.locator("[name=email]").fill("maria@example.com")
    words = form.locator("[name=message]")
    words.fill("Please call me")
    form.get_by_role("button").click()
    wait_until(demo.page, lambda: held)
    words.fill("Please call me after five")
    held[0].continue_()

    expect(result).to_contain_text("without what you changed since")
    expect(words).to_have_value("Please call me after five")
    form.get_by_role("button").click()
    expect(result).to_contain_text("Thank you!")
    expect(words).to_have_value("")


def test_a_form_whose_answer_is_lost_can_be_sent_again(demo: Chat) -> None:
    demo.page.evaluate("void (AbortSignal.timeout = () => AbortSignal.abort(new DOMException('', 'TimeoutError')))")
    form = demo.page.locator("#contact-form")
    form.locator("[name=name]").fill("Maria")
    form.locator("[name=email]").fill("maria@example.com")
    form.locator("[name=message]").fill("Please call me")
    form.get_by_role("button").click()

    expect(demo.page.locator("#contact-result")).to_contain_text("No answer came. Please send it again")
    expect(form.get_by_role("button")).to_be_enabled()
