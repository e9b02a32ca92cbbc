"""A member whom a colleague calls, in a browser: names completed in a note, notifications, and the badge."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import update

from inbox.models import Escalation, Role, now
from intake.settings import Settings
from tests.browser.axe import violations
from tests.browser.test_console import ONE, TWO, SignIn, console_of, new_profile, receive, sign_in
from tests.staff.conftest import Console
from tests.told_classifier import EMERGENCY, tell

__all__ = ["console_of", "new_profile", "sign_in"]

CHEST = "I have crushing chest pain"
# Chromium's headless shell refuses every notification, so this stands in for the permission and for what is drawn. The
# service worker is the browser's own.
ALLOWED = """
  window.told = [];
  const registrations = window.ServiceWorkerRegistration?.prototype ?? {}; // none on an empty page
  registrations.showNotification = async function (title, { body = "", data }) {
    if (!this.active || Notification.permission !== "granted") throw new TypeError("not allowed");
    window.told.push([title, body, data.path]);
  };
  Object.defineProperty(Notification, "permission", { get: () => "granted" });
"""
LOOK = "document.dispatchEvent(new Event('visibilitychange'))"  # at once, as when a tab is shown again
# the tabs of a browser agree by this lock on which of them tells of a call
TOLD_ALL = "navigator.locks.request(`intake-told-${document.querySelector('meta[name=member]').content}`, () => {})"
SOUNDS = """
  window.sounds = [];
  window.notes = 0;
  window.AudioContext = class extends AudioContext {
    isPressed = navigator.userActivation.isActive;
    constructor() { super(); window.sounds.push(this); }
  };
  const start = OscillatorNode.prototype.start;
  OscillatorNode.prototype.start = function (...at) { window.notes += 1; start.apply(this, at); };
"""
PRESS = """(path) => {
  const opened = [];
  self.clients.openWindow = async (address) => opened.push(address);
  const press = new ExtendableEvent("notificationclick");
  press.notification = { data: { path }, close() {} };
  self.dispatchEvent(press);
  return opened;
}"""


@pytest.fixture
def console(settings: Settings, console_of: object) -> Console:
    assert callable(console_of)
    started: Console = console_of(settings)
    tell(started, {CHEST: EMERGENCY})
    return started


def notifications(*tabs: Page) -> list[list[str]]:
    """What the tabs have shown together, each with its title, its text, and what it opens."""
    for tab in tabs:
        tab.evaluate(TOLD_ALL)
    return sorted(notification for tab in tabs for notification in tab.evaluate("window.told"))


def test_the_inbox_offers_sound_and_notifications_once_in_each_browser(console: Console, sign_in: SignIn) -> None:
    dana = sign_in("/staff/", name="Dana Reyes", role=Role.MANAGER)
    dana.context.add_init_script(ALLOWED)
    dana.reload()
    offer = dana.locator("#offer-notices")
    expect(offer).to_contain_text("Turn on sound")
    assert violations(dana) == []
    offer.get_by_role("button", name="Turn on sound and notifications").click()
    expect(offer).to_contain_text("On. Your account page turns them off.")
    assert notifications(dana) == [["Notifications are on", "", "/staff/"]]
    dana.goto("/staff/setup/demo")
    expect(offer).to_contain_text("Done")
    dana.goto("/staff/account")
    expect(dana.get_by_label("Show notifications")).to_be_checked()
    expect(dana.get_by_label("Play a short sound")).to_be_checked()
    dana.goto("/staff/")
    expect(dana.locator("#help-button:not([hidden])")).to_have_count(1)
    expect(offer).to_be_hidden()

    bob = sign_in("/staff/", name="Bob Stone")
    bob.get_by_role("button", name="Not now").click()
    bob.reload()
    expect(bob.locator("#help-button:not([hidden])")).to_have_count(1)
    expect(bob.locator("#offer-notices")).to_be_hidden()


@pytest.mark.parametrize("size", [(720, 450), (390, 844)], ids=["200% zoom", "phone"])
def test_the_offer_is_one_line_above_the_rows_and_covers_none(
    console: Console, sign_in: SignIn, size: tuple[int, int]
) -> None:
    receive(console, "Do you have parking?", ONE)
    page = sign_in("/staff/", viewport={"width": size[0], "height": size[1]})
    offer = page.locator("#offer-notices")
    expect(offer).to_be_visible()

    line, row = offer.bounding_box(), page.locator(".row").first.bounding_box()
    assert line
    assert row
    assert line["height"] <= 48
    assert line["y"] + line["height"] <= row["y"]
    offer.get_by_role("button", name="Not now").click()
    expect(offer).to_be_hidden()


def test_the_actions_for_several_conversations_are_one_row(console: Console, sign_in: SignIn) -> None:
    receive(console, "Do you have parking?", ONE)
    page = sign_in("/staff/", viewport={"width": 720, "height": 450})
    page.get_by_role("checkbox", name="Select ").first.check()

    actions = page.get_by_role("group", name="Selected conversations")
    expect(actions).to_be_visible()
    box = actions.bounding_box()
    assert box
    assert box["height"] <= 48
    page.locator("#bulk-tag").focus()
    expect(page.locator("#bulk-tag")).to_be_in_viewport()


def test_a_colleague_is_mentioned_by_keyboard_and_told_by_a_notification_on_any_page(
    console: Console, sign_in: SignIn
) -> None:
    receive(console, "Do you have parking?", ONE)
    dana = sign_in("/staff/account", name="Dana Reyes")
    dana.context.add_init_script(ALLOWED)
    dana.reload()
    bob = sign_in("/staff/conversations/1", name="Bob Stone")
    console.add_member(name="Daniel Oak")
    dana.get_by_label("Show notifications").check()
    expect(dana.locator("#notify-state")).to_contain_text("On.")
    assert notifications(dana) == [["Notifications are on", "", "/staff/"]]
    assert violations(dana) == []
    dana.goto("/staff/patients/demo")
    other = dana.context.new_page()
    other.goto("/staff/account")
    expect(dana.locator("#favicon")).to_have_attribute("href", re.compile(r"/favicon\.svg$"))

    bob.reload()
    bob.locator("#note").focus()
    bob.keyboard.type("Please call, @da")
    expect(bob.locator("#note-names > :not([hidden])")).to_have_text(["Dana Reyes", "Daniel Oak"])
    assert violations(bob) == []
    bob.keyboard.press("ArrowDown")
    bob.keyboard.press("ArrowUp")
    bob.keyboard.press("Enter")
    expect(bob.locator("#note")).to_have_value("Please call, @Dana Reyes ")
    expect(bob.locator("#note-names")).to_be_hidden()
    bob.get_by_role("button", name="Add note").click()
    expect(bob.locator("#history")).to_contain_text("Bob Stone added a note for Dana Reyes")
    bob.locator("#to").select_option("Dana Reyes")
    bob.locator("#assign button").click()
    receive(console, CHEST, TWO)
    for tab in (dana, other):
        tab.evaluate(LOOK)

    expect(dana).to_have_title("(1 urgent, 1 for you) Patients · Intake")
    expect(dana.locator("#favicon")).to_have_attribute("href", re.compile(r"/favicon-badge\.svg$"))
    expect(other.locator("#for-me")).to_have_text("1 for you")
    assert notifications(dana, other) == [
        ["Urgent conversation", "", "/staff/conversations/2"],
        ["You were assigned a conversation", "", "/staff/conversations/1"],
        ["You were mentioned in a note", "", "/staff/conversations/1"],
    ]

    [worker] = dana.context.service_workers
    assert worker.evaluate(PRESS, "/staff/conversations/2") == ["/staff/conversations/2"]

    dana.get_by_role("link", name="1 for you").click()
    expect(dana.locator(".row")).to_have_count(1)
    expect(dana.locator("#c-1")).to_contain_text("Assigned to you by Bob Stone")
    assert violations(dana) == []
    dana.locator("#open-1").click()
    expect(dana.locator("#for-me")).to_be_empty()
    expect(dana).to_have_title("(1 urgent) Conversation 1 · Intake")


def test_the_sound_is_readied_by_a_press_as_webkit_plays_no_other(console: Console, sign_in: SignIn) -> None:
    page = sign_in("/staff/account")
    page.get_by_label("Play a short sound").check()
    page.context.add_init_script(SOUNDS)
    page.goto("/staff/patients/demo")
    page.keyboard.press("k")
    page.wait_for_function("() => window.sounds.length === 1 && window.sounds[0].state === 'suspended'")

    receive(console, CHEST, TWO)
    page.evaluate(LOOK)

    expect(page).to_have_title("(1 urgent) Patients · Intake")
    page.wait_for_function("() => window.notes === 2")
    page.wait_for_function("() => window.sounds[0].state === 'suspended'")
    assert page.evaluate("window.sounds.map(sound => sound.isPressed)") == [True]


@pytest.fixture
def listening(sign_in: SignIn) -> Page:
    """The account page of a member who has turned notifications on."""
    page = sign_in("/staff/account")
    page.context.add_init_script(ALLOWED)
    page.reload()
    page.get_by_label("Show notifications").check()
    expect(page.locator("#notify-state")).to_contain_text("On.")
    return page


def test_an_emergency_is_told_though_another_ended_before_the_page_looked(console: Console, listening: Page) -> None:
    listening.goto("/staff/patients/demo")
    receive(console, CHEST, ONE)
    listening.evaluate(LOOK)
    expect(listening).to_have_title("(1 urgent) Patients · Intake")
    with console.edit() as session:
        session.execute(update(Escalation).values(acknowledged_at=now()))
    receive(console, CHEST, TWO)
    listening.evaluate(LOOK)

    expect(listening.locator("#calls > [data-conversation='2']")).to_have_count(1)
    assert notifications(listening) == [
        ["Urgent conversation", "", f"/staff/conversations/{number}"] for number in (1, 2)
    ]


def test_an_emergency_of_the_open_conversation_is_told_as_nobody_may_be_looking(
    console: Console, listening: Page
) -> None:
    receive(console, "Do you have parking?", ONE)
    listening.goto("/staff/conversations/1")
    receive(console, CHEST, ONE)
    listening.evaluate(LOOK)

    expect(listening).to_have_title(re.compile("1 urgent"))
    assert notifications(listening) == [["Urgent conversation", "", "/staff/conversations/1"]]


def test_a_tab_that_was_open_before_notifications_were_turned_on_tells_in_time_too(sign_in: SignIn) -> None:
    older = sign_in("/staff/patients/demo")
    older.context.add_init_script(ALLOWED)
    older.reload()
    newer = older.context.new_page()
    newer.goto("/staff/account")
    switch = newer.get_by_label("Show notifications")
    with older.expect_event("worker") as ticker:  # which a browser slows down less than a hidden page
        switch.check()
    with ticker.value.expect_event("close"):
        switch.uncheck()
