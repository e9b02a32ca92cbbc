"""Every display of patient text leaves one entry in the audit trail, whatever the request's headers say."""

from __future__ import annotations

import re
from typing import Any

import pytest
import requests

from inbox.models import AuditEntry
from tests.staff.conftest import Browser, Console
from tests.standins.twilio import TwilioStandIn

PAGE = "/staff/conversations/1"
PRICES = "How much is a first visit without insurance?"
BILL = "I got a bill for $382 for my visit but my copay should only be $35, what is the rest?"
LIVE = {"X-Requested-With": "live"}


@pytest.fixture
def dana(console: Console) -> Browser:
    console.text(PRICES)
    return console.sign_in()


def entries(console: Console, *actions: str) -> list[tuple[str, dict[str, Any]]]:
    return [(entry.subject, entry.detail) for entry in console.rows(AuditEntry) if entry.action in actions]


def seal_of(page: requests.Response) -> dict[str, str]:
    """The headers of a refresh by the page that was just shown."""
    seals = re.findall(r'data-seal="([0-9a-f]+)"', page.text)
    return LIVE | {"X-Seal": " ".join(seals)}


def test_the_inbox_is_written_down_with_the_conversations_it_showed(console: Console, dana: Browser) -> None:
    console.text(BILL, from_="+12025550131")
    dana.get("/staff/")
    dana.get("/staff/")

    assert entries(console, "listed") == [("inbox", {"conversations": [2, 1]})] * 2


def test_an_inbox_that_shows_nobody_is_not_written_down(console: Console) -> None:
    console.sign_in().get("/staff/")

    assert entries(console, "listed") == []


def test_a_refresh_of_the_inbox_is_written_down_only_if_it_shows_something_new(console: Console, dana: Browser) -> None:
    page = dana.get("/staff/")
    for _ in range(3):
        assert PRICES in dana.get("/staff/", headers=seal_of(page)).text
    assert len(entries(console, "listed")) == 1

    console.text(BILL)
    for _ in range(3):
        page = dana.get("/staff/", headers=seal_of(page))
    assert len(entries(console, "listed")) == 2


def test_a_header_that_claims_a_refresh_hides_no_display(console: Console, dana: Browser) -> None:
    colleague = console.sign_in()
    anothers = seal_of(colleague.get("/staff/"))
    results = dana.post("/staff/search", data={"wanted": "visit"}).headers["Location"]
    for headers in (LIVE, LIVE | {"X-Seal": "0" * 64}, anothers):
        dana.get("/staff/", headers=headers)
        dana.get(results, headers=headers)
        dana.get(PAGE, headers=headers)
        dana.get(f"{PAGE}?before=2", headers=headers)

    assert len(entries(console, "listed")) == 1 + 3 * 3
    assert len(entries(console, "searched")) == 3
    assert len(entries(console, "viewed")) == 6


def test_a_live_search_is_written_down_whenever_it_finds_something_new(console: Console, dana: Browser) -> None:
    results = dana.post("/staff/search", data={"wanted": "how much"}).headers["Location"]
    page = dana.get(results)
    for _ in range(2):
        page = dana.get(results, headers=seal_of(page))
    console.text("And how much is a cleaning?", from_="+12025550131")
    for _ in range(2):
        page = dana.get(results, headers=seal_of(page))

    assert entries(console, "searched") == [
        ("inbox", {"conversations": [1]}),
        ("inbox", {"conversations": [2, 1]}),
    ]


def test_a_note_or_a_reply_that_appears_in_an_open_conversation_is_a_new_display(
    console: Console, dana: Browser
) -> None:
    page = dana.get(PAGE)
    console.sign_in(name="Bob").post(f"{PAGE}/notes", data={"note": "Called her back."})
    for _ in range(2):
        page = dana.get(PAGE, headers=seal_of(page))

    assert "Called her back." in page.text
    assert [detail for _, detail in entries(console, "viewed")] == [{"up_to": 1}] * 2


@pytest.mark.parametrize(
    "form", [{"insert": "billing_inquiry"}, {"text": "", "then": "waiting"}], ids=["quick reply", "refused reply"]
)
def test_a_page_that_answers_a_reply_is_a_display_too(console: Console, dana: Browser, form: dict[str, str]) -> None:
    answer = dana.post(f"{PAGE}/reply", data=form)

    assert PRICES in answer.text
    assert len(entries(console, "viewed")) == 1


def test_a_recording_is_written_down_wherever_playing_begins(
    console: Console, dana: Browser, twilio: TwilioStandIn
) -> None:
    call = console.call()
    call.finish()
    call.report_recording()
    call.report_transcription(PRICES, "completed")
    twilio.audio[call.recording_sid] = bytes(1000)
    for part in ("bytes=1-", "bytes=500-", "bytes=0-"):
        assert dana.get("/staff/messages/2/recording", headers={"Range": part}).status_code == 206

    begun = [("conversation:2", {"message": 2})]
    assert entries(console, "played") == begun * 2, "the second part goes on with the first, the third begins anew"
    console.sign_in().get("/staff/messages/2/recording", headers={"Range": "bytes=7-"})
    assert len(entries(console, "played")) == 3
