"""Numbers that are not safe or are somebody else's, in a browser: axe finds nothing, and the pages fit a phone."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Page, expect

from intake.settings import Settings
from tests.browser.axe import assert_accessible
from tests.browser.signed_in import enter
from tests.browser.visitor import Visitor
from tests.staff.conftest import Console, console_of
from tests.staff.patients.test_shared_numbers import mail, receive
from tests.told_classifier import EMERGENCY, sure_of, tell
from tests.world import without_quiet_hours

__all__ = ["console_of"]

MARK, DANA = "+12025550171", "+12025550156"
CANCEL = "need to cancel tomorrow 2pm - Mark Deville"
SIGNED = "Please send my records. I am Grace Liu.\n\nBest,\nGrace Liu\nPhone: (202) 555-0171"
UNSAFE = "do not text or call this number, my husband reads my phone, use my email dana.r@example.com"
RESULTS, HIT = "Are my results back?", "its dana, he hit me and im bleeding please help"
SCREENS = ((1440, 900), (390, 844))


@pytest.fixture
def console(settings: Settings, console_of: Callable[[Settings], Console]) -> Console:
    settings.practices_file.write_text(without_quiet_hours())
    console = console_of(settings)
    about = dict.fromkeys((CANCEL, RESULTS, UNSAFE), sure_of("complaint"))
    tell(console, about | {HIT: EMERGENCY})
    return console


def open_page(console: Console, browser: Browser, place: str) -> Page:
    visitor = Visitor(browser, base_url=console.url)
    enter(visitor.context, console.settings, console.database, console.add_member(name="Jamie Cole").id)
    page = visitor.context.new_page()
    page.goto(place)
    return page


def check(page: Page) -> None:
    """See that the page is accessible and fits, on a desk and on a phone."""
    assert_accessible(page, SCREENS)


def test_whose_a_number_is_can_be_said_on_every_screen(console: Console, browser: Browser) -> None:
    receive(console, CANCEL, MARK)
    mail(console, SIGNED)
    page = open_page(console, browser, "/staff/conversations/2/patient")
    expect(page.get_by_role("group", name="Add the number (202) 555-0171")).to_be_visible()
    check(page)

    name = page.get_by_role("textbox", name="Name")
    page.get_by_label("Use the name “Grace Liu”").check()
    expect(name).to_have_value("Grace Liu")
    page.get_by_label("Shared number: add it").check()
    page.get_by_role("button", name="Create record").click()

    expect(page.get_by_role("heading", name="Grace Liu")).to_be_visible()
    expect(page.get_by_text("Shared with others").first).to_be_visible()
    check(page)
    page.goto("/staff/conversations/1")
    expect(page.locator("#who")).to_have_text("(202) 555-0171")


def test_beside_a_conversation_the_safe_way_and_the_old_draft_are_a_click_away(
    console: Console, browser: Browser
) -> None:
    receive(console, UNSAFE, DANA)
    page = open_page(console, browser, "/staff/conversations/1")
    page.get_by_role("textbox", name="Your reply").fill("Your results are back")
    expect(page.locator("#kept-reply")).to_have_text("Draft saved")
    page.goto("/staff/")
    receive(console, HIT, DANA)

    page.goto("/staff/conversations/1")

    expect(page.get_by_role("link", name="Write to dana.r@example.com")).to_be_visible()
    expect(page.get_by_role("textbox", name="Your reply")).to_have_value("")
    check(page)
    page.get_by_text("You wrote this before the emergency").click()
    page.get_by_role("button", name="Put it in the box").click()
    expect(page.get_by_role("textbox", name="Your reply")).to_have_value("Your results are back")


def test_a_found_number_is_asked_about_in_the_side_panel(console: Console, browser: Browser) -> None:
    receive(console, CANCEL, MARK)
    mail(console, SIGNED)
    staff = console.sign_in()
    form = {"name": "Grace Liu", "use": "address", "notes": "Prefers mornings"}
    assert staff.post("/staff/conversations/2/patient", data=form).status_code == 303
    page = open_page(console, browser, "/staff/conversations/2")
    check(page)
    page.set_viewport_size({"width": 1440, "height": 900})

    page.get_by_role("button", name="Shared number: add, but rename nobody").click()

    expect(page.locator("#patient-panel").get_by_text("(202) 555-0171")).to_be_visible()
