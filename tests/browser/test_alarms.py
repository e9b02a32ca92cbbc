"""Alarms in a browser: pinned, counted in every title, and gone everywhere once someone acts, without a reload."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from inbox.models import Conversation, Escalation, Notification, NotificationState, now
from intake.settings import Settings
from intake.vocabulary import NotificationReason, Priority
from tasks.notification.targets import key_of
from tests.browser.axe import violations
from tests.browser.layout import content_width
from tests.browser.test_console import ONE, PLACE, TWO, SignIn, console_of, new_profile, receive, sign_in
from tests.staff.conftest import Console
from tests.told_classifier import EMERGENCY, tell
from tests.world import PRACTICES_TOML

__all__ = ["console_of", "new_profile", "sign_in"]

CHEST = "I have crushing chest pain"
THREE = "+12025550133"
STEPS = """
teams = { on_call = { notify = ["sms:+12025550112"] }, manager = { notify = [] } }
escalation = [{ team = "manager", after_minutes = 10 }]
"""


@pytest.fixture
def console(settings: Settings, console_of: object) -> Console:
    """A practice whose on-call team is texted, and whose manager is next."""
    settings.practices_file.write_text(PRACTICES_TOML.replace('slug = "demo"\n', f'slug = "demo"\n{STEPS}', 1))
    assert callable(console_of)
    started: Console = console_of(settings)
    tell(started, {CHEST: EMERGENCY})
    return started


def ids(page: Page) -> list[str]:
    found: list[str] = page.locator(".rows > .row").evaluate_all("all => all.map(row => row.id)")
    return found


def test_the_button_that_takes_charge_looks_the_same_wherever_it_is(console: Console, sign_in: SignIn) -> None:
    receive(console, CHEST, ONE)
    page = sign_in("/staff/conversations/1")
    color = "button => getComputedStyle(button).backgroundColor"
    beside = page.get_by_role("button", name="I’ll handle it", exact=True).evaluate(color)

    page.goto("/staff/escalations/1")

    assert page.get_by_role("button", name="I’ll handle it", exact=True).evaluate(color) == beside


def test_on_a_phone_a_conversation_shows_how_many_emergencies_are_open(console: Console, sign_in: SignIn) -> None:
    receive(console, "Do you have parking?", ONE)
    phone = sign_in("/staff/conversations/1")
    phone.set_viewport_size({"width": 390, "height": 844})
    links = phone.get_by_role("navigation", name="Console").get_by_role("link")
    expect(links).to_have_text([re.compile("^Inbox $"), re.compile("^Review"), "Patients"])

    receive(console, CHEST, TWO)
    phone.reload()

    expect(links).to_have_text(["Inbox 1 urgent", re.compile("^Review"), "Patients"])
    expect(links.first).to_be_in_viewport(ratio=1)
    assert content_width(phone) <= 390
    assert violations(phone) == []
    links.first.click()
    expect(phone).to_have_url(f"{console.url}/staff/")


def test_after_a_reply_the_next_one_is_the_most_pressing(console: Console, sign_in: SignIn) -> None:
    receive(console, CHEST, TWO)
    receive(console, "Do you have parking?", ONE)
    receive(console, "Is there a ramp?", THREE)
    page = sign_in()
    page.wait_for_load_state()  # scripts listen
    page.locator("#open-3").click()
    expect(page.locator("#panes:not([aria-busy])")).to_have_attribute("data-id", "3")
    page.wait_for_load_state()
    page.keyboard.press("r")
    expect(page.get_by_label("Your reply")).to_be_focused()
    page.keyboard.type("Yes.")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#thread")).to_contain_text("Yes.")
    page.keyboard.press("Escape")

    page.keyboard.press("j")

    expect(page.locator("#open-1")).to_be_focused()


IN_SIGHT = """() => {
  const list = document.getElementById("list-scroll").getBoundingClientRect();
  const { top, bottom } = document.getElementById("c-1").getBoundingClientRect();
  return top >= list.top - 1 && bottom <= list.bottom + 1;
}"""


def test_many_emergencies_hide_neither_a_search_nor_the_row_of_what_is_open(console: Console, sign_in: SignIn) -> None:
    receive(console, "Do you have parking?", ONE)
    for number in range(20):
        receive(console, CHEST, f"+120255502{number:02}")
    page = sign_in("/staff/conversations/1", viewport={"width": 1440, "height": 900})
    expect(page.locator("#pinned-rows > .row")).to_have_count(20)
    page.wait_for_function(IN_SIGHT)
    heights = page.locator(".rows > .row").evaluate_all("all => all.map((row) => Math.round(row.offsetHeight))")
    assert heights[0] <= heights[-1] + 1  # an emergency takes no more room than another

    receive(console, CHEST, TWO)
    expect(page.locator("#pinned-rows > .row")).to_have_count(21)
    page.wait_for_function(IN_SIGHT)

    page.locator("#wanted").fill("parking")
    page.keyboard.press("Enter")
    expect(page.locator("#summary")).to_contain_text("1 found")
    assert ids(page) == ["c-1"]
    line = page.locator("#open-alarms")
    expect(line).to_have_text("21 open emergencies")
    for width in (1440, 390):
        page.set_viewport_size({"width": width, "height": 844})
        expect(line).to_be_in_viewport(ratio=1)
        assert content_width(page) <= width
        assert violations(page) == []
    receive(console, CHEST, THREE)
    expect(line).to_have_text("22 open emergencies")  # as it is raised
    line.get_by_role("link").click()
    expect(page.locator("#pinned-rows > .row")).to_have_count(22)


def test_an_alarm_is_pinned_and_counted_as_it_is_raised_and_let_go_as_it_ends(
    console: Console, sign_in: SignIn
) -> None:
    inbox = sign_in()
    account = sign_in("/staff/account", name="Bob Stone")
    receive(console, "Do you have parking?", ONE)
    receive(console, CHEST, TWO)
    receive(console, "Is there a ramp?", ONE)

    expect(inbox).to_have_title("(1 urgent) Inbox · Intake")
    expect(inbox.locator("#pinned-rows > .row")).to_have_count(1)
    assert ids(inbox) == ["c-2", "c-1"]
    expect(inbox.locator("#pinned-rows")).to_contain_text("Nobody is next")
    expect(account.locator("#alarm-count")).to_have_text("1 urgent")
    assert violations(inbox) == []

    inbox.locator("#open-2").click()
    expect(inbox.locator("#alarm")).to_contain_text("On call notified")
    assert violations(inbox) == []
    inbox.get_by_role("button", name="I’ll handle it", exact=True).click()

    expect(inbox.locator("#alarm")).to_contain_text("Acknowledged by Dana Reyes")
    expect(inbox.locator("#alarm-count")).to_be_empty()
    expect(account.locator("#alarm-count")).to_be_empty()
    expect(account).not_to_have_title("(1 urgent)")


SEEN = """(text) => {
  const { left, top, bottom } = text.getBoundingClientRect();
  return [top + 5, bottom - 5].every((y) => text.contains(document.elementFromPoint(left + 5, y)));
}"""


def test_what_the_patient_wrote_and_the_button_are_in_sight_on_a_small_screen(
    console: Console, sign_in: SignIn
) -> None:
    words = f"{CHEST}. We live at 12 Elm Street, second floor, and the bell does not work."
    tell(console, {words: EMERGENCY})
    for number in range(8):
        console.text(f"Do you have parking? ({number})", from_=ONE)
    receive(console, words, ONE)
    page = sign_in("/staff/")

    for width, height in ((1366, 625), (1280, 620), (960, 600), (390, 844)):
        page.set_viewport_size({"width": width, "height": height})
        page.goto("/staff/conversations/1")
        text = page.locator("#thread > .patient .text").last
        expect(text).to_have_text(words)
        page.wait_for_function(f"() => ({SEEN})([...document.querySelectorAll('#thread > .patient .text')].at(-1))")
        expect(page.locator("#handle")).to_be_in_viewport(ratio=1)


SLOW = (
    "My neighbor Walt dropped the leash and folded up by the mailbox. His lips went gray, he is breathing in snorts,"
    " and nobody here knows what to do for him. Please tell us, we are four of us standing around him"
)
WHOLE = """() => {
  const { top, bottom, left } = document.getElementById("alarm-words").getBoundingClientRect();
  const at = (y) => document.elementFromPoint(left + 20, y)?.closest("#alarm-words") !== null;
  return top >= 0 && bottom <= innerHeight && at(top + 4) && at(bottom - 4);
}"""
SIZES = [(1366, 768), (1440, 900), (1280, 720), (820, 1180), (390, 844)]


@pytest.mark.parametrize("size", SIZES, ids=[f"{width}x{height}" for width, height in SIZES])
def test_whatever_became_of_the_pages_the_words_of_an_emergency_stay_whole_in_sight(
    console: Console, sign_in: SignIn, size: tuple[int, int]
) -> None:
    tell(console, {SLOW: EMERGENCY})
    receive(console, SLOW)
    with console.edit() as session:
        session.get_one(Conversation, 1).unsafe_since = now()
        alarm = session.get_one(Escalation, 1)
        for step in range(1, 8):
            failed = Notification(
                message_id=alarm.message_id,
                escalation_id=alarm.id,
                reason=NotificationReason.ESCALATION,
                escalation_step=step,
                team="on_call",
                target=key_of("sms:+12025550112"),
                priority=Priority.URGENT,
                state=NotificationState.FAILED,
            )
            session.add(failed)

    page = sign_in(PLACE, viewport={"width": size[0], "height": size[1]})

    assert page.evaluate(WHOLE)
    expect(page.locator("#alarm-words")).to_have_text(SLOW)
    assert page.locator("#thread-scroll").bounding_box()["height"] >= 90  # type: ignore[index]
    log = page.locator("#alarm-log")
    assert log.bounding_box()["height"] < 30  # type: ignore[index]
    log.locator("summary").click()
    expect(log.locator("li")).to_have_count(9)
    expect(log.locator("li").first).to_be_in_viewport()
    assert page.evaluate(WHOLE)
    assert content_width(page) <= size[0]
    assert violations(page) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_page_again_can_be_read_under_the_mouse(console: Console, sign_in: SignIn, scheme: str) -> None:
    receive(console, CHEST)
    page = sign_in(PLACE, color_scheme=scheme)

    page.locator("#page-again").hover()

    assert violations(page) == []
