"""Marks, the insurance card, and offers in a browser: in place, by keyboard, without scripts, on every screen."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.axe import violations
from tests.browser.layout import content_width
from tests.browser.test_console import SignIn, console, console_of, new_profile, press, sign_in
from tests.chat_client import ChatClient
from tests.staff.conftest import Console

__all__ = ["console", "console_of", "new_profile", "sign_in"]

PAGE = "/staff/conversations/1"
SAID = (
    "Hi, this is Maria Lopez. I have Aetna through my husband Leo Lopez (born 03/27/1984), member ID W882041193, "
    "group 0012345. I got a bill for $240 for my visit on 04/12/2026 and claim 5512340987 was denied. "
    "Please call me at 202-555-0188 or write to maria.lopez.of.the.long.street@example.com."
)
SCREENS = ((1440, 900), (820, 1180), (390, 844))


@pytest.fixture
def chat(console: Console) -> ChatClient:
    """A chat about an insurance, in which the patient says how to be reached."""
    client = ChatClient(console.url, origin=console.context.live.current.all[0].allowed_origins[0])
    client.send(SAID, "m1")
    console.work()
    return client


@pytest.mark.usefixtures("chat")
def test_marks_and_details_work_in_place(console: Console, sign_in: SignIn) -> None:
    console.sign_in().post(f"{PAGE}/patient", data={"name": "Maria Rivera"})
    page = sign_in(PAGE, permissions=["clipboard-read", "clipboard-write"])
    press(page, "r")
    page.evaluate("window.same = true")
    toggle = page.get_by_role("button", name="Mark details")
    expect(toggle).to_have_attribute("aria-pressed", "false")

    toggle.focus()
    page.keyboard.press("Space")

    expect(page.locator("mark[title='Member ID']")).to_have_text("W882041193")
    expect(toggle).to_have_attribute("aria-pressed", "true")
    expect(toggle).to_be_focused()
    assert page.locator("#message-1 .text").text_content() == SAID
    assert "Member ID: " in page.locator("#message-1").aria_snapshot()

    page.get_by_role("button", name="Copy insurance details").click()
    expect(page.get_by_text("Copied.")).to_be_visible()
    assert "Member ID: W882041193\n" in page.evaluate("navigator.clipboard.readText()")

    page.get_by_role("button", name=re.compile(r"Add to Maria Rivera’s record.*555-0188")).click()
    expect(page.locator("#offers")).not_to_contain_text("(202) 555-0188")
    expect(page.locator("#offers")).to_contain_text("Maria Lopez")
    with page.expect_download() as download:
        page.get_by_label("More actions").click()
        page.get_by_role("link", name="Export for another system (FHIR)").click()
    assert download.value.suggested_filename == "conversation-1.fhir.json"
    toggle.click()
    expect(page.locator("mark")).to_have_count(0)
    assert page.evaluate("window.same") is True


@pytest.mark.usefixtures("chat")
def test_everybody_can_read_what_was_found(console: Console, sign_in: SignIn) -> None:
    console.sign_in().post(f"{PAGE}/patient", data={"name": "Maria Rivera"})
    page = sign_in(PAGE)
    page.get_by_role("button", name="Mark details").click()
    expect(page.locator("mark")).not_to_have_count(0)
    for width, height in SCREENS:
        page.set_viewport_size({"width": width, "height": height})
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            page.goto(f"{PAGE}#patient")
            page.locator("#insurance-plain").evaluate("details => { details.open = true; }")
            check(page, width)
    for path in (PAGE, f"{PAGE}/patient", "/staff/patients/demo/1"):
        page.goto(path)
        check(page, width)


@pytest.mark.usefixtures("chat")
def test_no_script_is_needed(sign_in: SignIn) -> None:
    page = sign_in(PAGE, java_script_enabled=False)
    page.get_by_role("button", name="Mark details").click()
    expect(page.locator("mark[title='Amount']")).to_have_text("$240")
    expect(page.get_by_role("button", name="Copy insurance details")).to_be_hidden()
    page.get_by_text("As plain text", exact=True).click()
    expect(page.get_by_label("Insurance details as plain text")).to_contain_text("Member ID: W882041193")
    page.get_by_role("button", name=re.compile("Use as name.*Maria Lopez")).click()
    expect(page.get_by_role("heading", name="Maria Lopez", exact=True)).to_be_visible()


def check(page: Page, width: int) -> None:
    assert violations(page) == []
    assert content_width(page) <= width
