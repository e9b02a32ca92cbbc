"""What goes wrong around a chat: its words, the visitor's details, and the other messages are kept, and it is said."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Route, expect
from sqlalchemy import select

from inbox.models import TextConsent
from tests.browser.layout import content_width
from tests.browser.product import HARBOR, Product
from tests.browser.site import PracticeSite, script_tag, strict_policy
from tests.browser.test_chat_files import PHOTO, choose, notice
from tests.browser.test_conversation import BILL, PRICES, allowed
from tests.browser.visitor import NETWORK_ERROR, Chat, Visitor
from tests.browser.waiting import wait_until

SENDS = re.compile(r"/conversations/[^/]+/messages$")
PRACTICE = "**/chat/practices/*"
AGE = """() => {
  for (const name of Object.keys(localStorage).filter((name) => name.includes(" unsent "))) {
    const item = JSON.parse(localStorage[name]);
    localStorage[name] = JSON.stringify({ ...item, at: item.at - 25 * 3600e3 });
  }
}"""
STORAGES = {"blocked": "get() { throw new DOMException('no', 'SecurityError'); }", "missing": "value: null"}
LEAVE = """() => {
  const leaving = new Event("beforeunload", { cancelable: true });
  dispatchEvent(leaving);
  return leaving.defaultPrevented;
}"""
KEYS = """() => {
  window.heard = [];
  for (const type of ["keydown", "keypress", "keyup"]) document.addEventListener(type, () => window.heard.push(type));
}"""
SEEN = """(log) => {
  const last = [...log.querySelectorAll("[data-from]")].at(-1).getBoundingClientRect();
  const panel = log.closest(".panel");
  const top = panel.querySelector(".all").getBoundingClientRect().top;
  const bottom = panel.querySelector(".composer").getBoundingClientRect().top;
  return Math.min(last.bottom, bottom) - Math.max(last.top, top);
}"""


def answer(status: int, code: str, headers: dict[str, str] | None = None) -> Callable[[Route], None]:
    body = {"error": {"code": code, "message": ""}}
    return lambda route: route.fulfill(status=status, json=body, headers=allowed(route) | (headers or {}))


def field(chat: Chat, name: str) -> Locator:
    return chat.root.get_by_label(f"Your {name} (optional)")


# ---- what was typed


def test_what_could_not_be_sent_for_a_day_stays_to_be_sent_or_removed(
    chat: Chat, visitor: Visitor, product: Product, before: int
) -> None:
    chat.ask(PRICES)
    visitor.go_offline()
    message = chat.say("I have been bleeding since yesterday")
    expect(message).to_have_attribute("data-state", "waiting")
    chat.page.evaluate(AGE)

    visitor.come_back()

    expect(message).to_have_attribute("data-state", "failed")
    expect(message.locator(".text")).to_have_text("I have been bleeding since yesterday")
    expect(message.get_by_role("button", name="Remove")).to_be_visible()
    expect(notice(chat)).to_be_empty()
    assert product.messages_after(before) == [PRICES]
    message.get_by_role("button", name="Retry").click()
    expect(message).to_have_attribute("data-state", "sent")
    assert product.messages_after(before) == [PRICES, "I have been bleeding since yesterday"]


@pytest.mark.parametrize(("refused", "wait"), [("picture", 3000), ("text", 60)])
def test_a_text_goes_out_at_once_though_something_before_it_was_refused_for_now(
    chat: Chat, visitor: Visitor, product: Product, before: int, refused: str, wait: int
) -> None:
    visitor.expect_complaint("status of 429")
    chat.ask(PRICES)
    later = answer(429, "too_many_requests", {"Retry-After": "3000"})
    visitor.context.route("**/files" if refused == "picture" else SENDS, later, times=1)
    if refused == "picture":
        choose(chat, PHOTO)
        chat.button("send").click()
    else:
        chat.say(BILL)
    expect(notice(chat)).to_contain_text(f"again in {wait} seconds")

    chat.say("I cannot breathe, my throat is closing")

    danger = chat.own().filter(has_text="I cannot breathe")
    expect(danger).to_have_attribute("data-state", "sent")
    expect(chat.own().last).to_have_attribute("data-state", "failed")
    expect(notice(chat)).to_contain_text(f"again in {wait} seconds")
    assert product.messages_after(before) == [PRICES, "I cannot breathe, my throat is closing"]
    chat.own().last.get_by_role("button", name="Retry").click()
    expect(chat.own().last).to_have_attribute("data-state", "sent")
    expect(notice(chat)).to_be_empty()


def test_a_practice_that_takes_no_files_anymore_ends_no_chat(
    chat: Chat, visitor: Visitor, product: Product, before: int
) -> None:
    visitor.expect_complaint("status of 404")
    chat.ask(PRICES)
    visitor.context.route("**/files", answer(404, "no_files"))
    choose(chat, PHOTO)
    expect(chat.dialog.locator(".chip")).to_have_count(1)
    chat.button("send").click()

    expect(notice(chat)).to_have_text("rash.jpg was not sent: we take no files here.")
    expect(chat.replies()).to_have_count(1)
    chat.own().last.get_by_role("button", name="Remove").click()
    expect(chat.own()).to_have_count(1)
    chat.ask(BILL)
    assert len(product.conversations_after(before)) == 1


@pytest.mark.parametrize("storage", STORAGES)
def test_without_storage_a_page_is_not_left_with_an_unsent_message_unasked(
    new_visitor: Callable[..., Visitor], page_address: str, storage: str
) -> None:
    visitor = new_visitor()
    visitor.expect_complaint(NETWORK_ERROR)
    visitor.context.add_init_script(f"Object.defineProperty(window, 'localStorage', {{ {STORAGES[storage]} }})")
    chat = visitor.visit(page_address).open()
    chat.ask(PRICES)
    assert not chat.page.evaluate(LEAVE)
    visitor.context.route(SENDS, lambda route: route.abort())

    expect(chat.say(BILL)).to_have_attribute("data-state", "waiting")

    assert chat.page.evaluate(LEAVE)


@pytest.mark.parametrize("is_wrong", [False, True], ids=["unreachable", "wrong number"])
def test_how_to_reach_the_visitor_is_kept_until_the_service_has_it(
    chat: Chat, visitor: Visitor, product: Product, before: int, is_wrong: bool
) -> None:
    visitor.expect_complaint(f"status of 400|{NETWORK_ERROR}")
    begin = "**/chat/conversations"
    visitor.context.route(begin, answer(400, "invalid_phone") if is_wrong else lambda route: route.abort())
    field(chat, "name").fill("Robin Hood")
    field(chat, "phone").fill("202 555 0123")
    message = chat.say("Can someone call me about my biopsy?")
    expect(message).to_have_attribute("data-state", "failed" if is_wrong else "waiting")
    chat.page.reload()
    chat.open()
    visitor.context.unroute(begin)

    if is_wrong:
        chat.own().get_by_role("button", name="Retry").click()
    else:
        chat.say(BILL)

    expect(chat.root.locator('[data-state="sent"]')).to_have_count(1 if is_wrong else 2)
    [begun] = product.conversations_after(before)
    assert (begun.patient_name, begun.contact_phone) == ("Robin Hood", "+12025550123")
    with product.database.read() as session:
        assert session.scalar(select(TextConsent.id).where(TextConsent.conversation_id == begun.id))


# ---- the conversation


def test_answers_come_though_they_were_refused_once(chat: Chat, visitor: Visitor) -> None:
    """As by a firewall, or in the middle of a deployment."""
    visitor.expect_complaint("status of 404")
    for listens in ("**/events", "**/messages?*"):
        visitor.context.route(listens, lambda route: route.fulfill(status=404, headers=allowed(route)), times=1)

    chat.ask(PRICES)


def test_the_end_of_a_chat_reaches_the_service_when_there_is_a_connection_again(
    chat: Chat, visitor: Visitor, product: Product, before: int
) -> None:
    chat.ask(PRICES)
    visitor.go_offline()
    chat.end()
    expect(chat.own()).to_have_count(0)

    visitor.come_back()

    wait_until(chat.page, lambda: product.conversations_after(before)[0].chat_ended_at)
    [ended] = product.conversations_after(before)
    wait_until(chat.page, lambda: ended.public_id not in chat.page.evaluate("JSON.stringify(localStorage)"))


@pytest.mark.parametrize("is_offline_first", [False, True])
def test_a_chat_begun_anew_says_so_and_keeps_how_to_reach_the_visitor(
    chat: Chat, visitor: Visitor, product: Product, before: int, is_offline_first: bool
) -> None:
    visitor.expect_complaint(f"status of 401|{NETWORK_ERROR}")
    field(chat, "name").fill("Robin Hood")
    field(chat, "phone").fill("202 555 0123")
    chat.ask(PRICES)
    visitor.context.route("**/events", lambda route: route.abort())
    visitor.context.route("**/messages?*", lambda route: route.abort())
    visitor.context.route(SENDS, answer(401, "expired_token"), times=1)
    if is_offline_first:
        visitor.context.route(SENDS, lambda route: route.abort(), times=1)

    chat.say("My tooth hurts badly")

    expect(notice(chat)).to_have_text("Your earlier chat has ended. This is a new one.")
    expect(chat.own()).to_have_count(1)
    expect(chat.own().locator(".text")).to_have_text("My tooth hurts badly")
    expect(chat.own()).to_have_attribute("data-state", "sent")
    expect(notice(chat)).to_have_text("Your earlier chat has ended. This is a new one.")
    begun = product.conversations_after(before)
    assert [(each.patient_name, each.contact_phone) for each in begun] == [("Robin Hood", "+12025550123")] * 2


def test_ending_the_chat_empties_the_fields_of_every_tab(chat: Chat, visitor: Visitor, page_address: str) -> None:
    field(chat, "name").fill("Ana Secret")
    field(chat, "phone").fill("202 555 0147")
    chat.ask(PRICES)
    chat.box.fill("I am pregnant and")
    second = visitor.visit(page_address).open()
    expect(second.own()).to_have_count(1)

    second.end()

    expect(chat.own()).to_have_count(0)
    for emptied in (field(chat, "name"), field(chat, "phone"), chat.box):
        expect(emptied).to_have_value("")
    expect(notice(chat)).to_contain_text("The chat has ended")
    expect(second.say(BILL)).to_have_attribute("data-state", "sent")  # which the end in the other tab does not erase
    expect(chat.own()).to_have_count(1)


def test_a_copy_asked_for_twice_at_once_does_not_fail(chat: Chat) -> None:
    field(chat, "email").fill("ana@example.com")
    chat.ask(PRICES)
    chat.dialog.get_by_text("Email me this chat").click()
    chat.dialog.get_by_label("Your email", exact=True).fill("ana@example.com")

    chat.dialog.get_by_role("button", name="Send copy").dblclick()

    expect(chat.dialog.locator(".copy")).to_be_hidden()  # its message has come
    expect(notice(chat)).to_be_empty()


# ---- whether the practice is open


def test_nothing_is_said_of_a_practice_that_is_not_known(
    new_visitor: Callable[..., Visitor], site: PracticeSite, product: Product
) -> None:
    visitor = new_visitor()
    visitor.expect_complaint("status of 503")
    address = site.page("/unknown", policy=strict_policy(product.url), head=script_tag(product.url, HARBOR))
    visitor.context.route(PRACTICE, answer(503, "unavailable"))
    visitor.context.route("**/chat/conversations", answer(503, "unavailable"))
    chat = visitor.visit(address, HARBOR).open()
    expect(chat.dialog.locator(".head small")).to_be_empty()

    chat.say(PRICES)

    expect(notice(chat)).to_have_text("We cannot take your message right now.")


def test_an_open_panel_learns_when_the_practice_opens_or_closes(
    visitor: Visitor, page_address: str, product: Product
) -> None:
    page = visitor.context.new_page()
    page.clock.install()
    page.goto(page_address)
    chat = Chat(page).open()
    state = chat.dialog.locator(".head small")
    expect(state).to_have_text("Open now")
    chat.box.fill("Half a sen")

    def close(route: Route) -> None:
        found = route.fetch()
        route.fulfill(response=found, json=found.json() | {"open": False, "next_opening": None})

    visitor.context.route(PRACTICE, close)
    page.clock.fast_forward(11 * 60 * 1000)

    expect(state).to_have_text("Closed")
    expect(chat.box).to_have_value("Half a sen")
    expect(chat.box).to_be_focused()


def test_nobody_is_thrown_out_of_an_open_panel_when_the_practice_closes(visitor: Visitor, page_address: str) -> None:
    page = visitor.context.new_page()
    page.clock.install()
    page.goto(page_address)
    chat = Chat(page).open()
    chat.ask(PRICES)
    chat.dialog.get_by_text("Office hours", exact=True).click()
    chat.button("end").click()
    expect(chat.button("keep")).to_be_focused()

    def close(route: Route) -> None:
        found = route.fetch()
        route.fulfill(response=found, json=found.json() | {"open": False, "questions": ["Do you take walk-ins?"]})

    visitor.context.route(PRACTICE, close)
    page.clock.fast_forward(11 * 60 * 1000)

    expect(chat.dialog.locator(".head small")).to_contain_text("Closed")
    expect(chat.button("keep")).to_be_focused()
    page.keyboard.press("Escape")
    expect(chat.button("end")).to_be_focused()
    expect(chat.dialog.get_by_text("Monday:")).to_be_visible()
    page.keyboard.press("Escape")
    expect(chat.dialog).to_be_hidden()


def test_on_a_phone_the_head_of_a_closed_practice_is_small_and_its_closed_day_leads_the_hours(
    new_visitor: Callable[..., Visitor], page_address: str
) -> None:
    visitor = new_visitor(locale="es-MX", viewport={"width": 390, "height": 844})
    closed = {
        "name": "Cedar Lane Counseling & Family Care",
        "open": False,
        "next_opening": "2026-12-02T08:00:00-05:00",
        "special_hours": {"2026-12-01": [], "2026-12-24": ["08:00-12:00"]},
    }

    def close(route: Route) -> None:
        found = route.fetch()
        route.fulfill(response=found, json=found.json() | closed)

    visitor.context.route(PRACTICE, close)
    chat = visitor.visit(page_address, language="es").open()
    chat.dialog.get_by_text("Horario de atención", exact=True).click()

    lines = chat.dialog.locator(".hours p").all_text_contents()
    assert lines[:3] == [
        "martes, 1 de diciembre: Cerrado",
        "jueves, 24 de diciembre: 8:00 – 12:00",
        "lunes: 0:00 – 23:59",
    ]
    assert len(lines) == 9
    chat.ask(PRICES)
    expect(chat.button("end")).to_be_visible()
    height = chat.dialog.locator(".head").evaluate("head => head.offsetHeight")
    assert height <= 80, "two lines for the name and one for the hours"


# ---- the page around it


def test_no_key_of_the_chat_reaches_the_page(chat: Chat) -> None:
    chat.page.evaluate(KEYS)
    chat.box.press_sequentially("so")

    assert chat.page.evaluate("window.heard") == []


@pytest.mark.parametrize("size", [(320, 256), (360, 320)])
def test_a_page_enlarged_fourfold_shows_the_conversation(
    new_visitor: Callable[..., Visitor], page_address: str, size: tuple[int, int]
) -> None:
    visitor = new_visitor(viewport={"width": size[0], "height": size[1]})
    chat = visitor.visit(page_address).open()
    chat.ask(PRICES)

    wait_until(chat.page, lambda: chat.log.evaluate(SEEN) >= 60)
    assert content_width(chat.page) <= size[0]
    expect(chat.button("send")).to_be_in_viewport(ratio=1)
    chat.button("close").scroll_into_view_if_needed()
    expect(chat.button("close")).to_be_in_viewport(ratio=1)
