"""Closing several conversations asks about those that nobody answered, by keys and for a screen reader too."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from inbox.models import Conversation
from tests.browser.axe import violations
from tests.browser.test_console import ONE, TWO, SignIn, console, console_of, new_profile, press, receive, sign_in
from tests.staff.conftest import Console

__all__ = ["console", "console_of", "new_profile", "sign_in"]


def close_all(page: Page) -> None:
    """Decide that those that nobody answered are closed, too."""
    page.locator('#asked button[value="close"]').press("Enter")


@pytest.fixture
def asked(console: Console, sign_in: SignIn) -> Page:
    """Two requests, and what is asked before they are closed, by keys."""
    receive(console, "Do you take my insurance?", ONE)
    receive(console, "Where are you?", TWO)
    page = sign_in()
    for key in ("j", "x", "j", "x", "e"):
        press(page, key)
    expect(page.get_by_role("form", name="None of these 2 was answered")).to_be_visible()
    return page


def states(console: Console) -> list[str]:
    return [str(found.state) for found in console.rows(Conversation)]


def test_the_first_button_has_the_focus_and_enter_presses_it(console: Console, asked: Page) -> None:
    expect(asked.get_by_role("button", name="Close all 2")).to_be_focused()
    assert states(console) == ["open", "open"]

    asked.keyboard.press("Enter")

    expect(asked.get_by_text("2 conversations closed.")).to_be_visible()
    assert states(console) == ["closed", "closed"]


@pytest.mark.parametrize("keys", [["Escape"], ["Tab", "Enter"]])
def test_escape_and_cancel_close_none_and_lead_back_to_the_list(console: Console, asked: Page, keys: list[str]) -> None:
    for key in keys:
        asked.keyboard.press(key)

    expect(asked.locator("#asked")).to_have_count(0)
    expect(asked.locator("#list-scroll")).to_be_focused()
    assert states(console) == ["open", "open"]


def test_a_reload_asks_again(asked: Page) -> None:
    asked.reload()

    expect(asked.get_by_role("button", name="Close all 2")).to_be_focused()


def test_those_that_were_answered_are_closed_with_one_press(console: Console, sign_in: SignIn) -> None:
    receive(console, "Do you take my insurance?", ONE)
    receive(console, "Where are you?", TWO)
    page = sign_in("/staff/conversations/1")
    page.get_by_label("Your reply").fill("Yes, we do.")
    page.get_by_label("Your reply").press("Control+Enter")
    expect(page.locator("#thread .staff .text")).to_have_text("Yes, we do.")
    page.goto("/staff/?view=every")
    page.locator("#pick-all").check()
    press(page, "e")
    expect(page.get_by_role("form", name="1 of 2 was never answered: (202) 555-0132.")).to_be_visible()

    page.get_by_role("button", name="Close the answered one").click()

    expect(page.get_by_text("1 conversation closed. 1 left open")).to_be_visible()
    assert states(console) == ["closed", "open"]


def test_the_question_is_accessible(asked: Page) -> None:
    assert violations(asked) == []
