"""Who asks to be written to only at some hours is not written to at others by a slip."""

from __future__ import annotations

import re
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
import requests

from inbox.models import AuditEntry, Delivery, now
from staff.conversations.text_wishes import read_wish, wish_words
from tests.staff.conftest import Browser, Console, StartConsole
from tests.staff.conversations.test_conversation import words
from tests.told_classifier import EMERGENCY, sure_of, tell

PAGE, RECORD = "/staff/conversations/1", "/staff/patients/demo/1"
ZONE = ZoneInfo("America/New_York")
ASKED = "Only text me before 4 please, I work nights"
EARLY, LATE = "please only text me after 6 pm", "please only text me before noon"
BILL, CHEST = "Why is my bill so high?", "I have crushing chest pain"
ONLY = "The patient asked to be written to only before 4:00 PM."
REFUSED = "Not sent: the patient asked to be written to only before 4:00 PM, and that would be"


@pytest.fixture
def console(start_console: StartConsole) -> Console:
    started = start_console('patient_quiet_hours = "03:00-03:01"')
    about = dict.fromkeys((ASKED, EARLY, LATE, BILL), sure_of("billing_inquiry"))
    tell(started, about | {CHEST: EMERGENCY})
    return started


@pytest.fixture
def browser(console: Console) -> Browser:
    return console.sign_in(name="Jamie Cole")


def receive(console: Console, text: str) -> None:
    console.text(text)
    console.work()


def untimely_words() -> str:
    """A wish that excludes this hour, whichever it is."""
    return EARLY if datetime.now(ZONE).hour < 12 else LATE


def tomorrow_at(hour: int) -> str:
    day = now().astimezone(ZONE).date() + timedelta(days=1)
    return f"{datetime.combine(day, time(hour)):%Y-%m-%dT%H:%M}"


def send(browser: Browser, number: int = 1, /, **form: str) -> requests.Response:
    standing = {"text": "Your bill is right.", "seen": "9", "newest": "9", "form_id": f"{number:032x}"}
    return browser.post(f"{PAGE}/reply", data=standing | form)


@pytest.mark.parametrize(
    ("texts", "shown"),
    [
        ([ASKED], ONLY),
        ([BILL, ASKED], ONLY),
        (["please text me after 6pm only", ASKED], "The patient asked to be written to only after 6:00 PM."),
        (
            ["solo escríbame entre las 9 y las 2"],
            "The patient asked to be written to only between 9:00 AM and 2:00 PM.",
        ),
        (["you can text me anytime now", ASKED], ""),
        ([BILL], ""),
        (["can you text me the address before 4?"], ""),
    ],
)
def test_the_newest_plain_wish_counts(texts: list[str], shown: str) -> None:
    wish = read_wish(texts, "America/New_York")

    assert (wish_words(wish) if wish else "") == shown


def test_the_wish_stands_beside_the_reply_box(console: Console, browser: Browser) -> None:
    receive(console, ASKED)
    receive(console, BILL)

    assert ONLY in words(browser.get(PAGE).text)


def test_a_reply_for_an_hour_that_the_patient_excluded_is_confirmed_first(console: Console, browser: Browser) -> None:
    receive(console, ASKED)

    refused = send(browser, later="", send_at=tomorrow_at(18))

    assert refused.status_code == 422
    assert REFUSED in words(refused.text)
    assert 'name="untimely"' in refused.text
    assert [row for row in console.rows(Delivery) if row.staff_id] == []
    assert send(browser, later="", send_at=tomorrow_at(15)).status_code == 303
    assert send(browser, 2, later="", send_at=tomorrow_at(18), untimely="yes").status_code == 303
    assert len([row for row in console.rows(Delivery) if row.staff_id]) == 2


def test_so_is_one_for_now(console: Console, browser: Browser) -> None:
    receive(console, untimely_words())
    assert 'name="untimely"' in browser.get(PAGE).text

    assert send(browser).status_code == 422
    assert send(browser, untimely="yes").status_code == 303


def test_the_audit_trail_says_which_went_out_at_such_an_hour(console: Console, browser: Browser) -> None:
    receive(console, ASKED)
    assert browser.post(f"{PAGE}/patient", data={"name": "Ann Lee", "use": "address"}).status_code == 303
    send(browser, later="", send_at=tomorrow_at(15))
    send(browser, 2, later="", send_at=tomorrow_at(18), untimely="yes")
    form = {"text": "Your bill is right.", "form_id": f"{3:032x}", "address": "1", "send_at": tomorrow_at(18)}
    browser.post(f"{RECORD}/messages", data=form | {"untimely": "yes"})

    scheduled = [entry.detail for entry in console.rows(AuditEntry) if entry.action == "message_scheduled"]
    assert [detail.get("outside_hours", False) for detail in scheduled] == [False, True, True]


def test_an_emergency_is_answered_at_any_hour(console: Console, browser: Browser) -> None:
    receive(console, untimely_words())
    receive(console, CHEST)

    assert 'name="untimely"' not in browser.get(PAGE).text
    assert send(browser).status_code == 303


def test_a_message_from_the_record_heeds_the_wish_too(console: Console, browser: Browser) -> None:
    receive(console, ASKED)
    assert browser.post(f"{PAGE}/patient", data={"name": "Ann Lee", "use": "address"}).status_code == 303
    form = {"text": "Your bill is right.", "form_id": f"{1:032x}", "address": "1", "send_at": tomorrow_at(18)}

    refused = browser.post(f"{RECORD}/messages", data=form)

    assert refused.status_code == 409
    assert REFUSED in words(refused.text)
    assert re.search(r'name="untimely" value="yes"', refused.text)
    assert browser.post(f"{RECORD}/messages", data=form | {"untimely": "yes"}).status_code == 303


def test_the_notes_of_the_record_are_beside_the_conversation(console: Console, browser: Browser) -> None:
    receive(console, BILL)
    form = {"name": "Ann Lee", "notes": "Prefers mornings. Hard of hearing.", "use": "address"}
    assert browser.post(f"{PAGE}/patient", data=form).status_code == 303

    assert "Prefers mornings. Hard of hearing." in words(browser.get(PAGE).text)


def test_a_scheduled_message_that_is_sent_now_heeds_it_too(console: Console, browser: Browser) -> None:
    wish = untimely_words()
    receive(console, wish)
    assert browser.post(f"{PAGE}/patient", data={"name": "Ann Lee", "use": "address"}).status_code == 303
    hour = 20 if wish == EARLY else 10
    form = {"text": "Your bill is right.", "form_id": f"{1:032x}", "address": "1", "send_at": tomorrow_at(hour)}
    assert browser.post(f"{RECORD}/messages", data=form).status_code == 303
    [waiting] = [row for row in console.rows(Delivery) if row.staff_id]
    now_instead = f"{RECORD}/messages/{waiting.id}/send-now"

    refused = browser.post(now_instead)

    assert refused.status_code == 409
    assert "Not sent: the patient asked to be written to only" in words(refused.text)
    assert re.search(rf'id="untimely-{waiting.id}" name="untimely" value="yes"[^>]+ autofocus>', refused.text)
    assert browser.post(now_instead, data={"untimely": "yes"}).status_code == 303


def test_a_held_message_is_not_sent_at_an_hour_that_the_patient_excluded(console: Console, browser: Browser) -> None:
    receive(console, BILL)
    assert send(browser, later="", send_at=tomorrow_at(15)).status_code == 303
    receive(console, untimely_words())
    with console.edit() as session:
        [waiting] = [row for row in session.query(Delivery) if row.staff_id]
        waiting.scheduled_for = waiting.next_attempt_at = now() - timedelta(seconds=1)
    console.reconcile()
    console.work()

    refused = browser.post(f"{PAGE}/scheduled/{waiting.id}/send", data={"since": "2", "newest": "2"})

    assert refused.status_code == 409
    assert "Press Edit to choose another time" in words(refused.text)
