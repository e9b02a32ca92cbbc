"""The inbox: what a member finds, in what order, with which filters and searches, and that it stays up to date."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from html import unescape

import pytest
import redis
import requests
from sqlalchemy import func, select

from classifier.understanding import SecondIntent
from inbox.models import AlarmEnd, Conversation, Notification, now
from intake.settings import Settings
from intake.vocabulary import NotificationReason
from tasks.notification.alarms import acknowledge
from tasks.pubsub import Watchers, announce
from tasks.queues.queue import connect
from tasks.routing.unproven_numbers import tell_of_cap
from tests.chat_client import ChatClient
from tests.staff.conftest import Browser, Console
from tests.told_classifier import EMERGENCY, PERSON, SAME_DAY, SELF_HARM, sure_of, tell
from tests.world import SERVICE_SID

PRICES = "How much is a first visit without insurance?"
BILL = "I got a bill for $382 for my visit but my copay should only be $35, what is the rest?"
URGENT = "My husband has crushing chest pain and can't breathe"
ONE, TWO, THREE = "+12025550131", "+12025550132", "+12025550133"
ON_CALL = "+12025550112"


def rows(page: requests.Response) -> list[str]:
    """The names in the list, from the top."""
    assert page.status_code == 200, page.status_code
    return re.findall(r'id="open-[0-9]+">([^<]*)</a>', page.text)


def row(page: requests.Response, who: str) -> str:
    """One row's text, with each run of white space as a single space."""
    [found] = [
        item
        for item in re.findall(r'<li id="c-.*?</li>', page.text, re.DOTALL)
        if re.search(rf">{re.escape(who)}</a>", item)
    ]
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", found)).split())


def search(browser: Browser, **form: str) -> requests.Response:
    """The results of a search, which the form redirects to."""
    answer = browser.post("/staff/search", data=form)
    assert answer.status_code == 303, answer.status_code
    return browser.get(answer.headers["Location"])


def title(page: requests.Response) -> str:
    [found] = re.findall(r"<title>(.*?)</title>", page.text)
    return str(found)


@contextmanager
def events(browser: Browser, path: str) -> Iterator[Iterator[str]]:
    """The names of a stream's events, once it is open."""
    with browser.get(path, stream=True) as answer:
        assert answer.headers["Content-Type"].startswith("text/event-stream")
        lines = answer.iter_lines(chunk_size=1, decode_unicode=True)
        assert next(line for line in lines if line) == "retry: 2000"
        names = (line.removeprefix("event: ") for line in lines if line.startswith("event: "))
        assert next(names) == "changed"  # in case that something changed between the page and its stream
        yield names


@pytest.fixture
def busy(console: Console) -> Console:
    """A console with three texts, in order of arrival; someone has acknowledged the urgent one by text."""
    for number, text in ((ONE, PRICES), (TWO, BILL), (THREE, URGENT)):
        console.text(text, from_=number)
    console.work()
    acknowledge_alarm(console)
    return console


def acknowledge_alarm(console: Console) -> None:
    """Ends the only alarm, which is otherwise above every list."""
    with console.edit() as session:
        assert acknowledge(session, 1, ON_CALL, None, AlarmEnd.TEXT)


# ---- the list


def test_every_channel_is_in_one_list_the_newest_first(console: Console) -> None:
    console.text(PRICES, from_=ONE)
    call = console.call(from_=TWO)
    call.finish()
    call.report_recording()
    call.report_transcription("I need to move my appointment on Friday")
    chat = ChatClient(console.url, name="Robin Hood")
    chat.send("Do you take my insurance?", "m1")
    console.work()

    page = console.sign_in().get("/staff/")

    assert rows(page) == ["Robin Hood", "(202) 555-0132", "(202) 555-0131"]
    assert [
        row(page, who).count(channel) for who, channel in zip(rows(page), ("Chat", "Voicemail", "Text"), strict=True)
    ]


def test_a_row_says_who_what_how_soon_for_whom_and_how_long_ago(busy: Console) -> None:
    page = busy.sign_in().get("/staff/")

    assert row(page, "(202) 555-0133").startswith(
        f"(202) 555-0133 Unread Waiting now {URGENT} Text Emergency Acknowledged by (202) 555-0112 (by text), "
    )
    assert row(page, "(202) 555-0133").endswith(" Clinical concern On call")
    assert row(page, "(202) 555-0132") == f"(202) 555-0132 Unread Waiting now {BILL} Text Billing question Billing"


def test_a_row_keeps_the_danger_until_a_person_has_written_or_called(console: Console) -> None:
    crown = "hey can i come in friday to get my crown redone. my chest has felt tight since this morning"
    tell(console, {crown: EMERGENCY})
    console.text(crown, from_=ONE)
    console.work()
    acknowledge_alarm(console)
    console.text(PRICES, from_=ONE)
    console.work()
    dana = console.sign_in()

    assert "now …my chest has felt tight since this morning" in row(dana.get("/staff/"), "(202) 555-0131")
    assert "1 newer" in row(dana.get("/staff/"), "(202) 555-0131")

    dana.post("/staff/conversations/1/called", data={"outcome": "reached"})

    assert "…my chest" not in row(dana.get("/staff/"), "(202) 555-0131")


def test_a_chat_that_was_opened_and_left_is_not_in_it(console: Console) -> None:
    ChatClient(console.url)

    assert rows(console.sign_in().get("/staff/")) == []


def test_a_visitor_without_a_name_is_a_chat_visitor(console: Console) -> None:
    ChatClient(console.url).send(PRICES, "m1")

    assert rows(console.sign_in().get("/staff/")) == ["Chat visitor"]


def test_a_row_shows_the_level_the_danger_the_language_and_the_second_intent(console: Console) -> None:
    also = (SecondIntent("billing_inquiry", 0.8),)
    tell(
        console,
        {
            PRICES: SELF_HARM,
            BILL: sure_of("complaint", language="es", also=also, **SAME_DAY),
            URGENT: sure_of("complaint", **PERSON),
        },
    )
    for number, text in ((ONE, PRICES), (TWO, BILL), (THREE, URGENT)):
        console.text(text, from_=number)
    console.work()

    page = console.sign_in().get("/staff/")

    assert "Text Emergency: self-harm" in row(page, "(202) 555-0131")
    assert row(page, "(202) 555-0132") == (
        f"(202) 555-0132 Unread Waiting now {BILL} Text Same day Complaint Spanish Also: Billing question Clinical"
    )
    assert row(page, "(202) 555-0133") == (
        f"(202) 555-0133 Unread Waiting now {URGENT} Text Asks for a person Front desk"
    )
    acknowledge_alarm(console)
    dana = console.sign_in()
    assert rows(dana.get("/staff/?triage=emergency")) == ["(202) 555-0131"]
    assert rows(dana.get("/staff/?triage=same_day")) == ["(202) 555-0132"]
    assert rows(dana.get("/staff/?intent=person")) == ["(202) 555-0133"]


def test_the_level_is_gone_once_staff_have_answered(busy: Console) -> None:
    dana = busy.sign_in()
    assert rows(dana.get("/staff/?triage=emergency")) == ["(202) 555-0133"]

    dana.post("/staff/conversations/3/state", data={"state": "waiting", "unanswered": "close"})

    assert rows(dana.get("/staff/?triage=emergency")) == []


def test_an_urgent_message_stays_urgent_when_a_thank_you_follows(console: Console) -> None:
    console.text(URGENT, from_=ONE)
    console.text("ok thanks", from_=ONE)
    console.work()

    assert " Emergency " in row(console.sign_in().get("/staff/"), "(202) 555-0131")


def test_other_practices_are_not_in_it(console: Console) -> None:
    console.text(PRICES, from_=ONE)
    console.text(PRICES, from_=TWO, to="+12025550180", messaging_service_sid=SERVICE_SID)
    console.work()

    assert rows(console.sign_in(practices=["demo"]).get("/staff/")) == ["(202) 555-0131"]
    assert rows(console.sign_in(practices=["other"]).get("/staff/")) == ["(202) 555-0132"]
    both = console.sign_in(practices=["demo", "other"])
    assert rows(both.get("/staff/")) == ["(202) 555-0132", "(202) 555-0131"]
    assert "Harbor Dental" in row(both.get("/staff/"), "(202) 555-0132")
    assert rows(both.get("/staff/?practice=demo")) == ["(202) 555-0131"]
    assert rows(console.sign_in(practices=["demo"]).get("/staff/?practice=other")) == ["(202) 555-0131"]


def test_what_is_unread_is_counted_in_the_title_for_each_member(busy: Console) -> None:
    dana, bob = busy.sign_in(), busy.sign_in()
    assert title(dana.get("/staff/")) == "(3) Inbox · Intake"

    dana.get("/staff/conversations/1")

    assert title(dana.get("/staff/")) == "(2) Inbox · Intake"
    assert "Unread" not in row(dana.get("/staff/"), "(202) 555-0131")
    assert title(bob.get("/staff/")) == "(3) Inbox · Intake"
    busy.text(BILL, from_=ONE)
    assert title(dana.get("/staff/")) == "(3) Inbox · Intake"
    assert rows(dana.get("/staff/")) == ["(202) 555-0133", "(202) 555-0131", "(202) 555-0132"]


def test_nothing_unread_leaves_the_title_plain(console: Console) -> None:
    assert title(console.sign_in().get("/staff/")) == "Inbox · Intake"


# ---- filters


def test_filters_leave_what_was_asked_for(busy: Console) -> None:
    expected = {
        "intent=billing_inquiry": [TWO],
        "priority=urgent": [THREE],
        "triage=emergency": [THREE],
        "triage=same_day": [],
        "triage=nonsense": [THREE, TWO, ONE],
        "team=billing": [TWO],
        "channel=sms": [THREE, TWO, ONE],
        "channel=chat": [],
        "state=open": [THREE, TWO, ONE],
        "state=waiting": [],
        "unread=1": [THREE, TWO, ONE],
        "mine=1": [],
        "intent=nonsense&priority=1&state=x&view=y&sort=z&after=y-z&q=nonsense": [THREE, TWO, ONE],
    }
    dana = busy.sign_in()
    found = {query: [who[-2:] for who in rows(dana.get(f"/staff/?{query}"))] for query in expected}

    assert found == {query: [number[-2:] for number in numbers] for query, numbers in expected.items()}


def test_closed_ones_are_shown_when_they_are_asked_for(busy: Console) -> None:
    dana = busy.sign_in()
    dana.post("/staff/conversations/1/state", data={"state": "closed", "unanswered": "close"})

    assert rows(dana.get("/staff/")) == ["(202) 555-0133", "(202) 555-0132"]
    assert rows(dana.get("/staff/?state=closed")) == ["(202) 555-0131"]
    assert len(rows(dana.get("/staff/?state=all"))) == 3
    assert title(dana.get("/staff/")) == "(2) Inbox · Intake"


def test_mine_are_those_that_were_assigned_to_me(busy: Console) -> None:
    dana, bob = busy.sign_in(name="Dana Reyes"), busy.sign_in(name="Bob Stone")
    dana.post("/staff/conversations/2/assign", data={"to": "me"})

    assert rows(dana.get("/staff/?mine=1")) == ["(202) 555-0132"]
    assert rows(bob.get("/staff/?mine=1")) == []
    assert "Assigned to Dana Reyes" in row(bob.get("/staff/"), "(202) 555-0132")


# ---- pages


def test_a_long_list_comes_in_pages_that_neither_repeat_nor_leave_out_anything(console: Console) -> None:
    moment = now()
    for number in range(120):
        console.text("Hello", from_=f"+1202555{number:04}")
    with console.edit() as session:  # several at the same moment
        for conversation in session.query(Conversation):
            conversation.listed_at = moment - timedelta(minutes=conversation.id // 7)
    dana = console.sign_in()

    seen, address = [], "/staff/?channel=sms"
    while address:
        page = dana.get(address)
        seen += re.findall(r'id="open-([0-9]+)"', page.text)
        older = re.search(r'<a href="([^"]+)">Older</a>', page.text)
        address = unescape(older[1]) if older else ""

    assert [int(number) for number in seen] == sorted(
        range(1, 121), key=lambda number: (-(number // 7), number), reverse=True
    )
    assert len(rows(dana.get("/staff/"))) == 50


# ---- live


def test_the_stream_says_so_when_a_message_was_handled(console: Console) -> None:
    dana = console.sign_in()
    with events(dana, "/staff/events") as names:
        console.text(PRICES)
        console.work()

        assert next(names) == "changed"


def test_a_stream_beside_another_one_starts_with_a_look_too(console: Console) -> None:
    dana = console.sign_in()
    with events(dana, "/staff/events"), events(console.sign_in(), "/staff/events") as names:
        console.text(PRICES)

        assert next(names) == "changed"


def test_the_stream_is_silent_about_other_practices(settings: Settings, empty_redis: redis.Redis) -> None:
    watchers = Watchers(partial(connect, settings.redis_url))
    with watchers.watch("practice:demo") as demo, watchers.watch("practice:other") as other:
        demo.clear()
        other.clear()

        announce(empty_redis, "practice:demo")

        assert demo.wait(30)
        assert not other.is_set()
    watchers.close()


def test_nothing_of_a_patient_is_in_the_stream_or_in_redis(console: Console) -> None:
    dana = console.sign_in()
    channels = console.redis.pubsub()
    channels.psubscribe("*")
    with events(dana, "/staff/events"):
        console.text(PRICES, from_=ONE)
        console.work()

    told = []
    while message := channels.get_message(timeout=1):
        told.append(repr(message))
    channels.close()
    assert any("practice:demo" in event for event in told)
    assert not any(PRICES in event or "5550131" in event for event in told)


def test_the_inbox_says_that_forms_cause_no_more_texts_today(console: Console) -> None:
    browser = console.sign_in()
    assert "caused so many texts" not in browser.get("/staff/").text
    console.text(PRICES)
    console.work()
    with console.edit() as session:
        message = console.last_message(session)
        practice = console.context.practices.require("demo")
        for _ in range(2):
            tell_of_cap(session, message, practice, now())
        told = select(func.count(Notification.id)).where(Notification.reason == NotificationReason.TEXTS_CAPPED)
        assert session.scalar(told) == 1

    assert "Contact forms at Maple Street caused so many texts today" in browser.get("/staff/").text
    assert "caused so many texts" not in console.sign_in(practices=["other"]).get("/staff/").text
