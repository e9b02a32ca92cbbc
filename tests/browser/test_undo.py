"""The bar that undoes what was just done: its button, its keys, and what it says to those who don't see it."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, Route, expect
from sqlalchemy import update

from inbox.models import Conversation, Delivery, DeliveryState, Undo, UndoKind, now
from intake.settings import Settings
from staff.undo.offers import TOO_LATE
from tests.browser.axe import violations
from tests.browser.test_console import (
    ONE,
    TWO,
    SignIn,
    console,
    console_of,
    new_profile,
    note_calls,
    press,
    receive,
    sign_in,
)
from tests.browser.test_keys_while_loading import held
from tests.staff.conftest import Console
from tests.told_classifier import EMERGENCY, tell

__all__ = ["console", "console_of", "new_profile", "sign_in"]

PLACE = "/staff/conversations/1"
CHEST = "I have crushing chest pain"
WORDS = "We can see you on Tuesday."


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """The usual settings, but with a minute to undo what was done."""
    return settings.model_copy(update={"undo_seconds": 60})


def accessible(page: Page) -> None:
    """Asks axe about the page as it is."""
    assert violations(page) == []


def end_offers(console: Console) -> None:
    """Let a minute pass for the service too, or a page that is loaded anew offers the undo again."""
    with console.edit() as session:
        session.execute(update(Undo).values(until=now()))


def test_a_reply_is_undone_with_the_keyboard_and_what_was_typed_since_is_kept(
    console: Console, sign_in: SignIn
) -> None:
    receive(console, "Do you take my insurance?")
    page = sign_in(PLACE)
    box, bar, said = page.get_by_label("Your reply"), page.locator("#undo-bar"), page.locator("#undo-said")
    box.fill(WORDS)
    page.keyboard.press("Control+Enter")
    expect(bar).to_contain_text("Sending in")
    expect(said).to_contain_text("To undo, press U.")
    expect(box).to_have_value("")

    box.fill("And")
    page.keyboard.press("Control+z")  # in a field, this is the field's own
    expect(bar).to_contain_text("Sending in")
    box.fill("And your card")
    page.keyboard.press("Escape")
    page.keyboard.press("Control+z")

    expect(box).to_have_value(f"{WORDS}\n\nAnd your card")
    expect(bar).to_be_empty()
    expect(said).to_have_text("Undone.")
    assert [reply for reply in console.rows(Delivery) if reply.message_id is None] == []


def test_a_closing_is_undone_with_u_from_the_next_conversation_and_u_leads_back_again_afterwards(
    console: Console, sign_in: SignIn
) -> None:
    receive(console, "Do you take my insurance?")
    receive(console, "Where are you?", "+12025550132")
    note_calls(console)
    page = sign_in("/staff/conversations/2")
    press(page, "e")
    expect(page.locator("#panes")).to_have_attribute("data-id", "1")
    expect(page.locator("#undo-bar")).to_contain_text("Closed: (202) 555-0132.")
    accessible(page)

    page.keyboard.press("u")
    expect(page.locator("#panes")).to_have_attribute("data-id", "2")
    expect(page.locator("#standing")).to_contain_text("Open")
    expect(page.locator("#undo-bar")).to_be_empty()
    page.keyboard.press("u")
    expect(page.get_by_text("Choose a conversation.")).to_be_visible()


def test_after_undoing_the_keys_are_about_the_conversation_that_is_back(console: Console, sign_in: SignIn) -> None:
    receive(console, "Do you take my insurance?")
    receive(console, "Where are you?", "+12025550132")
    page = sign_in("/staff/")
    press(page, "j")
    page.keyboard.press("Enter")
    expect(page.locator("#panes")).to_have_attribute("data-id", "2")
    page.get_by_label("Your reply").fill(WORDS)
    page.get_by_role("button", name="Send and close").click()
    expect(page.locator("#panes")).to_have_attribute("data-id", "1")
    page.locator("#open-1").focus()

    page.keyboard.press("u")
    expect(page.locator("#panes")).to_have_attribute("data-id", "2")
    expect(page.locator("#open-2")).to_be_focused()
    press(page, "r")

    expect(page.get_by_label("Your reply")).to_be_focused()
    expect(page.locator("#panes")).to_have_attribute("data-id", "2")


@pytest.mark.parametrize("keys", ["u", "Control+z"])
def test_undoing_waits_for_the_answer_to_what_it_undoes(console: Console, sign_in: SignIn, keys: str) -> None:
    for phone in (ONE, TWO):
        receive(console, "Do you take my insurance?", phone)
    note_calls(console)
    page = sign_in("/staff/conversations/2")
    ready = page.locator("#panes:not([aria-busy])")
    with held(page, "/staff/conversations/2/reply") as take:
        page.get_by_label("Your reply").fill(WORDS)
        page.keyboard.press("Control+Enter")
        expect(page.locator("#opening")).to_have_text("Sending…")
        page.keyboard.press("Escape")
        page.keyboard.press(keys)
        take().continue_()
        expect(page.locator("#undo-said")).to_have_text("Undone.")
    expect(page.get_by_label("Your reply")).to_have_value(WORDS)
    assert [reply for reply in console.rows(Delivery) if reply.message_id is None] == []
    expect(ready).to_have_count(1)

    with held(page, "/staff/conversations/2/state") as take:
        page.keyboard.press("e")
        expect(page.locator("#opening")).to_have_text("Saving…")
        page.keyboard.press(keys)
        take().continue_()
        expect(page.locator("#undo-said")).to_have_text("Undone.")
    expect(ready).to_have_attribute("data-id", "2")
    expect(page.locator("#connection")).to_be_empty()
    assert {str(found.state) for found in console.rows(Conversation)} == {"open"}


def test_undoing_waits_while_another_conversation_opens_and_undoes_what_the_bar_offered(
    console: Console, sign_in: SignIn
) -> None:
    for phone in (ONE, TWO, "+12025550133"):
        receive(console, "Do you take my insurance?", phone)
    note_calls(console)
    page = sign_in("/staff/conversations/3")
    press(page, "e")
    expect(page.locator("#panes:not([aria-busy])")).to_have_attribute("data-id", "2")
    with held(page, "/staff/conversations/1") as take:
        page.locator("#open-1").click()
        expect(page.locator("#opening")).to_have_text("Opening…")
        page.keyboard.press("u")
        take().continue_()
        expect(page.locator("#panes:not([aria-busy])")).to_have_attribute("data-id", "3")

    expect(page.locator("#undo-said")).to_have_text("Undone.")
    assert {str(found.state) for found in console.rows(Conversation)} == {"open"}


def test_undoing_what_was_refused_undoes_nothing_that_was_done_before(console: Console, sign_in: SignIn) -> None:
    for phone in (ONE, TWO):
        receive(console, "Do you take my insurance?", phone)
    note_calls(console)
    page = sign_in("/staff/conversations/2", refused=409)
    press(page, "e")
    expect(page.locator("#panes:not([aria-busy])")).to_have_attribute("data-id", "1")
    page.get_by_label("Your reply").fill(WORDS)
    with held(page, f"{PLACE}/reply") as take:
        page.keyboard.press("Control+Enter")
        request = take()
        receive(console, CHEST, ONE)
        page.keyboard.press("Escape")
        page.keyboard.press("u")
        request.continue_()
        expect(page.locator("#problem")).to_contain_text("Not sent")

    expect(page.locator("#connection")).to_contain_text("Nothing was undone")
    expect(page.locator("#undo-bar")).to_contain_text("Closed: (202) 555-0132.")
    assert str(console.rows(Conversation)[1].state) == "closed"


def test_undoing_from_the_list_waits_until_a_key_is_done(console: Console, sign_in: SignIn) -> None:
    receive(console, "Do you take my insurance?")
    note_calls(console)
    page = sign_in()
    press(page, "j")
    with held(page, f"{PLACE}/state") as take:
        page.keyboard.press("e")
        request = take()
        page.keyboard.press("u")
        request.continue_()
        expect(page.locator("#undo-said")).to_have_text("Undone.")
    assert str(console.rows(Conversation)[0].state) == "open"


def test_in_every_tab_the_offer_ends_in_words_too_and_whoever_presses_u_later_is_told(
    console: Console, sign_in: SignIn
) -> None:
    receive(console, "Do you take my insurance?")
    page = sign_in(PLACE)
    other = page.context.new_page()
    other.goto(page.url)
    page.get_by_label("Your reply").fill(WORDS)
    page.keyboard.press("Control+Enter")
    for tab in (page, other):
        expect(tab.locator("#undo-said")).to_contain_text("To undo, press U.")
    page.clock.install()  # in both tabs
    page.clock.fast_forward(61_000)
    for tab in (page, other):
        expect(tab.locator("#undo-said")).to_be_empty()
        expect(tab.locator("#undo-bar")).to_be_empty()
    end_offers(console)

    press(other, "u")
    expect(other.locator("#connection")).to_have_text(TOO_LATE[UndoKind.REPLY])
    expect(other.locator("#panes")).to_have_attribute("data-id", "1")
    assert [reply.body for reply in console.rows(Delivery) if reply.message_id is None] != []
    press(other, "u")
    expect(other.get_by_text("Choose a conversation.")).to_be_visible()
    press(other, "u")
    expect(other.locator("#connection")).to_have_text("There is nothing to undo.")


def test_u_pressed_too_late_after_a_closing_says_so(console: Console, sign_in: SignIn) -> None:
    receive(console, "Do you take my insurance?")
    note_calls(console)
    page = sign_in(PLACE)
    press(page, "e")
    expect(page.get_by_text("Choose a conversation.")).to_be_visible()
    expect(page.locator("#undo-said")).to_contain_text("Closed: (202) 555-0131")
    page.clock.install()
    page.clock.fast_forward(61_000)
    expect(page.locator("#undo-bar")).to_be_empty()
    page.clock.pause_at(page.evaluate("Date.now() / 1000 + 1"))
    end_offers(console)
    receive(console, "Do you have parking?", TWO)
    expect(page.locator("#open-2")).to_be_visible()  # no refresh that began before is on its way with the offer

    press(page, "u")

    expect(page.locator("#connection")).to_have_text(TOO_LATE[UndoKind.CLOSE])
    assert [str(found.state) for found in console.rows(Conversation)] == ["closed", "open"]


def test_a_view_is_saved_in_the_filters_menu_and_stands_in_the_navigation(console: Console, sign_in: SignIn) -> None:
    receive(console, "Do you take my insurance?")
    page = sign_in("/staff/?view=mine")
    page.locator("#filter-menu > summary").click()
    page.get_by_label("Save this view as").fill("What is mine")
    page.get_by_role("button", name="Save", exact=True).click()

    saved = page.get_by_role("link", name="What is mine")
    expect(saved).to_have_attribute("aria-current", "page")
    accessible(page)
    page.locator("#view-all").click()
    expect(saved).not_to_have_attribute("aria-current", "page")
    page.get_by_role("link", name="Edit saved views").click()
    accessible(page)
    page.get_by_role("button", name="Delete What is mine").click()
    expect(page.get_by_role("status")).to_have_text("The view is deleted. Its conversations are still there.")


def test_a_snooze_is_undone_with_u_from_the_next_conversation(console: Console, sign_in: SignIn) -> None:
    receive(console, "Do you take my insurance?")
    receive(console, "Where are you?", "+12025550132")
    page = sign_in("/staff/conversations/2")
    press(page, "s")
    page.keyboard.press("Enter")
    expect(page.locator("#panes")).to_have_attribute("data-id", "1")
    expect(page.locator("#undo-bar")).to_contain_text("Snoozed until")
    expect(page.locator("#undo-said")).to_contain_text("To undo, press U.")
    accessible(page)

    page.keyboard.press("u")
    expect(page.locator("#panes")).to_have_attribute("data-id", "2")
    expect(page.locator("#snooze-menu")).to_be_visible()
    expect(page.locator("#undo-bar")).to_be_empty()
    assert [found.snoozed_until for found in console.rows(Conversation)] == [None, None]


def test_a_reply_is_sent_later_with_the_keyboard_and_cancelling_gives_its_words_back(
    console: Console, sign_in: SignIn
) -> None:
    receive(console, "Do you take my insurance?")
    page = sign_in(PLACE, complaint="status of 422")
    box, menu, row = page.get_by_label("Your reply"), page.locator("#later-menu"), page.locator("#c-1")
    box.fill(WORDS)
    page.keyboard.press("Control+Shift+Enter")
    expect(menu.locator("button").first).to_be_focused()
    accessible(page)
    page.keyboard.press("Escape")
    expect(menu).not_to_have_attribute("open", "")

    menu.locator("summary").click()
    page.locator("#send-at").fill("2020-01-01T09:00")
    page.locator("#send-at").press("Enter")
    expect(page.locator("#problem")).to_have_text("This time has passed. Choose a later one.")
    expect(box).to_have_value(WORDS)
    expect(menu).to_have_attribute("open", "")

    with held(page, f"{PLACE}/reply") as take:
        page.get_by_role("button", name="Tomorrow morning").click()
        expect(page.locator("#opening")).to_have_text("Scheduling…")
        take().continue_()
        expect(box).to_have_value("")
    expect(page.locator("#thread")).to_contain_text("Scheduled for")
    expect(row).to_contain_text("Scheduled for")
    expect(page.locator("#undo-bar")).to_contain_text("Scheduled for")
    accessible(page)
    page.locator("#thread").get_by_role("button", name="Cancel").click()
    expect(box).to_have_value(WORDS)
    expect(row).not_to_contain_text("Scheduled for")


def test_a_half_typed_time_does_not_keep_a_reply_from_being_sent(console: Console, sign_in: SignIn) -> None:
    receive(console, "Do you take my insurance?")
    page = sign_in(PLACE)
    page.get_by_label("Your reply").fill(WORDS)
    page.locator("#later-menu summary").click()
    page.locator("#send-at").focus()
    page.keyboard.type("12")
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.locator("#undo-bar")).to_contain_text("Sending in")


# Firefox 140: no `field-sizing`
WITHOUT_FIELD_SIZING = """
  const supports = CSS.supports.bind(CSS);
  CSS.supports = (name, ...rest) => name !== "field-sizing" && supports(name, ...rest);
"""
STANDS_ABOVE = """() => {
  const bar = document.querySelector("#undo-bar form").getBoundingClientRect();
  const reply = document.querySelector(".reply").getBoundingClientRect();
  const alarm = document.querySelector("#alarm").getBoundingClientRect(); // who it is, and the number
  return bar.bottom <= reply.top && reply.top - bar.bottom < 24 && bar.top >= alarm.bottom;
}"""


@pytest.mark.parametrize("grows", ["by-style", "by-script"])
def test_on_a_phone_the_bar_stands_above_the_reply_box_which_grows_with_its_words(
    console: Console, sign_in: SignIn, grows: str
) -> None:
    tell(console, {CHEST: EMERGENCY})
    receive(console, CHEST)
    with console.edit() as session:
        session.execute(update(Delivery).values(state=DeliveryState.FAILED))
    page = sign_in(viewport={"width": 390, "height": 844})
    if grows == "by-script":
        page.add_init_script(WITHOUT_FIELD_SIZING)
        page.route("**/thread*.css*", without_field_sizing)
    page.goto(PLACE)
    page.get_by_role("button", name="I’ll handle it", exact=True).click()
    expect(page.locator("#undo-bar")).to_contain_text("Emergency acknowledged: (202) 555-0131.")
    expect(page.locator("#alarm")).to_contain_text("The patient has had no word yet. Call now: (202) 555-0131.")
    page.wait_for_function(STANDS_ABOVE)

    box = page.get_by_label("Your reply")
    for lines in (6, 60, 6):
        box.fill("\n".join(["This is Noor, the nurse on call."] * lines))
        page.wait_for_function(STANDS_ABOVE)
        height, shown, whole = box.evaluate("box => [box.offsetHeight, box.clientHeight, box.scrollHeight]")
        assert (height <= 0.4 * 844 + 1, shown >= whole) == (True, lines == 6)
    accessible(page)


def without_field_sizing(route: Route) -> None:
    answer = route.fetch()
    route.fulfill(response=answer, body=answer.text().replace("field-sizing: content;", ""))
