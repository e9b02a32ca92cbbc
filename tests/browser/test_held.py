"""A scheduled message that the patient wrote after, in a browser: what the thread says at once, and its buttons."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from inbox.models import Delivery, now
from intake.settings import Settings
from tests.browser.axe import violations
from tests.browser.layout import content_width
from tests.browser.test_calls import ALLOWED, LOOK, notifications
from tests.browser.test_console import SignIn, console_of, new_profile, receive, sign_in
from tests.staff.conftest import Console
from tests.staff.conversations.test_send_later import at
from tests.told_classifier import sure_of, tell
from tests.world import without_quiet_hours

__all__ = ["console_of", "new_profile", "sign_in"]

ASKED, GONE = "Can I come on Tuesday?", "I can't come any more, my mother died"
PAGE = "/staff/conversations/1"
WORDS = "See you Tuesday at 3!"
SINCE = "The patient wrote after this was scheduled"


@pytest.fixture
def console(settings: Settings, console_of: object) -> Console:
    assert callable(console_of)
    settings.practices_file.write_text(without_quiet_hours())
    started: Console = console_of(settings)
    tell(started, {ASKED: sure_of("appointment_request"), GONE: sure_of("appointment_request")})
    receive(started, ASKED)
    return started


def schedule(page: Page) -> None:
    """Schedule a reply from the box."""
    page.get_by_label("Your reply").fill(WORDS)
    page.locator("#later-menu summary").click()
    page.get_by_label("Or at").fill(at(3))
    page.get_by_role("button", name="Schedule").click()
    expect(page.locator("#thread .staff .status")).to_contain_text("Scheduled for")


def let_it_be_read(page: Page) -> None:
    """Wait until what the patient wrote has been in sight."""
    expect(page.locator("#acts [name=newest]")).to_have_value("2")


def let_its_time_come(console: Console) -> None:
    with console.edit() as session:
        for reply in session.query(Delivery).filter(Delivery.scheduled_for.is_not(None)):
            reply.scheduled_for = reply.next_attempt_at = now() - timedelta(seconds=1)
    console.reconcile()


def sent(console: Console) -> list[str]:
    return [text.body for text in console.twilio.messages if WORDS in text.body]


def test_the_thread_asks_as_the_patient_writes_and_confirms_in_place(console: Console, sign_in: SignIn) -> None:
    page = sign_in(PAGE)
    schedule(page)

    receive(console, GONE)

    bubble = page.locator("#thread .staff")
    expect(bubble).to_contain_text(f"{SINCE}, so it will be held at its time.")
    assert violations(page) == []
    let_it_be_read(page)
    bubble.get_by_role("button", name="Send as planned").click()
    expect(bubble).not_to_contain_text(SINCE)
    let_its_time_come(console)
    expect(bubble.locator(".status")).to_have_text(re.compile("^Sent$|^Delivered$"))
    assert len(sent(console)) == 1


@pytest.mark.parametrize("size", [(1440, 900), (390, 844)], ids=["desk", "phone"])
def test_what_is_held_says_so_as_it_happens_and_is_sent_in_place(
    console: Console, sign_in: SignIn, size: tuple[int, int]
) -> None:
    page = sign_in(PAGE, viewport={"width": size[0], "height": size[1]})
    schedule(page)
    receive(console, GONE)
    expect(page.locator("#thread .staff")).to_contain_text(SINCE)

    let_its_time_come(console)

    bubble = page.locator("#thread .staff")
    expect(bubble).to_contain_text("Held: it was scheduled for")
    expect(bubble).to_contain_text(f"{SINCE}.")
    assert violations(page) == []
    assert content_width(page) <= size[0]
    page.get_by_role("link", name="A message is held").click()
    expect(bubble).to_be_in_viewport()
    let_it_be_read(page)
    bubble.get_by_role("button", name="Send anyway").click()
    expect(bubble).not_to_contain_text("Held")
    console.work()
    assert len(sent(console)) == 1


def test_who_scheduled_it_is_notified_and_led_to_it(console: Console, sign_in: SignIn) -> None:
    page = sign_in(PAGE)
    page.context.add_init_script(ALLOWED)
    schedule(page)
    page.goto("/staff/account")
    page.get_by_label("Show notifications").check()
    receive(console, GONE)

    let_its_time_come(console)
    page.evaluate(LOOK)

    expect(page).to_have_title(re.compile(r"^\(1 for you\)"))
    assert ["A scheduled message is held", "", PAGE] in notifications(page)
    page.goto("/staff/?view=scheduled")
    expect(page.locator("#rows > li")).to_contain_text("Held: patient wrote since")
    expect(page.locator("#view-scheduled .count")).to_have_text("1")
    assert violations(page) == []
