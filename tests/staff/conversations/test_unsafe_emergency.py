"""An emergency of somebody whose phone is not safe: the safe way is one click away, and no old draft is in the box."""

from __future__ import annotations

import re

import pytest

from inbox.models import DraftKind, ReplyDraft
from tests.staff.conftest import Browser, Console
from tests.staff.conversations.test_conversation import words
from tests.staff.patients.test_shared_numbers import mail
from tests.told_classifier import EMERGENCY, sure_of, tell

PATIENT = "+12025550156"
UNSAFE = "do not text or call this number, my husband reads my phone, use my email dana.r@example.com"
HIT = "its dana, he hit me and im bleeding please help"
RESULTS = "Are my results back?"
PAGE, RECORD = "/staff/conversations/1", "/staff/patients/demo/1"


@pytest.fixture
def console(console: Console) -> Console:
    tell(console, {UNSAFE: sure_of("complaint"), HIT: EMERGENCY, RESULTS: sure_of("clinical_concern")})
    return console


@pytest.fixture
def browser(console: Console) -> Browser:
    return console.sign_in(name="Jamie Cole")


def receive(console: Console, text: str) -> None:
    console.text(text, from_=PATIENT)
    console.work()


def ways(page: str) -> list[tuple[str, str]]:
    """The links of the alarm's other ways, and their words."""
    part = page.partition('id="safe-ways"')[2].partition("</ul>")[0]
    return [(link, words(shown)) for link, shown in re.findall(r'<a href="([^"]+)">(.*?)</a>', part)]


def test_an_address_that_the_patient_gave_is_a_click_away(console: Console, browser: Browser) -> None:
    receive(console, UNSAFE)
    receive(console, HIT)

    page = browser.get(PAGE).text

    assert "Find a safe way to reach them, or send help." in page
    assert ways(page) == [("mailto:dana.r@example.com", "Write to dana.r@example.com")]
    assert "they gave it; not verified" in words(page)


def test_it_leads_to_the_mail_that_came_from_there(console: Console, browser: Browser) -> None:
    receive(console, UNSAFE)
    mail(console, RESULTS, "dana.r@example.com")
    receive(console, HIT)

    assert ways(browser.get(PAGE).text) == [("/staff/conversations/2#reply", "Write to dana.r@example.com")]


def test_what_is_on_the_record_is_offered_but_nothing_that_is_not_safe(console: Console, browser: Browser) -> None:
    receive(console, "do not text or call this number, my husband reads my phone")
    receive(console, HIT)
    assert ways(browser.get(PAGE).text) == []
    assert browser.post(f"{PAGE}/patient", data={"name": "Dana R", "use": "address"}).status_code == 303
    for address in ("dana@work.example", "(202) 555-0190"):
        assert browser.post(f"{RECORD}/addresses", data={"new_address": address}).status_code == 303

    found = ways(browser.get(PAGE).text)

    assert [shown for _, shown in found] == ["Write to dana@work.example", "Call (202) 555-0190"]
    assert found[1][0] == "tel:+12025550190"
    place = found[0][0].replace("&amp;", "&")
    assert re.search(r"<option[^>]* selected>Email dana@work.example</option>", browser.get(place).text)


def test_a_safe_phone_in_danger_has_no_other_ways(console: Console, browser: Browser) -> None:
    receive(console, HIT)

    assert ways(browser.get(PAGE).text) == []


def test_a_draft_from_before_the_emergency_is_folded_and_not_in_the_box(console: Console, browser: Browser) -> None:
    receive(console, RESULTS)
    browser.post(f"{PAGE}/draft", data={"text": "Your results are back", "mark": ""})
    receive(console, HIT)

    page = browser.get(PAGE).text

    assert re.search(r'<textarea id="text"[^>]*></textarea>', page)
    assert "You wrote this before the emergency Your results are back" in words(page)
    [draft] = console.rows(ReplyDraft)
    assert draft.kind == DraftKind.EARLIER
    assert "You wrote this before the emergency" in browser.get(PAGE).text  # until a reply is sent
    sent = {"text": "Help is coming.", "form_id": "0" * 31 + "1", "seen": "0", "then": "waiting", "newest": "2"}
    assert browser.post(f"{PAGE}/reply", data=sent).status_code == 303
    assert console.rows(ReplyDraft) == []


def test_a_draft_of_after_the_emergency_stays_in_the_box(console: Console, browser: Browser) -> None:
    receive(console, HIT)
    browser.post(f"{PAGE}/draft", data={"text": "Help is coming", "mark": ""})

    page = browser.get(PAGE).text

    assert ">Help is coming</textarea>" in page
    assert "You wrote this before" not in page
