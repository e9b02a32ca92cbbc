"""A console that hears of no alarms anymore, signed out or without a connection, says so; typed words stay."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, Route, expect
from sqlalchemy import update

from inbox.models import SavedReply, StaffMember, StaffSession, now
from tests.browser.test_calls import ALLOWED, LOOK
from tests.browser.test_console import SignIn, console, console_of, new_profile, sign_in
from tests.browser.test_lost_answers import SHORT_LIMITS
from tests.browser.waiting import wait_until
from tests.staff.conftest import PASSWORD, Console

__all__ = ["console", "console_of", "new_profile", "sign_in"]

# what was shown outlives the page
KEEPS_TOLD = """
  const shows = window.ServiceWorkerRegistration?.prototype.showNotification;
  if (shows) ServiceWorkerRegistration.prototype.showNotification = async function (title, options) {
    await shows.call(this, title, options);
    localStorage.told = JSON.stringify([...JSON.parse(localStorage.told ?? "[]"), title]);
  };
"""
TOLD = "JSON.parse(localStorage.told ?? '[]')"


@pytest.fixture
def page(sign_in: SignIn) -> Page:
    """The account page of a member who turned notifications on."""
    page = sign_in("/staff/account", complaint=r"net::ERR_FAILED|status of 5\d\d")
    for script in (ALLOWED, KEEPS_TOLD, SHORT_LIMITS):
        page.context.add_init_script(script)
    page.reload()
    page.get_by_label("Show notifications").check()
    expect(page.locator("#notify-state")).to_contain_text("On.")
    page.evaluate("localStorage.removeItem('told')")
    return page


def end_sessions(console: Console) -> None:
    with console.edit() as session:
        session.execute(update(StaffSession).values(revoked_at=now()))


def test_whoever_is_signed_out_is_told_before_the_page_goes(console: Console, page: Page) -> None:
    end_sessions(console)
    page.evaluate(LOOK)

    expect(page).to_have_url(re.compile("/staff/sign-in"))
    assert page.evaluate(TOLD) == ["You were signed out: no alarms are shown here"]


def test_looks_that_fail_are_said_in_the_title_and_by_a_notification(page: Page) -> None:
    held: list[Route] = []
    at_once: list[int] = []

    def hold(route: Route) -> None:
        held.append(route)
        at_once.append(len(held))

    page.on("requestfailed", lambda _: held.clear())  # given up
    page.route("**/staff/alarms", hold)
    wait_until(page, lambda: page.evaluate(LOOK) and len(at_once) > 3)
    assert max(at_once) == 1
    expect(page).to_have_title(re.compile("^No connection: no alarms are shown · "))
    page.wait_for_function(f"{TOLD}.length")
    assert page.evaluate(TOLD) == ["No connection: no alarms are shown here"]

    page.unroute_all()
    page.evaluate(LOOK)
    expect(page).to_have_title(re.compile("^(?!No connection)"))


def test_typed_words_stay_and_can_be_saved_after_signing_in_again(console: Console, page: Page) -> None:
    page.goto("/staff/account/replies")
    if not page.get_by_label("Name", exact=True).is_visible():
        page.locator("summary", has_text="Add").click()
    page.get_by_label("Name", exact=True).fill("Parking")
    page.get_by_label("Text in English").fill("Behind the building.")
    end_sessions(console)
    page.evaluate(LOOK)

    expect(page.locator("#connection")).to_contain_text("You were signed out. What you typed is not saved")
    expect(page.get_by_role("heading", level=1)).to_be_hidden()
    expect(page.get_by_label("Text in English")).to_have_value("Behind the building.")
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="Sign in again in a new tab").click()
    [member] = console.rows(StaffMember)
    opened.value.get_by_label("Email").fill(member.email)
    opened.value.get_by_label("Password").fill(PASSWORD)
    opened.value.get_by_role("button", name="Sign in").click()
    expect(opened.value.get_by_role("heading", name="Your saved replies")).to_be_visible()
    page.bring_to_front()
    page.evaluate(LOOK)

    expect(page.locator("#connection")).to_contain_text("You are signed in again")
    page.get_by_role("button", name="Save").first.click()
    expect(page.get_by_role("status").first).to_be_visible()
    assert [(reply.name, reply.text) for reply in console.rows(SavedReply)] == [("Parking", "Behind the building.")]
