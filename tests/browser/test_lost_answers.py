"""Requests of the console that hang or whose answer is lost: nothing freezes, and what is said is true."""

from __future__ import annotations

import re

from playwright.sync_api import Page, Route, expect

from inbox.models import Delivery
from tests.browser.test_console import ONE, TWO, SignIn, console, console_of, new_profile, press, receive, sign_in
from tests.browser.waiting import wait_until
from tests.staff.conftest import Console

__all__ = ["console", "console_of", "new_profile", "sign_in"]

PLACE = "/staff/conversations/1"
CHEST = "My husband has crushing chest pain and can't breathe"
# the limits of requests, in a tenth of their time
SHORT_LIMITS = """
  const limit = AbortSignal.timeout.bind(AbortSignal);
  AbortSignal.timeout = (milliseconds) => limit(milliseconds / 10);
"""


def open_page(sign_in: SignIn, path: str = "/staff/", limits: str = SHORT_LIMITS) -> Page:
    page = sign_in(path, complaint=r"net::ERR_FAILED|status of 4\d\d")
    page.add_init_script(limits)
    page.reload()
    expect(page.locator("#help-button:not([hidden])")).to_have_count(1)
    page.wait_for_load_state()
    return page


def replies(console: Console) -> list[str]:
    return [delivery.body for delivery in console.rows(Delivery) if delivery.message_id is None]


def test_a_refresh_that_hangs_is_said_and_tried_again(console: Console, sign_in: SignIn) -> None:
    receive(console, "Do you take my insurance?")
    page = open_page(sign_in)
    held: list[Route] = []
    page.route(re.compile(r"/staff/(\?.*)?$"), lambda route: held.append(route))
    receive(console, "Is there a ramp?", TWO)
    wait_until(page, lambda: held)
    receive(console, CHEST, "+12025550139")

    expect(page.locator("#connection")).to_contain_text("Connection lost")
    expect(page.locator("#pinned-rows > .row")).to_have_count(0)
    page.unroute_all()
    expect(page.locator("#pinned-rows > .row")).to_have_count(1)
    expect(page.locator("#connection")).to_be_empty()


def test_a_stream_that_opens_takes_no_warning_back_before_the_page_is_fresh(console: Console, sign_in: SignIn) -> None:
    page = open_page(sign_in)
    refused: list[Route] = []

    def refuse(route: Route) -> None:
        refused.append(route)
        route.fulfill(status=429, body="")

    page.route(re.compile(r"/staff/(\?.*)?$"), refuse)
    receive(console, CHEST)
    expect(page.locator("#connection")).to_contain_text("Connection lost")
    with page.expect_response("**/events*"):
        page.evaluate("""() => {
          Object.defineProperty(document, "hidden", { configurable: true, get: () => true });
          document.dispatchEvent(new Event("visibilitychange"));
          delete document.hidden;
          document.dispatchEvent(new Event("visibilitychange"));
        }""")
    before = len(refused)
    wait_until(page, lambda: len(refused) > before)
    expect(page.locator("#connection")).to_contain_text("Connection lost")

    page.unroute_all()
    expect(page.locator("#pinned-rows > .row")).to_have_count(1)
    expect(page.locator("#connection")).to_be_empty()


def test_a_reply_does_not_wait_without_end_for_its_draft(console: Console, sign_in: SignIn) -> None:
    receive(console, "Do you take my insurance?")
    page = open_page(sign_in, PLACE)
    held: list[Route] = []
    page.route("**/draft", lambda route: held.append(route))
    page.get_by_label("Your reply").fill("Yes, we do.")
    wait_until(page, lambda: held)

    page.keyboard.press("Control+Enter")

    expect(page.locator("#thread .staff .text")).to_contain_text("Yes, we do.")
    expect(page.get_by_label("Your reply")).to_have_value("")
    assert len(replies(console)) == 1


def test_a_reply_that_was_moved_away_from_while_nothing_could_be_saved_is_kept_and_said(
    console: Console, sign_in: SignIn
) -> None:
    receive(console, "Do you take my insurance?")
    receive(console, "Where are you?", TWO)
    page = open_page(sign_in, PLACE, limits="")
    held: list[Route] = []
    page.route(f"**{PLACE}/draft", lambda route: held.append(route))
    page.get_by_label("Your reply").fill("Yes, we do.")
    wait_until(page, lambda: held)
    page.keyboard.press("Control+Enter")
    page.locator("#open-2").click()

    expect(page.locator("#connection")).to_contain_text("Your last reply was not sent. It is kept as a draft")
    expect(page.locator("#panes")).to_have_attribute("data-id", "2")
    assert replies(console) == []
    page.unroute_all()
    page.locator("#open-1").click()
    expect(page.get_by_label("Your reply")).to_have_value("Yes, we do.")


def test_a_reply_without_an_answer_may_have_been_sent_and_goes_out_once(console: Console, sign_in: SignIn) -> None:
    receive(console, "Do you take my insurance?")
    page = open_page(sign_in, PLACE)
    page.route("**/reply*", lambda route: (route.fetch(max_redirects=0), route.abort()), times=2)
    page.get_by_label("Your reply").fill("Yes, we do.")
    page.keyboard.press("Control+Enter")

    expect(page.locator("#connection")).to_contain_text("No answer came. It may have been sent")
    expect(page.locator("#thread .staff .text")).to_contain_text("Yes, we do.")
    page.get_by_label("Your reply").press("Control+Enter")  # once more, and the answer is lost again
    expect(page.locator("#connection")).to_contain_text("No answer came. It may have been sent")
    assert len(replies(console)) == 1
    page.get_by_label("Your reply").fill("Yes, we do. All plans.")
    page.keyboard.press("Control+Enter")

    expect(page.locator("#problem")).to_contain_text("was already sent, with other words")
    expect(page.get_by_label("Your reply")).to_have_value("Yes, we do. All plans.")
    assert len(replies(console)) == 1


def test_a_key_whose_request_is_lost_says_so(console: Console, sign_in: SignIn) -> None:
    receive(console, CHEST, ONE)
    page = open_page(sign_in)
    page.route("**/assign", lambda route: route.abort())
    press(page, "j")
    page.keyboard.press("a")
    expect(page.locator("#connection")).to_contain_text("No answer came")

    page.unroute_all()
    page.goto(PLACE)
    page.route("**/marks*", lambda route: route.abort())
    page.locator("#mark-details").click()
    expect(page.locator("#connection")).to_contain_text("The marks were not switched")
