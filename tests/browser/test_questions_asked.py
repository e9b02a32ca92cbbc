"""A manager finds what patients asked without an answer, and makes it a common question with an answer."""

from __future__ import annotations

from playwright.sync_api import expect

from inbox.models import Delivery, Role
from tests.browser.axe import assert_accessible
from tests.browser.test_console import ONE, TWO, SignIn, console, console_of, new_profile, receive, sign_in
from tests.staff.conftest import Console

__all__ = ["console", "console_of", "new_profile", "sign_in"]

QUESTIONS = "/staff/settings/demo/questions"
PARKING = "Is there parking at your office?"
ANSWER = "Parking is free behind the house."
SCREENS = ((1280, 800), (390, 844))


def test_what_was_asked_without_an_answer_becomes_a_common_question(console: Console, sign_in: SignIn) -> None:
    page = sign_in(QUESTIONS, role=Role.MANAGER)
    hours = page.locator("#q-hours")
    hours.locator("summary").first.click()
    hours.get_by_role("textbox", name="Answer", exact=False).first.fill("We are open every day.")
    hours.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Answered: 1 of 30.")).to_be_visible()
    receive(console, PARKING, ONE)

    page.get_by_role("link", name="Asked without an answer").click()
    row = page.get_by_role("row").filter(has_text="Parking")
    expect(row.get_by_role("cell")).to_have_text(["1", "0"])
    expect(page.locator(".asked")).not_to_contain_text(PARKING)
    assert_accessible(page, SCREENS)
    row.get_by_role("link", name="Parking").click()
    parking = page.locator("#q-parking")
    expect(parking).to_be_in_viewport()
    if parking.get_attribute("open") is None:
        parking.locator("summary").first.click()
    parking.get_by_role("textbox", name="Answer", exact=False).first.fill(ANSWER)
    parking.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Answered: 2 of 30.")).to_be_visible()

    receive(console, PARKING, TWO)
    assert ANSWER in console.rows(Delivery)[-1].body
    page.get_by_role("link", name="Asked without an answer").click()
    expect(page.get_by_role("row").filter(has_text="Parking").get_by_role("cell")).to_have_text(["1", "0"])


def test_saving_one_answer_keeps_what_was_typed_into_another(console: Console, sign_in: SignIn) -> None:
    page = sign_in(QUESTIONS, role=Role.MANAGER)
    hours, parking = page.locator("#q-hours"), page.locator("#q-parking")
    for question, answer in ((hours, "We are open every day."), (parking, ANSWER)):
        question.locator("summary").first.click()
        question.get_by_role("textbox", name="Answer", exact=False).first.fill(answer)

    parking.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Answered: 1 of 30.")).to_be_visible()

    expect(hours.get_by_role("textbox", name="Answer", exact=False).first).to_have_value("We are open every day.")
    expect(hours.get_by_role("textbox", name="Answer", exact=False).first).to_be_visible()
    hours.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Answered: 2 of 30.")).to_be_visible()
