"""In a browser: closing what nobody answered asks in place, calls are noted with a press, and no words go astray."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from inbox.models import Conversation, Note
from intake.settings import Settings
from tests.browser.axe import violations
from tests.browser.layout import content_width
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
from tests.staff.conftest import Console
from tests.told_classifier import EMERGENCY, tell

__all__ = ["console", "console_of", "new_profile", "sign_in"]

PLACE = "/staff/conversations/2"
CHEST = "I have crushing chest pain"
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """The usual settings, but with a minute to undo what was done."""
    return settings.model_copy(update={"undo_seconds": 60})


@pytest.fixture
def two(console: Console) -> Console:
    """Two requests; the second is the newer one."""
    receive(console, "Do you take my insurance?", ONE)
    receive(console, "Where are you?", TWO)
    return console


@pytest.fixture
def emergency(console: Console) -> Console:
    """One that nobody has written or called about, the second of two."""
    tell(console, {CHEST: EMERGENCY})
    receive(console, "Do you take my insurance?", ONE)
    receive(console, CHEST, TWO)
    return console


def states(console: Console) -> list[str]:
    return [str(found.state) for found in console.rows(Conversation)]


def shown(page: Page, number: int) -> None:
    expect(page.locator(f'#panes[data-id="{number}"]:not([aria-busy])')).to_have_count(1)


def stay_mark(page: Page) -> None:
    """Marks the page, to tell whether it was loaded anew."""
    page.evaluate("window.mine = true")


def is_marked(page: Page) -> bool:
    return bool(page.evaluate("window.mine === true"))


def test_e_asks_in_place_and_enter_closes_and_goes_on(two: Console, sign_in: SignIn) -> None:
    page = sign_in(PLACE)
    stay_mark(page)
    press(page, "e")
    expect(page.get_by_role("form", name="Nobody has answered this patient.")).to_be_visible()
    expect(page.get_by_role("button", name="Close anyway")).to_be_focused()
    assert states(two) == ["open", "open"]
    assert violations(page) == []

    page.keyboard.press("Enter")

    shown(page, 1)
    assert states(two) == ["open", "closed"]
    expect(page.locator("#undo-bar")).to_contain_text("Closed: (202) 555-0132.")
    page.keyboard.press("u")
    shown(page, 2)
    assert states(two) == ["open", "open"]
    assert is_marked(page)


@pytest.mark.parametrize("way", ["Escape", "click"])
def test_keep_open_leaves_it_as_it_was(two: Console, sign_in: SignIn, way: str) -> None:
    page = sign_in(PLACE)
    stay_mark(page)
    page.locator("#close").click()
    expect(page.locator("#leave-anyway")).to_be_focused()

    if way == "click":
        page.get_by_role("link", name="Keep open").click()
    else:
        page.keyboard.press("Escape")

    expect(page.locator("#leaving")).to_have_count(0)
    expect(page).to_have_url(re.compile(rf"{PLACE}$"))
    assert states(two) == ["open", "open"]
    assert is_marked(page)


def test_an_answered_one_closes_with_one_key(two: Console, sign_in: SignIn) -> None:
    note_calls(two)
    page = sign_in(PLACE)

    press(page, "e")

    shown(page, 1)
    assert states(two) == ["open", "closed"]


def test_waiting_on_the_patient_asks_too(two: Console, sign_in: SignIn) -> None:
    page = sign_in(PLACE)
    page.locator("#mark-waiting").click()
    page.get_by_role("button", name="Mark as waiting anyway").click()

    expect(page.locator("#standing .flag.state")).to_have_text("Waiting on patient")
    assert states(two) == ["open", "waiting"]


def test_a_row_of_the_list_is_asked_about_in_the_list(two: Console, sign_in: SignIn) -> None:
    page = sign_in(refused=409)
    press(page, "j")
    press(page, "e")
    expect(page.get_by_role("form", name="Nobody has answered (202) 555-0132 yet.")).to_be_visible()
    expect(page.get_by_role("button", name="Close it anyway")).to_be_focused()

    page.keyboard.press("Enter")

    expect(page.get_by_text("1 conversation closed.")).to_be_visible()
    assert states(two) == ["open", "closed"]


def test_without_scripts_the_same_page_asks(two: Console, sign_in: SignIn) -> None:
    page = sign_in(PLACE, java_script_enabled=False)
    page.locator("#close").click()
    expect(page.locator("#leaving")).to_contain_text("Nobody has answered this patient.")

    page.locator("#leave-anyway").click()

    expect(page.locator("#panes")).to_have_attribute("data-id", "1")
    assert states(two) == ["open", "closed"]


# ---- words that are being written


def test_whoever_writes_as_they_close_stays_and_their_words_reach_no_other_patient(
    two: Console, sign_in: SignIn
) -> None:
    note_calls(two)
    page = sign_in(PLACE)
    box = page.get_by_label("Your reply")
    box.fill("We are at ")
    page.locator("#close").click()
    expect(page.locator("#standing")).to_contain_text("Closed")
    expect(box).to_be_focused()

    page.keyboard.type("12 Elm")

    expect(page.locator("#panes")).to_have_attribute("data-id", "2")
    expect(box).to_have_value("We are at 12 Elm")
    assert states(two) == ["open", "closed"]


def test_so_does_whoever_only_had_the_focus_in_the_box(two: Console, sign_in: SignIn) -> None:
    page = sign_in(PLACE)
    page.get_by_label("Your reply").focus()
    page.locator("#close").click()
    page.get_by_role("button", name="Close anyway").click()

    expect(page.locator("#standing")).to_contain_text("Closed")
    shown(page, 2)


def test_words_in_the_box_keep_whoever_presses_e_there(two: Console, sign_in: SignIn) -> None:
    note_calls(two)
    page = sign_in(PLACE)
    page.get_by_label("Your reply").fill("We are at")
    page.keyboard.press("Escape")

    press(page, "e")

    expect(page.locator("#standing")).to_contain_text("Closed")
    shown(page, 2)
    expect(page.get_by_label("Your reply")).to_have_value("We are at")


# ---- emergencies and calls


def test_an_emergency_without_a_word_asks_and_a_call_that_reached_the_patient_lets_it_close(
    emergency: Console, sign_in: SignIn
) -> None:
    page = sign_in(PLACE)
    page.get_by_role("button", name="I’ll handle it", exact=True).click()
    expect(page.locator("#alarm")).to_contain_text("Acknowledged by Dana Reyes")
    page.locator("#close").click()
    asked = page.get_by_role("form", name="This emergency had no word from staff.")
    expect(asked).to_be_visible()
    expect(page.get_by_role("link", name="Keep open")).to_be_focused()
    assert violations(page) == []

    asked.get_by_role("button", name="No answer").click()
    expect(page.locator("#thread .note").last).to_contain_text("Called the patient: no answer.")
    page.locator("#close").click()
    asked.get_by_role("button", name="Reached").click()
    expect(page.locator("#thread .note").last).to_contain_text("Called the patient and reached them.")
    expect(asked).to_have_count(0)
    assert states(emergency) == ["open", "open"]

    page.locator("#close").click()
    shown(page, 1)
    assert states(emergency) == ["open", "closed"]


def test_e_on_an_alarm_leads_to_the_button_that_acknowledges_and_closes_it(emergency: Console, sign_in: SignIn) -> None:
    page = sign_in(PLACE)
    press(page, "e")
    button = page.get_by_role("button", name="I’ll handle it and close")
    expect(button).to_be_focused()
    expect(page.locator("#handle")).to_be_visible()
    assert violations(page) == []

    page.keyboard.press("Enter")

    expect(page.get_by_role("form", name="This emergency had no word from staff.")).to_be_visible()
    expect(page.get_by_role("link", name="Keep open")).to_be_focused()
    expect(page.locator("#alarm")).to_contain_text("Acknowledged by Dana Reyes")
    assert states(emergency) == ["open", "open"]
    page.get_by_role("button", name="Close without a word").click()
    shown(page, 1)
    assert states(emergency) == ["open", "closed"]


def test_a_snooze_of_an_emergency_without_a_word_asks_in_place(emergency: Console, sign_in: SignIn) -> None:
    page = sign_in(PLACE)
    page.get_by_role("button", name="I’ll handle it", exact=True).click()
    expect(page.locator("#alarm")).to_contain_text("Acknowledged by Dana Reyes")
    press(page, "s")
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="Keep open")).to_be_focused()
    assert violations(page) == []
    page.keyboard.press("Escape")
    expect(page.locator("#leaving")).to_have_count(0)
    expect(page).to_have_url(re.compile(rf"{PLACE}$"))

    press(page, "s")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Snooze without a word").click()

    shown(page, 1)
    assert [found.snoozed_until is not None for found in emergency.rows(Conversation)] == [False, True]


def test_u_takes_the_note_of_a_call_out_of_the_thread(two: Console, sign_in: SignIn) -> None:
    page = sign_in(PLACE)
    press(page, "i")
    page.keyboard.press("Enter")
    expect(page.locator("#thread .note")).to_contain_text("Called the patient and reached them.")
    expect(page.locator("#undo-bar")).to_contain_text("Call noted: (202) 555-0132.")

    press(page, "u")

    expect(page.locator("#thread .note")).to_have_count(0)
    press(page, "e")
    expect(page.get_by_role("form", name="Nobody has answered this patient.")).to_be_visible()


def test_i_and_enter_note_a_call_by_keys(two: Console, sign_in: SignIn) -> None:
    page = sign_in(PLACE)
    press(page, "i")
    expect(page.locator("#call-reached")).to_be_focused()
    assert violations(page) == []
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")

    expect(page.locator("#thread .note")).to_contain_text("Called the patient and left a message.")
    assert [note.conversation_id for note in two.rows(Note)] == [2]


def test_on_a_phone_the_question_and_the_menu_of_a_call_fit(emergency: Console, sign_in: SignIn) -> None:
    page = sign_in(PLACE, **PHONE)
    page.locator("#call-menu summary").click()
    expect(page.locator("#call-no_answer")).to_be_in_viewport()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="I’ll handle it", exact=True).click()
    page.locator("#close").click()

    expect(page.locator("#leave-anyway")).to_be_in_viewport()
    expect(page.locator("#keep-open")).to_be_in_viewport()
    assert content_width(page) == 390
