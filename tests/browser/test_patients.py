"""The pages of patient records in a browser: axe finds nothing, and they fit a phone."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, expect

from intake.settings import Settings
from tests.browser.axe import assert_accessible
from tests.browser.signed_in import enter
from tests.browser.visitor import Visitor
from tests.staff.conftest import Console, console_of
from tests.world import without_quiet_hours

__all__ = ["console_of"]

SCREENS = ((1280, 800), (320, 568))
RECORD = "/staff/patients/demo/1"
OF_CONVERSATION = "/staff/conversations/1/patient"


@pytest.fixture
def console(settings: Settings, console_of: Callable[[Settings], Console]) -> Console:
    """A console with a record that has everything on it, and another of the same family."""
    settings.practices_file.write_text(without_quiet_hours())
    console = console_of(settings)
    console.text("Do you have parking?")
    staff = console.sign_in()
    for name in ("Maria Rivera", "Leo Rivera-With-A-Long-Name-That-Goes-On-And-On", "Maria R"):
        staff.post(OF_CONVERSATION, data={"name": name, "use": "address", "birth_date": "1984-03-27"})
    staff.post(f"{RECORD}/addresses", data={"new_address": "maria.rivera.with.a.long.name@mail.example"})
    staff.post(f"{RECORD}/addresses/1/consent", data={"how": "by_phone"})
    staff.post(f"{RECORD}/merge", data={"other": "3"})
    return console


def test_a_record_shows_what_became_of_a_message_that_was_sent_by_key(console: Console, browser: Browser) -> None:
    visitor = Visitor(browser, base_url=console.url)
    page = visitor.context.new_page()
    enter(visitor.context, console.settings, console.database, console.add_member(name="Ada Admin").id)
    page.goto(RECORD)
    page.get_by_label("Message", exact=True).fill("Your refill is ready.")

    page.keyboard.press("Control+Enter")

    newest = page.locator("#history-entries > li").last
    expect(newest).to_contain_text("Your refill is ready.")
    expect(page.locator(".done")).to_have_text("The message is queued. The history below says what becomes of it.")
    expect(newest).to_contain_text("Queued")
    console.work()
    expect(newest).to_contain_text("Sent")

    visitor.expect_complaint("status of 409")
    page.get_by_label("Message", exact=True).fill("See you then.")
    page.get_by_label("Send at").fill("2020-01-01T10:00")
    page.keyboard.press("Enter")
    expect(page.locator("#message-problem")).to_be_in_viewport()
    expect(page.get_by_label("Message", exact=True)).to_be_focused()
    expect(page.get_by_label("Message", exact=True)).to_have_value("See you then.")
    visitor.leave()


def test_everybody_can_read_and_use_the_pages_of_records(console: Console, browser: Browser) -> None:
    visitor = Visitor(browser, base_url=console.url)
    page = visitor.context.new_page()
    enter(visitor.context, console.settings, console.database, console.add_member(name="Ada Admin").id)

    paths = ("/staff/patients", RECORD, f"{RECORD}/merge?other=2", "/staff/patients/demo/3", OF_CONVERSATION)
    for path in paths:
        page.goto(path)
        page.evaluate("document.querySelectorAll('details').forEach(details => { details.open = true; })")
        assert_accessible(page, SCREENS)
    visitor.leave()
