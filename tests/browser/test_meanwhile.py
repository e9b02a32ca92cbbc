"""What happens while a member is at something else changes neither what a key means nor what is typed."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from inbox.models import Conversation, ConversationState
from tests.browser.test_console import ONE, TWO, SignIn, console, console_of, new_profile, note_calls, receive, sign_in
from tests.browser.test_keys_of_a_day import unhurried
from tests.browser.waiting import intercept, wait_until
from tests.staff.conftest import Console

__all__ = ["console", "console_of", "new_profile", "sign_in"]

THREE = "+12025550133"
FORM: Any = {"name": "insurance.pdf", "mimeType": "application/pdf", "buffer": b"no PDF"}


@pytest.fixture
def three(console: Console) -> Console:
    """Three texts; the first is the oldest."""
    for phone in (ONE, TWO, THREE):
        receive(console, "Do you have parking?", phone)
    return console


@pytest.fixture
def page(three: Console, sign_in: SignIn) -> Page:
    """The first conversation, open in the inbox."""
    page = sign_in("/staff/conversations/1", complaint=r"net::ERR_FAILED|status of 4|uncaught: .*null")
    page.wait_for_load_state()
    expect(page.locator("#help-button:not([hidden])")).to_have_count(1)
    return page


def states(console: Console) -> dict[int, str]:
    return {found.id: str(found.state) for found in console.rows(Conversation)}


def close_as_a_colleague(console: Console, number: int) -> None:
    with console.edit() as session:
        closed = session.get_one(Conversation, number)
        closed.state, closed.waiting_since = ConversationState.CLOSED, None
    receive(console, "Hello?", "+12025550139")  # which brings a refresh


def test_keys_for_a_row_that_has_left_the_list_are_not_for_the_open_conversation(three: Console, page: Page) -> None:
    page.locator("#open-2").focus()
    close_as_a_colleague(three, 2)
    expect(page.locator("#open-2")).to_have_count(0)

    for key in "eax":
        page.keyboard.press(key)
        expect(page.locator("#connection")).to_contain_text("has left the list. Nothing was changed")
    unhurried(page)
    page.keyboard.press("r")
    page.keyboard.type("eat")  # what is typed for the box that did not come is no command
    assert not page.locator("#text").evaluate("box => box === document.activeElement")
    page.clock.resume()
    page.keyboard.press("ArrowDown")
    expect(page.locator("#open-1")).to_be_focused()  # the row that took its place
    assert (states(three)[1], three.rows(Conversation)[0].assigned_to) == ("open", None)

    page.keyboard.press("r")
    expect(page.locator("#text")).to_be_focused()


def test_whoever_types_keeps_the_focus_when_a_row_is_closed_behind_them(three: Console, page: Page) -> None:
    note_calls(three)
    held: list[Route] = []
    intercept(page, "**/events*", lambda route: route.abort())  # the row goes by the key's own refresh
    page.goto(page.url.split("/staff/")[0] + "/staff/")
    page.wait_for_load_state()
    expect(page.locator("#help-button:not([hidden])")).to_have_count(1)
    intercept(page, "**/staff/conversations/2/state*", lambda route: held.append(route))
    page.locator("#open-2").focus()
    page.keyboard.press("e")
    wait_until(page, lambda: held)
    page.locator("#open-1").click()
    page.locator("#text").click()
    page.keyboard.type("Yes, behind ")
    held[0].continue_()
    expect(page.locator("#open-2")).to_have_count(0)
    page.keyboard.type("the house.")

    expect(page.locator("#text")).to_have_value("Yes, behind the house.")
    assert states(three)[2] == "closed"


def test_a_field_in_use_at_a_refresh_is_brought_up_to_date_by_the_next(three: Console, page: Page) -> None:
    carol = three.add_member(name="Carol Oak")
    chosen = page.locator("#to option:checked")
    page.locator("#to").focus()
    with three.edit() as session:
        session.get_one(Conversation, 1).assigned_to = carol.id
    receive(three, "And a ramp?", ONE)
    expect(page.locator("#standing")).to_contain_text("Assigned to Carol Oak")
    assert chosen.inner_text() == "Unassigned"
    page.locator("#assign button").click()

    expect(page.locator("#connection")).to_contain_text("Carol Oak")  # refused: the form had not shown it
    assert three.rows(Conversation)[0].assigned_to == carol.id
    page.locator("#list-scroll").focus()
    receive(three, "Hello?", ONE)
    expect(chosen).to_have_text("Carol Oak")


def test_a_file_of_one_conversation_says_and_holds_up_nothing_in_another(three: Console, page: Page) -> None:
    held: list[Route] = []
    intercept(page, re.compile(r"/conversations/1/files$"), lambda route: held.append(route))
    with page.expect_file_chooser() as chooser:
        page.locator("#attach").click()
    chooser.value.set_files(FORM)
    wait_until(page, lambda: held)
    page.locator("#open-2").click()
    expect(page.locator("#panes:not([aria-busy])")).to_have_attribute("data-id", "2")

    page.locator("#text").fill("Yes, behind the house.")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#thread .staff .text")).to_contain_text("Yes, behind the house.")
    with page.expect_response(re.compile("/conversations/1/files$")):
        held[0].continue_()
    expect(page.locator("#files-said")).to_have_text("")

    page.locator("#open-1").click()
    expect(page.locator("#panes:not([aria-busy])")).to_have_attribute("data-id", "1")
    expect(page.locator("#files-said")).to_contain_text("insurance.pdf: Only pictures")


def test_a_refresh_that_fails_is_said_and_the_next_is_taken(three: Console, page: Page) -> None:
    def spoil(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, body=answer.text().replace('<li id="c-2"', "<li"))

    intercept(page, re.compile(r"/staff/conversations/1(\?.*)?$"), spoil)
    receive(three, "Hello?", "+12025550139")
    expect(page.locator("#connection")).to_contain_text("Connection lost")
    page.unroute_all()

    expect(page.locator("#open-4")).to_be_visible()
    expect(page.locator("#connection")).to_be_empty()
