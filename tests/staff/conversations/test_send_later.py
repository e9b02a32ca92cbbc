"""A reply goes later from its box: checked like a message from a record, seen until then, given back when cancelled."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import requests

from inbox.models import AuditEntry, Conversation, Delivery, DeliveryState, Escalation, ReplyDraft, now
from intake.practices import Practice, load_practices
from intake.settings import Settings
from intake.vocabulary import Medium
from staff.conversations.send_later import later_choices
from tests.chat_client import ChatClient
from tests.staff.conftest import Browser, Console, StartConsole
from tests.staff.conversations.test_conversation import words
from tests.staff.conversations.test_inbox import rows
from tests.staff.conversations.test_views import counts
from tests.staff.patients.test_messages import local, quiet
from tests.staff.undo.test_undo import bar, undo
from tests.told_classifier import EMERGENCY, sure_of, tell
from tests.world import PRACTICES_TOML

PAGE = "/staff/conversations/1"
PRICES, CHEST = "How much is a first visit without insurance?", "I have crushing chest pain"
WORDS = "Dr. Lee has looked at it: come in on Tuesday."
LOUD = quiet(6, 8)
DEMO = Path(__file__).parents[3] / "practices.demo.toml"
ZONE = ZoneInfo("America/New_York")


def demo() -> Practice:
    return load_practices(DEMO).require("demo")


def begin(console: Console, text: str = PRICES) -> Browser:
    tell(console, {PRICES: sure_of("price_shopper"), CHEST: EMERGENCY})
    console.text(text)
    console.work()
    return console.sign_in(name="Dana Reyes")


def at(hours: float) -> str:
    return f"{local(hours):%Y-%m-%dT%H:%M}"


def send(browser: Browser, form_id: int = 1, /, **form: str) -> requests.Response:
    standing = {"seen": "9", "newest": "9", "form_id": f"{form_id:032x}"}
    return browser.post(f"{PAGE}/reply", data={"text": WORDS, **standing, **form})


def schedule(browser: Browser, send_at: str, form_id: int = 1) -> requests.Response:
    return send(browser, form_id, later="", send_at=send_at)


def in_box(answer: requests.Response) -> str:
    [found] = re.findall(r'<textarea id="text".*?>(.*?)</textarea>', answer.text, re.DOTALL)
    return str(found)


def said(console: Console) -> list[str]:
    return [text.body for text in console.twilio.messages if WORDS in text.body]


def its_time_comes(console: Console) -> None:
    with console.edit() as session:
        for delivery in session.query(Delivery).where(Delivery.state == DeliveryState.PENDING):
            delivery.scheduled_for = delivery.next_attempt_at = now() - timedelta(seconds=1)
    for _ in range(2):
        console.reconcile()
        console.work()


def test_a_reply_for_later_waits_leaves_the_patient_waiting_and_is_then_the_answer(start_console: StartConsole) -> None:
    console = start_console(LOUD)
    browser = begin(console)
    [before] = console.rows(Conversation)

    assert schedule(browser, at(3)).status_code == 303

    page = browser.get(PAGE)
    assert words(page.text).count("Scheduled for ") == 2  # at the message and in the row
    assert in_box(page) == ""
    assert console.rows(Conversation)[0].waiting_since == before.waiting_since
    assert [row.action for row in console.rows(AuditEntry) if row.action in ("replied", "message_scheduled")] == [
        "message_scheduled"
    ]
    console.reconcile()
    console.work()
    assert said(console) == []

    its_time_comes(console)
    assert len(said(console)) == 1
    [after] = console.rows(Conversation)
    assert (after.state, after.waiting_since, after.staff_took_over_at is not None) == ("waiting", None, True)


def test_what_waits_for_its_time_stands_in_a_view_of_its_own_closed_conversations_too(
    start_console: StartConsole,
) -> None:
    console = start_console(LOUD)
    browser = begin(console)
    assert counts(browser.get("/staff/"))["Scheduled"] == ""
    schedule(browser, at(3))
    browser.post(f"{PAGE}/state", data={"state": "closed", "unanswered": "close"})

    page = browser.get("/staff/?view=scheduled")
    assert counts(page)["Scheduled"] == "1"
    assert len(rows(page)) == 1
    assert "Scheduled for " in words(page.text)

    its_time_comes(console)
    assert rows(browser.get("/staff/?view=scheduled")) == []


@pytest.mark.parametrize(
    ("form", "why"),
    [
        pytest.param({"later": "", "send_at": ""}, "Choose a date and a time", id="no time"),
        pytest.param({"later": "", "send_at": "2020-01-01T09:00"}, "This time has passed.", id="past"),
        pytest.param({"later": "2020-01-01T09:00"}, "This time has passed.", id="choice of an old page"),
        pytest.param({"then": "waiting", "send_at": "2026-12-24T09:00"}, "a time is filled in", id="sent now"),
    ],
)
def test_a_reply_whose_time_is_refused_keeps_its_words(
    start_console: StartConsole, form: dict[str, str], why: str
) -> None:
    console = start_console(LOUD)
    browser = begin(console)

    refused = send(browser, **form)

    assert (refused.status_code, why in refused.text, in_box(refused)) == (422, True, WORDS)
    assert in_box(browser.get(PAGE)) == WORDS
    assert [row for row in console.rows(Delivery) if row.staff_id] == []


def test_in_quiet_hours_it_is_refused_with_the_next_time_filled_in(start_console: StartConsole) -> None:
    hours, ends = quiet(1, 5), local(5)
    console = start_console(hours)
    browser = begin(console)

    refused = schedule(browser, at(3))

    assert "no new texts go out between" in refused.text
    assert f'id="send-at" name="send_at" value="{ends:%Y-%m-%dT%H:%M}"' in refused.text
    assert '<details class="quick drop" id="later-menu" open>' in refused.text
    assert schedule(browser, at(5.1)).status_code == 303


def test_it_is_checked_again_as_it_goes_out(start_console: StartConsole) -> None:
    console = start_console(LOUD)
    browser = begin(console)
    schedule(browser, at(3))
    console.text("STOP")
    console.work()

    its_time_comes(console)

    assert said(console) == []
    assert console.rows(Conversation)[0].state == "open"


def test_it_needs_the_check_of_a_patient_who_is_not_safe(start_console: StartConsole) -> None:
    console = start_console(LOUD)
    browser = begin(console)
    browser.post(f"{PAGE}/unsafe-contact", data={"unsafe": "yes"})

    assert "not safe to write here" in schedule(browser, at(3)).text
    assert send(browser, 2, later="", send_at=at(3), despite="yes").status_code == 303


def test_an_emergency_that_nobody_has_acknowledged_gets_no_reply_for_later(start_console: StartConsole) -> None:
    console = start_console(LOUD)
    browser = begin(console, CHEST)

    refused = schedule(browser, at(3))

    assert "Nobody has acknowledged this urgent message. Do that first" in refused.text
    assert [row.acknowledged_at for row in console.rows(Escalation)] == [None]
    browser.post(f"{PAGE}/assign", data={"to": "me"})
    assert schedule(browser, at(3)).status_code == 303


def test_who_never_texted_and_did_not_agree_gets_no_text_later(start_console: StartConsole) -> None:
    console = start_console(LOUD)
    browser = begin(console)
    with console.edit() as session:
        session.query(Conversation).one().channel = "voicemail"

    assert "No consent to texts is on record" in schedule(browser, at(3)).text


def test_a_chat_says_nothing_of_later(start_console: StartConsole) -> None:
    console = start_console(LOUD)
    ChatClient(console.url).send("Hello", "m1")
    console.work()
    browser = console.sign_in()

    assert "Send later" not in browser.get(PAGE).text
    assert "A reply in a chat can’t be scheduled." in words(schedule(browser, at(3)).text)


def test_cancelling_gives_the_words_back_to_the_box(start_console: StartConsole) -> None:
    console = start_console(LOUD)
    browser = begin(console)
    schedule(browser, at(3))
    browser.post(f"{PAGE}/draft", data={"text": "See you!"})
    [cancel] = re.findall(r'formaction="([^"]+/cancel)', browser.get(PAGE).text)

    assert browser.post(cancel).status_code == 303

    assert in_box(browser.get(PAGE)) == f"{WORDS}\n\nSee you!"
    its_time_comes(console)
    assert said(console) == []


def test_editing_opens_the_words_with_their_time(start_console: StartConsole) -> None:
    console = start_console(LOUD)
    browser, when = begin(console), at(3)
    schedule(browser, when)
    [edit] = re.findall(r'formaction="([^"]+/edit)', browser.get(PAGE).text)

    page = browser.post(edit)

    assert (page.status_code, page.headers["Content-Location"], in_box(page)) == (200, PAGE, WORDS)
    assert 'id="later-menu" open>' in page.text
    assert f'name="send_at" value="{when}"' in page.text
    assert "This message is not scheduled while you change it." in words(page.text)
    assert browser.post(edit).status_code == 409
    its_time_comes(console)
    assert said(console) == []
    assert [row.action for row in console.rows(AuditEntry)].count("schedule_cancelled") == 1


def test_undoing_takes_it_out_of_the_thread_and_gives_the_words_back(
    settings: Settings, console_of: Callable[[Settings], Console]
) -> None:
    settings.practices_file.write_text(PRACTICES_TOML.replace('slug = "demo"\n', f'slug = "demo"\n{LOUD}\n', 1))
    console = console_of(settings.model_copy(update={"undo_seconds": 8}))
    browser = begin(console)
    schedule(browser, at(3))
    assert re.fullmatch(r"Scheduled for \w{3}, \w{3} \d+, \d+:\d\d [AP]M\. Undo u", bar(browser.get(PAGE)))

    undo(browser, PAGE)

    assert [row.text for row in console.rows(ReplyDraft)] == [WORDS]
    assert [row for row in console.rows(Delivery) if row.staff_id] == []


@pytest.mark.parametrize(
    ("moment", "medium", "choices"),
    [
        pytest.param(
            datetime(2026, 12, 1, 20), Medium.EMAIL,
            [("Tomorrow morning, when you open", "Wed, Dec 2, 8:00 AM"), ("Monday morning", "Mon, Dec 7, 8:00 AM")],
            id="at night",
        ),
        pytest.param(
            datetime(2026, 12, 1, 6), Medium.SMS,
            [
                ("When you open", "Tue, Dec 1, 8:00 AM"),
                ("Tomorrow morning", "Wed, Dec 2, 8:00 AM"),
                ("Monday morning", "Mon, Dec 7, 8:00 AM"),
            ],
            id="before opening",
        ),
        pytest.param(
            datetime(2026, 12, 1, 10), Medium.SMS,
            [("Tomorrow morning", "Wed, Dec 2, 8:00 AM"), ("Monday morning", "Mon, Dec 7, 8:00 AM")],
            id="open",
        ),
    ],
)  # fmt: skip
def test_the_choices_are_the_next_opening_and_mornings(
    moment: datetime, medium: Medium, choices: list[tuple[str, str]]
) -> None:
    offered = later_choices(demo(), medium, moment.replace(tzinfo=ZONE))

    assert [(choice.name, choice.at) for choice in offered] == choices


def test_the_end_of_a_lunch_break_is_a_choice_in_the_break_alone() -> None:
    practice = demo().model_copy(update={"hours": {"tue": ["08:00-12:00", "13:00-17:00"]}})

    def soonest(hour: int) -> tuple[str, str]:
        choice = later_choices(practice, Medium.SMS, datetime(2026, 12, 1, hour, 15, tzinfo=ZONE))[0]
        return choice.name, choice.at

    assert soonest(10) == ("Tomorrow morning", "Wed, Dec 2, 8:00 AM")
    assert soonest(12) == ("When you open", "Tue, Dec 1, 1:00 PM")


def test_no_choice_of_a_text_is_in_quiet_hours() -> None:
    practice = demo().model_copy(update={"patient_quiet_hours": "21:00-09:30"})
    offered = later_choices(practice, Medium.SMS, datetime(2026, 12, 1, 20, tzinfo=ZONE))

    assert {datetime.fromisoformat(choice.value).time() for choice in offered} == {time(9, 30)}
