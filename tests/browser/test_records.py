"""A patient's record in a browser: two numbers become one patient's and two again, and a number's consent to texts."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, expect

from inbox.models import Delivery
from tests.browser.test_console import ONE, TWO, SignIn, console, console_of, new_profile, receive, sign_in
from tests.staff.conftest import Console

__all__ = ["console", "console_of", "new_profile", "sign_in"]

FIRST, SECOND, NEVER_TEXTED = "(202) 555-0131", "(202) 555-0132", "(202) 555-0188"


@pytest.fixture
def page(console: Console, sign_in: SignIn) -> Page:
    """The inbox, with a text from each of two numbers."""
    receive(console, "Do you have parking?", ONE)
    receive(console, "And a ramp?", TWO)
    return sign_in()


def create_record(page: Page, number: str, name: str) -> None:
    """Makes a record of whoever texts from a number, from the conversation."""
    page.goto("/staff/")
    page.get_by_role("link", name=number).click()
    page.get_by_role("link", name="Create record").click()
    page.get_by_role("textbox", name="Name").fill(name)
    page.get_by_role("button", name="Create record").click()
    expect(page.get_by_role("heading", name=name)).to_be_visible()


def open_record(page: Page, name: str) -> None:
    """Opens the record beside the open conversation."""
    page.locator("#patient-panel").get_by_role("link", name=name).click()
    expect(page.get_by_role("heading", name=name)).to_be_visible()


def number_entry(page: Page, number: str) -> Locator:
    """A number on a record, with what is known of it."""
    return page.locator("ul.addresses > li").filter(has_text=number)


def names_in_list(page: Page) -> list[str]:
    """Whose conversations the inbox lists, newest first."""
    page.goto("/staff/")
    return page.locator("a[id^='open-']").all_inner_texts()


def test_two_numbers_become_one_patients_and_two_again(page: Page) -> None:
    create_record(page, FIRST, "Maria Rivera")
    create_record(page, SECOND, "M. Rivera")
    assert names_in_list(page) == ["M. Rivera", "Maria Rivera"]
    page.get_by_role("link", name="Maria Rivera").click()
    open_record(page, "Maria Rivera")
    page.get_by_label("Find the other record by name or number").fill(SECOND)
    page.get_by_role("button", name="Find").click()
    page.get_by_role("link", name="Merge into this one… M. Rivera").click()
    expect(page.get_by_role("heading", name="M. Rivera, merged")).to_be_visible()
    expect(page.get_by_role("heading", name="Maria Rivera, kept")).to_be_visible()

    page.get_by_role("button", name="Merge", exact=True).click()
    for number in (FIRST, SECOND):
        expect(number_entry(page, number)).to_be_visible()
    for words in ("Do you have parking?", "And a ramp?"):
        expect(page.locator("#history-entries")).to_contain_text(words)
    assert names_in_list(page) == ["Maria Rivera", "Maria Rivera"]
    page.goto("/staff/conversations/2")
    expect(page.locator("#who")).to_have_text("Maria Rivera")
    expect(page.locator("#patient-panel").get_by_role("link", name=FIRST)).to_be_visible()

    open_record(page, "Maria Rivera")
    page.get_by_role("button", name="Undo the merge").click()
    expect(number_entry(page, SECOND)).to_have_count(0)
    expect(page.locator("#history-entries")).not_to_contain_text("And a ramp?")
    assert names_in_list(page) == ["M. Rivera", "Maria Rivera"]
    page.goto("/staff/conversations/2")
    expect(page.locator("#who")).to_have_text("M. Rivera")


def test_consent_to_texts_is_given_withdrawn_and_given_back(console: Console, page: Page) -> None:
    create_record(page, FIRST, "Maria Rivera")
    entry = number_entry(page, FIRST)
    expect(entry).to_contain_text("Texted the practice")
    entry.get_by_label("If the patient agrees to texts, record how").select_option("By phone")
    entry.get_by_role("button", name="Record consent").click()
    expect(entry).to_contain_text("Agreed to texts by phone")

    receive(console, "STOP", ONE)
    page.reload()
    expect(entry).to_contain_text("Opted out of texts")
    expect(entry.get_by_role("button", name="Undo the opt-out")).to_have_count(0)  # it is the patient's own
    receive(console, "START", ONE)
    page.reload()
    expect(entry).to_contain_text("Agreed to texts by phone")

    entry.get_by_text("Consent history").click()
    for shown, said in zip(
        entry.get_by_role("listitem").all(),
        (
            "The patient opted in to texts",
            "The patient opted out of texts",
            "Dana Reyes recorded that the patient agreed to texts: by phone",
        ),
        strict=True,
    ):
        expect(shown).to_contain_text(said)


def test_an_opt_out_that_was_a_mistake_leaves_the_consent_as_it_was(console: Console, page: Page) -> None:
    create_record(page, FIRST, "Maria Rivera")
    page.get_by_label("New number or email address").fill(NEVER_TEXTED)
    page.get_by_role("button", name="Add", exact=True).click()
    entry = number_entry(page, NEVER_TEXTED)
    expect(entry).to_contain_text("No consent to texts on record")
    entry.get_by_label("If the patient agrees to texts, record how").select_option("On a signed form")
    entry.get_by_role("button", name="Record consent").click()
    expect(entry).to_contain_text("Agreed to texts on a signed form")

    entry.get_by_role("button", name="Wants no texts").click()
    expect(entry).to_contain_text("Opted out of texts")
    entry.get_by_label("Why the opt-out was a mistake").select_option("The button was pressed by mistake")
    entry.get_by_role("button", name="Undo the opt-out").click()

    expect(entry).to_contain_text("Agreed to texts on a signed form")
    page.get_by_label("To", exact=True).select_option(f"Text {NEVER_TEXTED}")
    page.get_by_label("Message", exact=True).fill("Your refill is ready.")
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.locator("#history-entries > li").last).to_contain_text("Your refill is ready.")
    assert console.rows(Delivery)[-1].body.startswith("Maple Street: Your refill is ready.")


def test_a_message_that_waits_for_consent_is_still_there_once_that_is_recorded(
    console: Console, sign_in: SignIn
) -> None:
    receive(console, "Do you have parking?", ONE)
    page = sign_in(refused=409)
    create_record(page, FIRST, "Maria Rivera")
    page.get_by_label("New number or email address").fill(NEVER_TEXTED)
    page.get_by_role("button", name="Add", exact=True).click()
    page.get_by_label("To", exact=True).select_option(f"Text {NEVER_TEXTED}")
    page.get_by_label("Message", exact=True).fill("Your refill is ready.")
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.locator("#message-problem")).to_contain_text("consent")

    entry = number_entry(page, NEVER_TEXTED)
    entry.get_by_label("If the patient agrees to texts, record how").select_option("On a signed form")
    entry.get_by_role("button", name="Record consent").click()

    expect(entry).to_contain_text("Agreed to texts on a signed form")
    expect(page.get_by_label("Message", exact=True)).to_have_value("Your refill is ready.")
    expect(page.locator("#to-address option:checked")).to_contain_text(NEVER_TEXTED)
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.locator("#history-entries > li").last).to_contain_text("Your refill is ready.")
    page.get_by_role("button", name="Wants no texts").first.click()
    expect(page.get_by_label("Message", exact=True)).to_have_value("")
