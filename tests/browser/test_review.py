"""The review queue in a browser: new messages appear by themselves, and one key labels them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from inbox.models import Review, ReviewReason, Role, StaffMember
from tests.browser.axe import assert_accessible
from tests.browser.layout import content_width
from tests.browser.signed_in import enter
from tests.browser.waiting import intercept
from tests.staff.conftest import Console, StartConsole, console_of, start_console
from tests.staff.reviews.test_quality import add_review

__all__ = ["console_of", "start_console"]

UNSURE = "The thing from last week, is it okay like that?"
URGENT = "I can't breathe and my chest hurts"
OTHER_PATIENT = "+12025550124"
SCREENS = ((1280, 800), (320, 568))

SignIn = Callable[..., Page]


@pytest.fixture
def unsure(start_console: StartConsole) -> Console:
    """A practice that sends every message to a person."""
    return start_console("review_threshold = 1.0\nreview_sample = 0")


@pytest.fixture
def sign_in(unsure: Console, browser: Browser) -> Iterator[SignIn]:
    """Signs in a new manager in a separate browser profile and opens the review queue."""
    contexts = []

    def open_queue(**options: Any) -> Page:
        contexts.append(browser.new_context(base_url=unsure.url, **options))
        enter(contexts[-1], unsure.settings, unsure.database, unsure.add_member(Role.MANAGER).id)
        page = contexts[-1].new_page()
        page.goto("/staff/review")
        return page

    yield open_queue
    for context in contexts:
        context.close()


def wait_for_keys(page: Page) -> None:
    """Waits until the page is listening."""
    expect(page.locator("#help-button:not([hidden])")).to_have_count(1)


def press(page: Page, key: str) -> None:
    """Presses a key once the page is listening."""
    wait_for_keys(page)
    page.keyboard.press(key)


def receive(console: Console, text: str, **options: str) -> None:
    console.text(text, **options)
    console.work()


def test_a_message_appears_is_labelled_with_a_key_and_answered(unsure: Console, sign_in: SignIn) -> None:
    page = sign_in()
    expect(page.get_by_text("All caught up")).to_be_visible()

    receive(unsure, UNSURE)
    expect(page.get_by_text(UNSURE)).to_be_visible()
    expect(page).to_have_title("(1) Review · Intake")

    press(page, "6")
    expect(page.locator("#told")).to_contain_text("Labeled “Complaint”: notifying Manager")
    expect(page.get_by_text("All caught up")).to_be_visible()
    expect(page.get_by_text(UNSURE)).to_have_count(0)
    expect(page).to_have_title("Review · Intake")

    unsure.work()
    assert len(unsure.twilio.messages) == 1  # the reply that went out as the message came
    assert [review.label for review in unsure.rows(Review)] == ["complaint"]


def test_the_next_one_is_there_at_once(unsure: Console, sign_in: SignIn) -> None:
    receive(unsure, UNSURE)
    receive(unsure, "And the other one then?", from_=OTHER_PATIENT)
    page = sign_in()

    expect(page.get_by_text(UNSURE)).to_be_visible()
    press(page, "8")
    expect(page.get_by_text("And the other one then?")).to_be_visible()
    press(page, "u")
    expect(page.get_by_text(UNSURE)).to_be_visible()
    press(page, "s")
    expect(page.get_by_text("And the other one then?")).to_be_visible()


def test_j_and_k_move_as_in_the_inbox_and_label_nothing(unsure: Console, sign_in: SignIn) -> None:
    receive(unsure, UNSURE)
    receive(unsure, "And the other one then?", from_=OTHER_PATIENT)
    page = sign_in()

    press(page, "k")
    expect(page.get_by_text(UNSURE)).to_be_visible()
    press(page, "j")
    expect(page.get_by_text("And the other one then?")).to_be_visible()
    press(page, "k")
    expect(page.get_by_text(UNSURE)).to_be_visible()

    assert [review.label for review in unsure.rows(Review)] == [None, None]


def test_g_leads_to_another_page_and_labels_nothing_on_the_way(unsure: Console, sign_in: SignIn) -> None:
    receive(unsure, UNSURE)
    page = sign_in()

    press(page, "g")
    page.keyboard.press("8")
    page.keyboard.type("gi18d")

    expect(page.get_by_role("heading", name="Inbox")).to_be_visible()
    assert [review.label for review in unsure.rows(Review)] == [None]


def test_a_message_is_labeled_in_a_menu_beside_its_conversation_which_stays(unsure: Console, sign_in: SignIn) -> None:
    receive(unsure, "And the other one then?", from_=OTHER_PATIENT)
    receive(unsure, UNSURE)
    page = sign_in(viewport={"width": 1440, "height": 900})
    page.goto("/staff/conversations/2?view=unassigned")
    menu = page.locator("#label-menu")
    expect(menu).to_contain_text("To review")

    press(page, "c")
    expect(menu.locator("blockquote")).to_have_text(UNSURE)
    expect(menu.get_by_role("button").first).to_be_focused()
    assert_accessible(page, ((1440, 900), (390, 844)))
    page.set_viewport_size({"width": 1440, "height": 900})
    page.keyboard.press("Escape")
    expect(menu).not_to_have_attribute("open", "")
    press(page, "c")
    expect(menu.get_by_role("button").first).to_be_focused()
    for _ in range(5):
        page.keyboard.press("ArrowDown")
    expect(menu.get_by_role("button", name="Complaint")).to_be_focused()
    page.keyboard.press("Enter")

    expect(page.get_by_text("Labeled “Complaint”")).to_be_visible()
    expect(page).to_have_url(re.compile(r"/staff/conversations/2\?view=unassigned$"))
    press(page, "c")
    expect(page.locator("#connection")).to_have_text("No message of this conversation waits in Review.")
    assert [review.label for review in unsure.rows(Review)] == [None, "complaint"]


def test_a_menu_whose_labels_do_not_come_leads_to_review(unsure: Console, sign_in: SignIn) -> None:
    receive(unsure, UNSURE)
    page = sign_in()
    page.goto("/staff/conversations/1")
    intercept(page, "**/staff/review/of/*", lambda route: route.abort())

    press(page, "c")
    expect(page.locator("#connection")).to_contain_text("The labels did not come.")
    page.get_by_role("link", name="Label it in Review").click()

    expect(page.get_by_role("heading", name="Review", exact=True)).to_be_visible()


def test_a_message_stays_in_sight_while_more_urgent_ones_come(unsure: Console, sign_in: SignIn) -> None:
    receive(unsure, UNSURE)
    page = sign_in()

    receive(unsure, URGENT, from_=OTHER_PATIENT)
    expect(page).to_have_title("(2) Review · Intake")
    expect(page.get_by_text(UNSURE)).to_be_visible()

    press(page, "2")
    expect(page.get_by_text(URGENT)).to_be_visible()
    assert [review.label for review in unsure.rows(Review)] == ["existing_patient_question", None]


def test_a_key_with_a_modifier_is_the_browsers(unsure: Console, sign_in: SignIn) -> None:
    receive(unsure, UNSURE)
    page = sign_in()

    for key in ("Control+6", "Alt+6", "9", "x"):
        press(page, key)
    press(page, "8")
    expect(page.locator("#told")).to_contain_text("None of these")

    assert [review.label for review in unsure.rows(Review)] == ["none_of_these"]


def test_a_key_held_down_labels_one_message(unsure: Console, sign_in: SignIn) -> None:
    receive(unsure, UNSURE)
    receive(unsure, "And the other one then?", from_=OTHER_PATIENT)
    page = sign_in()

    wait_for_keys(page)
    page.keyboard.down("8")
    expect(page.get_by_text("And the other one then?")).to_be_visible()
    wait_for_keys(page)
    page.keyboard.down("8")
    page.keyboard.up("8")
    press(page, "6")
    expect(page.locator("#told")).to_contain_text("Complaint")

    assert [review.label for review in unsure.rows(Review)] == ["none_of_these", "complaint"]


def test_the_keys_can_be_turned_off(unsure: Console, sign_in: SignIn) -> None:
    receive(unsure, UNSURE)
    page = sign_in()

    press(page, "?")
    page.get_by_label("Use single-key shortcuts").uncheck()
    page.get_by_role("button", name="Done").click()
    press(page, "6")
    page.get_by_role("button", name="None of these").click()
    expect(page.locator("#told")).to_contain_text("None of these")

    assert [review.label for review in unsure.rows(Review)] == ["none_of_these"]


def test_it_works_without_scripts(unsure: Console, sign_in: SignIn) -> None:
    receive(unsure, UNSURE)
    page = sign_in(java_script_enabled=False)

    page.get_by_role("button", name="Billing question").click()
    expect(page.get_by_text("All caught up")).to_be_visible()

    assert [review.label for review in unsure.rows(Review)] == ["billing_inquiry"]


def test_axe_finds_nothing(unsure: Console, sign_in: SignIn) -> None:
    page = sign_in()
    assert_accessible(page, SCREENS)

    receive(unsure, URGENT)
    expect(page.get_by_text(URGENT)).to_be_visible()
    assert_accessible(page, SCREENS)

    press(page, "5")
    expect(page.get_by_text("All caught up")).to_be_visible()
    add_review(unsure, reason=ReviewReason.SAMPLE, sampling_rate=0.02, label="billing_inquiry", days=8)
    page.goto("/staff/quality")
    expect(page.get_by_role("img")).to_have_count(3)
    assert_accessible(page, SCREENS)

    page.goto("/staff/figures")
    expect(page.locator("#hours")).to_contain_text("too few to tell")
    expect(page.locator("#hours svg")).to_be_visible()
    assert_accessible(page, SCREENS)


def test_nothing_is_wider_than_a_small_phone(unsure: Console, sign_in: SignIn) -> None:
    receive(unsure, "Averyveryverylongwordwithoutanyspacesinitthatnobodywouldwrite " * 4)
    add_review(unsure, practice="demo", decided_at=None, label=None)
    add_review(unsure)
    page = sign_in(viewport={"width": 320, "height": 568})

    for path in ("/staff/review", "/staff/quality", "/staff/figures"):
        page.goto(path)
        assert content_width(page) == 320, path


def test_the_title_has_each_number_once(unsure: Console, sign_in: SignIn) -> None:
    receive(unsure, UNSURE)
    page = sign_in()
    [member] = unsure.rows(StaffMember)
    unsure.sign_in(name="Pat Jones").post("/staff/conversations/1/assign", data={"to": str(member.id)})
    page.reload()
    expect(page).to_have_title("(1 for you) (1) Review · Intake")

    receive(unsure, UNSURE, from_=OTHER_PATIENT)

    expect(page).to_have_title("(1 for you) (2) Review · Intake")
