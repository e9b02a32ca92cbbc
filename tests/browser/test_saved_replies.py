"""Saved replies by keyboard in the reply box, and tags, which stay in place as they are added."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from inbox.models import Role, StaffMember
from inbox.replies.saved import Owner, ReplyWords, write_reply
from tests.browser.axe import assert_accessible
from tests.browser.test_console import SCREENS, SignIn, console, console_of, new_profile, receive, sign_in
from tests.staff.conftest import Console
from tests.told_classifier import sure_of, tell

__all__ = ["console", "console_of", "new_profile", "sign_in"]

PLACE = "/staff/conversations/1"
TWO = "+12025550132"


@pytest.mark.parametrize(
    ("place", "fields", "said"),
    [
        pytest.param(
            "/staff/account/replies",
            {"Name": "Forms", "Text in English": "They are here. [my nam]"},
            "[my nam] is not a word we know",
            id="saved reply",
        ),
        pytest.param(
            "/staff/settings/demo/questions",
            {"Name of the question": "Forms", "Your answer": "At [street].", "How patients ask it": "a\nb\nc"},
            "Replace [street] with words",
            id="common question",
        ),
    ],
)
def test_what_is_refused_is_in_sight_and_has_the_focus(
    sign_in: SignIn, place: str, fields: dict[str, str], said: str
) -> None:
    page = sign_in(place, role=Role.MANAGER, refused=422, viewport={"width": 1366, "height": 768})
    new = page.locator("details").filter(has=page.get_by_role("heading", name=re.compile("^Add a")))
    if new.get_attribute("open") is None:
        new.locator("> summary").click()
    for label, words in fields.items():
        new.get_by_label(label, exact=label != "How patients ask it").fill(words)

    new.get_by_role("button", name="Save").click()

    expect(page.get_by_text(said)).to_be_in_viewport()
    assert page.evaluate("document.activeElement.closest('details') !== null")


def test_a_slash_opens_the_saved_replies_which_are_chosen_by_keyboard(console: Console, sign_in: SignIn) -> None:
    receive(console, "Where can I pay?")
    page = sign_in(PLACE)
    with console.edit() as session:
        [member] = session.scalars(select(StaffMember))
        for words in (
            ReplyWords("Directions", "Park behind the house."),
            ReplyWords("Pay online", "Hello {{ first_name }}, pay at {{ links.pay }}."),
            ReplyWords("Pay by phone", "Call {{ phone }}.\nHave your card ready."),
        ):
            write_reply(session, Owner(staff_id=member.id), None, words)
    page.reload()
    box, finder = page.get_by_label("Your reply"), page.get_by_label("Find a saved reply")
    chosen = page.locator("#saved-list [aria-selected=true] .name")

    box.press_sequentially("Either/or\n/")
    expect(finder).to_be_focused()
    finder.press_sequentially("pay")
    expect(chosen).to_have_text("Pay by phone")
    expect(page.get_by_role("option", name="Directions")).to_be_hidden()
    page.keyboard.press("ArrowDown")
    expect(chosen).to_have_text("Pay online")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    expect(box).to_have_value("Either/or\nCall (202) 555-0100.\nHave your card ready.")
    expect(box).to_be_focused()
    expect(page.get_by_text("Draft saved")).to_be_visible()

    page.keyboard.type("\n/")
    page.keyboard.press("Escape")
    expect(finder).to_be_hidden()
    expect(box).to_have_value("Either/or\nCall (202) 555-0100.\nHave your card ready.\n/")
    box.fill("Hi.")
    page.get_by_text("Saved replies").click()
    finder.fill("nothing like it")
    expect(page.get_by_text("No saved reply has these words.")).to_be_visible()
    finder.fill("online")
    page.keyboard.press("Enter")
    page.keyboard.type("the desk")  # over the blank, which is selected
    expect(box).to_have_value("Hi.\nHello, pay at the desk.")


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("refill", "Refill sent to the pharmacy"),
        ("late", "Running late is fine"),
        ("insurance", "Insurance card photo, please"),
        ("birth", "Ask for name and birth date"),
        ("need refill", "Refill needs a visit"),
        ("parking", "Directions and parking"),
        ("dob", "Ask for name and birth date"),
        ("receta", "Refill sent to the pharmacy"),
    ],
)
def test_ordinary_words_find_what_a_front_desk_sends(console: Console, sign_in: SignIn, typed: str, name: str) -> None:
    receive(console, "Where can I pay?")
    page = sign_in(PLACE)

    page.get_by_label("Your reply").press_sequentially("/")
    expect(page.locator("#saved-list .group").first).to_have_text("Appointments")
    page.get_by_label("Find a saved reply").fill(typed)

    expect(page.locator("#saved-list [aria-selected=true] .name")).to_have_text(name)
    expect(page.locator("#saved-list .group").first).to_be_hidden()


def test_a_starter_reply_goes_out_once_its_blank_is_filled_in_and_has_a_twin(console: Console, sign_in: SignIn) -> None:
    words = "Necesito renovar mi receta"
    tell(console, {words: sure_of("existing_patient_question", language="es")})
    receive(console, words)
    page = sign_in(PLACE, refused=422)
    box = page.get_by_label("Your reply")

    box.press_sequentially("/")
    page.get_by_label("Find a saved reply").fill("refill sent")
    expect(page.get_by_role("option", name="Refill sent")).to_contain_text("Hola, enviamos su receta a [farmacia].")
    assert_accessible(page, SCREENS)
    page.get_by_role("button", name="In English").click()
    expect(page.get_by_label("Find a saved reply")).to_be_focused()
    page.keyboard.press("Enter")
    expect(box).to_have_value(re.compile("^Hi, we sent your refill to \\[pharmacy\\]"))
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.get_by_role("alert").get_by_text("Fill in [pharmacy] first.")).to_be_visible()
    box.fill("")
    box.press_sequentially("/")
    page.get_by_label("Find a saved reply").fill("refill sent")
    page.keyboard.press("Enter")
    page.keyboard.type("la farmacia de la esquina")  # over the blank, which is selected
    expect(box).to_have_value(re.compile("^Hola, enviamos su receta a la farmacia de la esquina\\."))
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.locator("#thread .staff .text")).to_contain_text("la farmacia de la esquina")


def test_a_saved_reply_typed_in_english_is_offered_in_spanish_to_who_writes_it(
    console: Console, sign_in: SignIn
) -> None:
    words = "Necesito renovar mi receta"
    tell(console, {words: sure_of("existing_patient_question", language="es")})
    receive(console, words)
    page = sign_in(PLACE)
    box, offer = page.get_by_label("Your reply"), page.get_by_role("button", name="Use the Spanish text")

    box.fill("Hi, we sent your refill to the corner pharmacy. Please check with them")
    expect(offer).to_be_hidden()
    box.press_sequentially("  that it is ready before you go. ")
    assert_accessible(page, SCREENS[:2])
    offer.click()

    expect(box).to_have_value("Hola, enviamos su receta a [farmacia]. Antes de ir, pregunte si ya la tienen lista.")
    expect(box).to_be_focused()
    expect(offer).to_be_hidden()
    page.keyboard.type("la farmacia")  # over the blank, which is selected
    expect(box).to_have_value(re.compile("^Hola, enviamos su receta a la farmacia[.]"))


def test_tags_are_added_one_after_the_other_and_lead_to_the_tagged(console: Console, sign_in: SignIn) -> None:
    receive(console, "Where can I pay?")
    receive(console, "Where are you?", TWO)
    page = sign_in(PLACE, viewport={"width": 1440, "height": 900})

    page.get_by_label("New tag").fill("billing")
    page.keyboard.press("Enter")
    expect(page.locator("#tags li")).to_have_text(["billing\nRemove the tag billing"], use_inner_text=True)
    expect(page.get_by_label("New tag")).to_be_focused()  # the list may show the tag before the form's answer is there
    page.keyboard.type("call back")
    page.keyboard.press("Enter")
    expect(page.locator("#tags li")).to_have_count(2)
    expect(page.locator("#c-1 .tag")).to_have_text(["billing", "call back"])
    expect(page.locator("#c-2 .tag")).to_have_count(0)

    page.locator("#tags").get_by_role("link", name="billing").click()
    expect(page.locator("#summary")).to_contain_text("Tag: billing")
    expect(page.locator("#rows > li")).to_have_count(1)
    page.locator("#open-1").click()
    page.get_by_role("button", name="Remove the tag billing").click()
    expect(page.locator("#tags li")).to_have_count(1)
