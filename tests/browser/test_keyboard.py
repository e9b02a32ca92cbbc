"""A patient who uses nothing but the keyboard."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.product import MAPLE_NAME
from tests.browser.visitor import Chat, Visitor

QUESTION = "How much is a first visit without insurance?"
FOCUSED = """() => {
  let focused = document.activeElement;
  while (focused?.shadowRoot?.activeElement) focused = focused.shadowRoot.activeElement;
  return focused?.getAttribute('aria-label') || focused?.labels?.[0]?.textContent.trim() || focused?.textContent.trim();
}"""
LONGEST_WAY_ROUND = 20


@pytest.fixture
def closed(visitor: Visitor, page_address: str) -> Chat:
    """The chat on the practice's page, not opened yet."""
    chat = visitor.visit(page_address)
    expect(chat.launcher).to_be_visible()
    return chat


def test_a_patient_gets_from_the_page_to_an_answer_and_back(closed: Chat) -> None:
    keyboard = closed.page.keyboard
    keyboard.press("Tab")
    assert focused(closed.page) == "Contact"
    keyboard.press("Tab")
    expect(closed.launcher).to_be_focused()
    expect(closed.launcher).to_have_attribute("aria-expanded", "false")

    keyboard.press("Enter")
    expect(closed.box).to_be_focused()
    keyboard.type(QUESTION)
    keyboard.press("Enter")
    expect(closed.log.locator('[data-from="robot"]')).to_be_visible()
    expect(closed.box).to_be_focused()

    keyboard.press("Escape")
    expect(closed.dialog).to_be_hidden()
    expect(closed.launcher).to_be_focused()
    expect(closed.launcher).to_have_attribute("aria-expanded", "false")
    keyboard.press("Space")
    expect(closed.box).to_be_focused()
    expect(closed.own()).to_have_count(1)


def test_the_close_button_gives_the_focus_back_too(chat: Chat) -> None:
    chat.button("close").focus()
    chat.page.keyboard.press("Enter")

    expect(chat.dialog).to_be_hidden()
    expect(chat.launcher).to_be_focused()


@pytest.mark.parametrize("key", ["Tab", "Shift+Tab"])
def test_the_focus_goes_round_inside_while_the_chat_is_open(chat: Chat, key: str) -> None:
    chat.ask(QUESTION)
    chat.box.fill("And a second one")  # so that it can be sent
    chat.box.focus()
    inside = []
    for _ in range(LONGEST_WAY_ROUND):
        chat.page.keyboard.press(key)
        inside.append(focused(chat.page))

    assert {"Your message", "Send", "Close chat", "End chat"} <= set(inside)
    assert "Contact" not in inside
    assert all(inside), "the focus left the page"


def test_the_focus_is_free_while_the_chat_is_closed(chat: Chat) -> None:
    chat.page.keyboard.press("Escape")
    chat.page.keyboard.press("Shift+Tab")

    assert focused(chat.page) == "Contact"


def test_ending_the_chat_is_asked_and_answered_by_keyboard(chat: Chat) -> None:
    chat.ask(QUESTION)
    chat.button("end").focus()
    chat.page.keyboard.press("Enter")
    assert focused(chat.page) in {"Keep chatting", "End and erase"}

    chat.page.keyboard.press("Escape")
    expect(chat.button("forget")).to_have_count(0)
    expect(chat.dialog).to_be_visible()
    expect(chat.own()).to_have_count(1)


def test_what_is_focused_can_be_seen(chat: Chat) -> None:
    chat.button("close").focus()
    chat.page.keyboard.press("Tab")
    chat.page.keyboard.press("Shift+Tab")

    outline = chat.button("close").evaluate("button => getComputedStyle(button).outlineStyle")
    shadow = chat.button("close").evaluate("button => getComputedStyle(button).boxShadow")
    assert (outline, shadow) != ("none", "none")


def test_assistive_technology_is_told_what_it_needs(chat: Chat) -> None:
    expect(chat.dialog).to_have_attribute("aria-modal", "true")
    expect(chat.dialog).to_have_accessible_name(MAPLE_NAME)
    expect(chat.log).to_have_count(1)
    expect(chat.dialog.get_by_text("911").first).to_be_visible()
    expect(chat.dialog.get_by_role("link", name="Privacy")).to_have_attribute("href", "https://maple.example/privacy")


def focused(page: Page) -> str:
    """What has the focus, by its name."""
    return str(page.evaluate(FOCUSED))
