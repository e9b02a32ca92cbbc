"""An alarm on the console: it ends when someone deals with the patient, and cannot be missed before."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
import requests
from sqlalchemy import select, update

from inbox.incoming.inbound import Contact, InboundMessage, record_message
from inbox.models import (
    AlarmEnd,
    AuditEntry,
    Conversation,
    ConversationState,
    Escalation,
    Message,
    Notification,
    NotificationState,
    now,
)
from intake.settings import Settings
from intake.vocabulary import Channel, SenderDoubt
from staff.conversations.inbox_queries import MOST_PINNED
from staff.conversations.inbox_queries import PAGE as PAGE_LENGTH
from staff.conversations.no_word import Since, is_over
from tasks.notification.targets import CONSOLE
from tests.chat_client import ChatClient
from tests.staff.conftest import Browser, Console, StartConsole
from tests.staff.conversations.test_inbox import events, search
from tests.standins.hook import HookReceiver
from tests.standins.twilio import TwilioStandIn
from tests.told_classifier import EMERGENCY, SELF_HARM, tell
from tests.world import DEMO_NUMBER, PRACTICES_TOML

CHEST = "I have crushing chest pain"
WORSE = "It hurts more now"
ONE, TWO = "+12025550131", "+12025550132"
ON_CALL = "+12025550112"
PAGE = "/staff/conversations/1"
ALARM = "/staff/escalations/1"


@pytest.fixture
def console(start_console: StartConsole, hook: HookReceiver) -> Console:
    """The on-call team is texted, and after ten minutes the manager is told."""
    started = start_console(
        f'teams = {{ on_call = {{ notify = ["sms:{ON_CALL}"] }}, manager = {{ notify = ["{hook.apprise_url()}"] }} }}\n'
        'escalation = [{ team = "manager", after_minutes = 10 }]'
    )
    tell(started, {CHEST: EMERGENCY, WORSE: EMERGENCY})
    return started


@pytest.fixture
def dana(console: Console) -> Browser:
    receive(console, CHEST)
    return console.sign_in(name="Dana Reyes")


def receive(console: Console, text: str, from_: str = ONE) -> None:
    console.text(text, from_=from_)
    console.work()


def later(console: Console) -> None:
    """Lets the next step be due."""
    with console.edit() as session:
        for alarm in session.scalars(select(Escalation)):
            alarm.next_step_at = now() - timedelta(seconds=1)
    console.reconcile()


def two_minutes_pass(console: Console) -> None:
    with console.edit() as session:
        session.execute(update(AuditEntry).values(at=now() - timedelta(minutes=2)))


def texts_to_on_call(console: Console) -> list[str]:
    return [message.body for message in console.twilio.messages if message.to == ON_CALL]


def words(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def alarm_of(page: requests.Response) -> str:
    """What the conversation's page says of its alarm."""
    [found] = re.findall(r'<div class="alarm" id="alarm" data-live>(.*?)<div class="standing"', page.text, re.DOTALL)
    return words(found)


def names(page: requests.Response) -> list[str]:
    return re.findall(r'id="open-[0-9]+">([^<]*)</a>', page.text)


def pinned(page: requests.Response) -> str:
    [found] = re.findall(r'<div class="pinned">(.*?)</div>', page.text, re.DOTALL)
    return str(found)


def open_alarms(page: requests.Response) -> str:
    """What the line above the list says of alarms."""
    [found] = re.findall(r'<p class="open-alarms"[^>]*>(.*?)</p>', page.text, re.DOTALL)
    return words(found)


def title(page: requests.Response) -> str:
    [found] = re.findall(r"<title>(.*?)</title>", page.text)
    return str(found)


def counted(page: requests.Response) -> str:
    [found] = re.findall(r'id="alarm-count" data-live>(.*?)</span>', page.text)
    return str(found)


def press_button(browser: Browser, page: str = PAGE) -> None:
    """Presses "I'll handle it" on a conversation."""
    [action] = re.findall(r'id="handle" form="acts" formaction="([^"]+)"', browser.get(page).text)
    assert browser.post(action).status_code == 303


# ---- what ends it

ENDS = {
    "take_over": ("/take-over", {}, "took over"),
    "assign": ("/assign", {"to": "me"}, "took it on"),
    "reply": ("/reply", {"text": "Call 911 now.", "form_id": "a" * 32, "then": "waiting"}, "replied"),
}


@pytest.mark.parametrize("how", ENDS)
def test_whoever_deals_with_the_patient_ends_it_by_doing_so(
    console: Console, dana: Browser, hook: HookReceiver, how: str
) -> None:
    path, form, said = ENDS[how]
    assert dana.post(PAGE + path, data=form).status_code == 303
    later(console)

    assert hook.notifications == []
    [alarm] = console.rows(Escalation)
    assert (alarm.acknowledged_by, alarm.acknowledged_how, alarm.step) == ("Dana Reyes", how, 0)
    [ended] = [entry for entry in console.rows(AuditEntry) if entry.action == "acknowledged"]
    assert dana.member is not None
    assert (ended.staff_id, ended.detail["how"], ended.subject) == (dana.member.id, how, "conversation:1")
    assert f"Acknowledged by Dana Reyes ({said}), " in alarm_of(dana.get(PAGE))


def test_the_button_on_the_conversation_ends_it(console: Console, dana: Browser, hook: HookReceiver) -> None:
    page = dana.get(PAGE)
    [action] = re.findall(r'id="handle" form="acts" formaction="([^"]+)">I’ll handle it', page.text)

    assert dana.post(action).headers["Location"] == PAGE
    later(console)

    assert hook.notifications == []
    assert console.rows(Escalation)[0].acknowledged_how == "button"
    assert 'id="handle"' not in dana.get(PAGE).text


@pytest.mark.parametrize("accept", ["text/html", "application/json"])
@pytest.mark.parametrize(
    ("state", "leaving"),
    [("closed", "close it"), ("waiting", "mark it as waiting on the patient")],
    ids=["closed", "waiting"],
)
def test_nobody_leaves_it_before_someone_has_acknowledged_it(
    console: Console, dana: Browser, accept: str, state: str, leaving: str
) -> None:
    answer = dana.post(f"{PAGE}/state", data={"state": state, "unanswered": "close"}, headers={"Accept": accept})

    assert answer.status_code == 400
    assert f"Nobody has acknowledged this urgent message. Do that first; then you can {leaving}." in answer.text
    assert console.rows(Conversation)[0].state == "open"
    assert console.rows(Escalation)[0].acknowledged_at is None
    assert 'id="mark-waiting"' not in dana.get(PAGE).text

    press_button(dana)
    assert dana.post(f"{PAGE}/state", data={"state": state, "unanswered": "close"}).status_code == 303


def test_nobody_ends_the_chat_of_who_is_in_danger_before_that_and_then_not_by_one_press(console: Console) -> None:
    chat = ChatClient(console.url)
    chat.send(CHEST, "m1")
    console.work()
    dana = console.sign_in()
    assert 'id="end-chat"' not in dana.get(PAGE).text

    answer = dana.post(f"{PAGE}/end-chat")

    assert (answer.status_code, "Do that first; then you can end the chat." in answer.text) == (400, True)
    assert chat.send(WORSE, "m2").ok
    press_button(dana)
    [asked] = re.findall(r'<details class="ask" id="ask-end-chat">(.*?)</details>', dana.get(PAGE).text, re.DOTALL)
    assert words(asked).startswith(
        "End chat for the patient… The patient can then neither read nor write in this chat."
    )
    assert "Nobody has answered this emergency. End the chat" in words(asked)
    assert dana.post(f"{PAGE}/end-chat").status_code == 303
    assert console.rows(Conversation)[0].chat_ended_at is not None


def test_whoever_says_so_on_the_button_has_it_unless_a_colleague_does(console: Console, dana: Browser) -> None:
    assert dana.member is not None
    press_button(dana)

    assert console.rows(Conversation)[0].assigned_to == dana.member.id
    assert "assigned it to Dana Reyes" in words(dana.get(PAGE).text)

    receive(console, CHEST, TWO)
    bob = console.sign_in(name="Bob Stone")
    dana.post("/staff/conversations/2/assign", data={"to": str(bob.member.id if bob.member else "")})
    press_button(dana, "/staff/conversations/2")

    assert bob.member is not None
    assert console.rows(Conversation)[1].assigned_to == bob.member.id


def test_who_has_it_already_is_not_asked_to_take_it_over(console: Console, dana: Browser) -> None:
    assert "Take over" in words(dana.get(PAGE).text)

    press_button(dana)

    page = words(dana.get(PAGE).text)
    assert "Take over" not in page
    assert "Turn off auto-replies" in page


@pytest.mark.parametrize(("kind", "said"), [(EMERGENCY, "Emergency"), (SELF_HARM, "Emergency: self-harm")])
def test_the_details_of_a_message_say_once_that_it_is_an_emergency(
    console: Console, kind: dict[str, str], said: str
) -> None:
    tell(console, {CHEST: {**kind, "confidence": 0.2}})
    receive(console, CHEST)

    page = console.sign_in().get(PAGE).text

    [summary] = re.findall(r'<details class="reading">\s*<summary>(.*?)</summary>', page, re.DOTALL)
    assert words(summary) == said


def test_an_acknowledged_emergency_stays_on_top_until_it_is_answered(console: Console, dana: Browser) -> None:
    press_button(dana)
    receive(console, "How much is a cleaning?", TWO)
    assert names(dana.get("/staff/")) == ["(202) 555-0131", "(202) 555-0132"]

    dana.post(f"{PAGE}/state", data={"state": "waiting", "unanswered": "close"})
    receive(console, "How much is a cleaning?", TWO)

    assert names(dana.get("/staff/")) == ["(202) 555-0132", "(202) 555-0131"]


@pytest.mark.parametrize(
    ("path", "form"),
    [
        ("/notes", {"note": "She called."}),
        ("/assign", {"to": ""}),
        ("/state", {"state": "open"}),
        ("/reply", {"text": "", "form_id": "a" * 32}),
    ],
)
def test_whoever_only_writes_something_down_does_not_end_it(
    console: Console, dana: Browser, hook: HookReceiver, path: str, form: dict[str, str]
) -> None:
    dana.post(PAGE + path, data=form)
    later(console)

    assert len(hook.notifications) == 1


def test_assigning_it_to_a_colleague_does_not_end_it(console: Console, dana: Browser, hook: HookReceiver) -> None:
    colleague = console.add_member(name="Bob Stone")
    dana.post(f"{PAGE}/assign", data={"to": str(colleague.id)})
    later(console)

    assert len(hook.notifications) == 1


def test_notices_that_wait_for_another_try_are_dropped(console: Console, dana: Browser, hook: HookReceiver) -> None:
    hook.fail_next(1)
    later(console)
    dana.post(f"{PAGE}/take-over")

    waiting = [row for row in console.rows(Notification) if row.reason == "escalation" and row.target != "console"]
    assert [row.state for row in waiting] == ["dropped"]


def test_an_alarm_that_a_colleague_ended_keeps_that_colleagues_name(console: Console, dana: Browser) -> None:
    dana.post(f"{PAGE}/take-over")
    console.sign_in(name="Bob Stone").post(f"{PAGE}/state", data={"state": "closed", "unanswered": "close"})

    assert console.rows(Escalation)[0].acknowledged_by == "Dana Reyes"


# ---- what the conversation and its row show


def test_the_conversation_shows_who_was_told_who_is_next_and_when(console: Console, dana: Browser) -> None:
    shown = alarm_of(dana.get(PAGE))

    assert "Nobody has acknowledged this" in shown
    assert re.search(r"On call notified, \w+ \d+, \d+:\d\d [AP]M · \(202\) 555-0112 Next: Manager in 10 min", shown)
    assert f"ACK {console.rows(Escalation)[0].code}" in shown


def test_after_the_last_step_it_shows_that_contact_too_and_that_it_is_next_again(
    console: Console, dana: Browser
) -> None:
    later(console)

    again = r"Next: Manager again in 10 min ?, and so on until someone acknowledges"
    assert re.search(rf"On call notified, .* Manager notified, .* {again}", alarm_of(dana.get(PAGE)))
    assert "Next: Manager again in 10 min" in words(pinned(dana.get("/staff/")))
    assert "Intake notified the next contact: Manager" in words(dana.get(PAGE).text)


@pytest.mark.parametrize("waits", [0, 20])
def test_whoever_was_paged_about_a_chat_is_paged_again_at_every_press(console: Console, waits: int) -> None:
    ChatClient(console.url).send(CHEST, "m1")
    console.work()
    dana = console.sign_in(name="Dana Reyes")

    for press in range(3):
        with console.edit() as session:
            for notice in session.scalars(select(Notification)):
                notice.next_attempt_at -= timedelta(minutes=waits)
        two_minutes_pass(console)
        assert dana.post(f"{ALARM}/again").status_code == 303, press
        console.work()
        assert len(texts_to_on_call(console)) == 2 + press


def test_what_waits_to_be_collected_or_sent_once_more_goes_out_at_a_press(console: Console) -> None:
    for number in range(4):
        ChatClient(console.url).send(CHEST, f"m{number}")
    console.work()
    assert len(texts_to_on_call(console)) == 3
    dana = console.sign_in(name="Dana Reyes")

    assert dana.post("/staff/escalations/4/again").status_code == 303
    console.work()

    assert len(texts_to_on_call(console)) == 4


def test_everyone_who_was_paged_is_paged_again_by_one_click_and_not_twice_in_two_minutes(
    console: Console, dana: Browser, hook: HookReceiver
) -> None:
    later(console)
    paged = len(texts_to_on_call(console)), len(hook.notifications)
    assert 'id="page-again"' in dana.get(PAGE).text

    assert dana.post(f"{ALARM}/again").status_code == 303
    console.work()

    assert (len(texts_to_on_call(console)), len(hook.notifications)) == (paged[0] + 1, paged[1] + 1)
    assert "Dana Reyes paged everyone again" in words(dana.get(PAGE).text)
    answer = dana.post(f"{ALARM}/again")
    assert (answer.status_code, "less than 2 minutes ago" in answer.text) == (409, True)

    two_minutes_pass(console)
    assert dana.post(f"{ALARM}/again").status_code == 303
    dana.post(ALARM)
    two_minutes_pass(console)
    assert dana.post(f"{ALARM}/again").status_code == 409


@pytest.mark.parametrize(
    ("target", "said"),
    [
        (None, "What carries it did not take it for (202) 555-0112. Call them, and check the address in Settings."),
        ("gone", "Its address has been removed in Settings."),
    ],
    ids=["refused", "removed"],
)
def test_a_page_that_failed_says_where_it_should_have_gone(
    console: Console, dana: Browser, target: str | None, said: str
) -> None:
    with console.edit() as session:
        for notice in session.scalars(select(Notification).where(Notification.target != CONSOLE)):
            notice.state, notice.target = NotificationState.FAILED, target or notice.target

    assert re.search(rf"On call could not be notified, [^.]*\. {re.escape(said)}", alarm_of(dana.get(PAGE)))


def test_messages_that_joined_are_counted(console: Console, dana: Browser) -> None:
    receive(console, WORSE)

    assert "2 urgent messages" in alarm_of(dana.get(PAGE))


def test_the_row_shows_the_same_and_afterwards_who_ended_it(console: Console, dana: Browser) -> None:
    shown = words(pinned(dana.get("/staff/")))
    assert re.search(r"Paged \(202\) 555-0112 \w+ \d+, \d+:\d\d [AP]M\. Next: Manager in 10 min", shown)

    dana.post(f"{PAGE}/assign", data={"to": "me"})

    assert "Acknowledged by Dana Reyes (took it on), " in words(dana.get("/staff/").text)


def test_one_that_ended_by_text_shows_the_number(console: Console, dana: Browser) -> None:
    console.text("ACK", from_=ON_CALL)

    assert "Acknowledged by (202) 555-0112 (by text), " in alarm_of(dana.get(PAGE))
    line = r"Acknowledged by \(202\) 555-0112 \(by text\), [^·]*[AP]M"
    assert re.search(line + " · Unassigned", words(dana.get("/staff/").text))
    dana.post(f"{PAGE}/assign", data={"to": "me"})
    shown = words(dana.get("/staff/").text)
    assert re.search(line, shown)
    assert "· Unassigned" not in shown


def test_a_conversation_without_an_alarm_shows_none(console: Console) -> None:
    receive(console, "Do you have parking?")

    assert alarm_of(console.sign_in().get(PAGE)) == ""


# ---- above everything else


def fill(console: Console, urgent: int, others: int) -> None:
    """Conversations with an alarm, and as many as given that are newer and have none."""
    receive(console, CHEST)
    with console.edit() as session:
        first = session.get_one(Escalation, 1)
        for number in range(2, urgent + others + 1):
            conversation = Conversation(
                practice="demo", channel="chat", public_id=f"c{number}", patient_name=f"P{number}"
            )
            session.add(conversation)
            session.flush()
            message = Message(
                conversation_id=conversation.id,
                provider="chat",
                provider_id=f"m{number}",
                received_on="chat",
                text="Hello",
                handled_at=now(),
            )
            session.add(message)
            session.flush()
            conversation.last_message_id = message.id
            conversation.listed_at = now() + timedelta(seconds=number)
            if number <= urgent:
                session.add(
                    Escalation(
                        message_id=message.id,
                        conversation_id=conversation.id,
                        practice="demo",
                        code=f"X{number}",
                        created_at=first.created_at + timedelta(seconds=number),
                    )
                )


def test_all_that_nobody_has_acknowledged_come_before_anything_else_the_longest_waiting_first(
    console: Console,
) -> None:
    fill(console, urgent=14, others=60)

    page = console.sign_in().get("/staff/")

    shown = names(page)
    assert shown[:14] == ["(202) 555-0131", *(f"P{number}" for number in range(2, 15))]
    assert len(shown) == 14 + PAGE_LENGTH
    assert "14 urgent: nobody has acknowledged them" in words(pinned(page))


def test_they_come_first_on_every_page_but_never_twice(console: Console) -> None:
    fill(console, urgent=3, others=60)
    browser = console.sign_in()
    older = re.findall(r'href="(/staff/\?after=[^"]+)"', browser.get("/staff/").text)[0]

    for address in (older, "/staff/?view=urgent"):
        page = browser.get(unescape(address))
        assert names(page)[:3] == ["(202) 555-0131", "P2", "P3"]
        assert len(names(page)) == len(set(names(page)))
        assert open_alarms(page) == ""


ASKED = {
    "view=waiting": ["P6"],
    "mine=1": ["P5"],
    "channel=email": ["P6", "P5"],
    "team=billing": ["P6", "P5"],
    f"tag={'0' * 32}": [],
}


@pytest.mark.parametrize("asked", ASKED)
def test_a_list_that_was_asked_for_shows_its_own_rows_and_above_them_how_many_are_open(
    console: Console, asked: str
) -> None:
    fill(console, urgent=3, others=60)
    browser = console.sign_in()
    with console.edit() as session:
        for number, state in ((5, "open"), (6, "waiting")):
            row = session.get_one(Conversation, number)
            row.channel, row.assigned_to, row.state, row.team = "email", 1, state, "billing"

    page = browser.get(f"/staff/?{asked}")

    assert (names(page), words(pinned(page))) == (ASKED[asked], "")
    assert open_alarms(page) == "3 open emergencies"
    assert 'role="status" data-live><a href="/staff/?view=urgent">' in page.text


def raise_many(console: Console, number: int) -> None:
    """Raises alarms that are older than any other."""
    with console.edit() as session:
        for place in range(number):
            at = now() - timedelta(minutes=number - place)
            found = Conversation(
                practice="demo", channel="chat", public_id=f"c{place}", priority="urgent", listed_at=at
            )
            session.add(found)
            session.flush()
            message = Message(conversation_id=found.id, provider="chat", provider_id=f"m{place}", received_on="chat")
            message.text, message.handled_at = CHEST, at
            session.add(message)
            session.flush()
            found.last_message_id = message.id
            alarm = Escalation(message_id=message.id, conversation_id=found.id, practice="demo", code=f"C{place}")
            alarm.created_at = alarm.next_step_at = at
            session.add(alarm)


@pytest.mark.parametrize("path", ["/staff/", "/staff/?view=urgent", "/staff/?sort=waiting"])
def test_however_many_are_open_the_newest_is_in_the_list_and_all_are_counted(console: Console, path: str) -> None:
    raise_many(console, MOST_PINNED)
    receive(console, CHEST, TWO)
    dana = console.sign_in()

    page = dana.get(path)

    assert names(page)[MOST_PINNED] == "(202) 555-0132"
    assert f"{MOST_PINNED + 1} urgent: nobody has acknowledged them" in words(pinned(page))


def test_after_the_first_of_very_many_comes_the_second(console: Console) -> None:
    raise_many(console, MOST_PINNED + 1)
    dana = console.sign_in()
    reply = {"text": "Call 911 now.", "form_id": "a" * 32, "then": "closed"}

    assert dana.post(f"{PAGE}/reply", data=reply).headers["Location"] == "/staff/conversations/2"


def test_once_acknowledged_it_is_in_the_list_of_its_filters_again(console: Console, dana: Browser) -> None:
    assert open_alarms(dana.get("/staff/?channel=chat")) == "1 open emergency"

    dana.post("/staff/escalations/1")

    page = dana.get("/staff/")
    assert (names(page), words(pinned(page))) == (["(202) 555-0131"], "")
    assert (names(page := dana.get("/staff/?channel=sms")), open_alarms(page)) == (["(202) 555-0131"], "")


def test_a_search_finds_them_once(console: Console, dana: Browser) -> None:
    assert names(search(dana, wanted="crushing")) == ["(202) 555-0131"]


def test_a_search_for_anything_else_shows_only_what_it_found_and_how_many_are_open(
    console: Console, dana: Browser
) -> None:
    receive(console, "How much is a cleaning?", TWO)

    page = search(dana, wanted="cleaning")

    assert (names(page), open_alarms(page)) == (["(202) 555-0132"], "1 open emergency")
    assert "1 found" in page.text


def test_a_row_shows_the_words_that_raised_the_alarm_and_how_many_came_after_them(console: Console) -> None:
    chest = (
        "Hi, can I move my physical to next week? Tuesday would be best for me. Also there is a tightness in my chest"
    )
    calmer = "Never mind, it is better now"
    tell(console, {chest: EMERGENCY, calmer: EMERGENCY})
    receive(console, chest)
    receive(console, calmer)
    receive(console, "Thanks")

    shown = words(pinned(console.sign_in().get("/staff/")))

    assert "…Also there is a tightness in my chest" in shown
    assert "2 newer messages" in shown
    assert calmer not in shown


def test_another_practices_alarms_are_not_shown(console: Console, dana: Browser) -> None:
    page = console.sign_in(practices=["other"]).get("/staff/")

    assert (names(page), counted(page), title(page)) == ([], "", "Inbox · Intake")


# ---- on every page


EVERY_PAGE = ("/staff/", PAGE, "/staff/review", "/staff/account", "/staff/quality", "/staff/settings/demo")


def test_the_number_is_in_the_navigation_and_the_title_of_every_page(console: Console) -> None:
    receive(console, CHEST, ONE)
    receive(console, CHEST, TWO)
    browser = console.sign_in("manager")

    for path in EVERY_PAGE:
        page = browser.get(path)
        assert (page.status_code, counted(page)) == (200, "2 urgent"), path
        assert title(page).startswith("(2 urgent) "), path
    assert "(2 urgent)" in console.sign_in("admin").get("/staff/queues/").text


def test_two_urgent_messages_of_one_patient_count_once_and_an_ended_alarm_not_at_all(
    console: Console, dana: Browser
) -> None:
    receive(console, WORSE)
    assert counted(dana.get("/staff/")) == "1 urgent"

    dana.post("/staff/escalations/1")

    page = dana.get("/staff/account")
    assert counted(page) == ""
    assert not title(page).startswith("(")


def test_an_open_page_asks_for_the_number_alone(console: Console, dana: Browser) -> None:
    part = dana.get("/staff/alarms", headers={"X-Requested-With": "live"})

    assert counted(part) == "1 urgent"
    assert len(part.text) < 1000


def test_pages_are_woken_when_a_contact_is_told(console: Console, dana: Browser, hook: HookReceiver) -> None:
    with events(dana, f"{PAGE}/events") as names_of_events:
        later(console)
        assert next(names_of_events) == "changed"


def test_pages_are_woken_when_a_text_ends_it(console: Console, dana: Browser, twilio: TwilioStandIn) -> None:
    with events(dana, "/staff/events") as names_of_events:
        console.text("ACK", from_=ON_CALL)
        assert next(names_of_events) == "changed"


# ---- a practice whose emergencies page nobody


NOBODY = "Nobody is paged for emergencies"


@pytest.mark.parametrize("role", ["staff", "manager"])
def test_every_page_warns_if_nobody_is_paged(start_console: StartConsole, role: str) -> None:
    console = start_console("")
    receive(console, "Do you have parking?")
    browser = console.sign_in(role)

    pages = EVERY_PAGE if role == "manager" else EVERY_PAGE[:4]
    advice = "add an on-call address in Settings" if role == "manager" else "ask a manager to add an on-call address"
    for path in pages:
        assert f"{NOBODY}: {advice}" in words(browser.get(path).text), path


def test_no_page_warns_once_somebody_is(console: Console) -> None:
    assert NOBODY not in console.sign_in().get("/staff/").text


def test_an_address_without_a_carrier_pages_nobody(
    settings: Settings, console_of: Callable[[Settings], Console]
) -> None:
    lines = 'teams = { on_call = { notify = ["sms:+12025550112"] } }'
    settings.practices_file.write_text(PRACTICES_TOML.replace('slug = "demo"\n', f'slug = "demo"\n{lines}\n', 1))
    console = console_of(settings.model_copy(update={"twilio_account_sid": None}))

    said = words(console.sign_in("manager").get("/staff/").text)
    assert f"{NOBODY}: no texts or emails can be sent to the on-call addresses. The setup checklist" in said


@pytest.mark.parametrize(
    ("lines", "silent"),
    [
        (
            f'teams = {{ on_call = {{ notify = ["sms:{ON_CALL}"] }}, manager = {{}} }}\n'
            'escalation = [{ team = "on_call", after_minutes = 5 }, { team = "manager", after_minutes = 20 }]',
            "Manager, after 20 minutes",
        ),
        (
            'teams = { on_call = {} }\nescalation = [{ number = "+12025550112", after_minutes = 5 }]',
            "On call, at once",
        ),
    ],
    ids=["step", "at once"],
)
def test_every_page_and_the_checklist_name_a_contact_that_reaches_nobody(
    start_console: StartConsole, lines: str, silent: str
) -> None:
    console = start_console(lines)

    said = words(console.sign_in("manager").get("/staff/setup/demo").text)
    assert said.count(f"Part of the escalation reaches nobody: {silent}.") == 2
    assert NOBODY not in said
    staff = words(console.sign_in().get("/staff/").text)
    assert f"Part of the escalation reaches nobody: {silent}. Tell a manager." in staff


def test_a_page_that_failed_for_want_of_a_carrier_says_so(
    settings: Settings, console_of: Callable[[Settings], Console]
) -> None:
    lines = f'teams = {{ on_call = {{ notify = ["sms:{ON_CALL}"] }} }}'
    settings.practices_file.write_text(PRACTICES_TOML.replace('slug = "demo"\n', f'slug = "demo"\n{lines}\n', 1))
    console = console_of(settings.model_copy(update={"twilio_account_sid": None}))
    tell(console, {CHEST: EMERGENCY})
    receive(console, CHEST)

    assert "Nothing was sent to (202) 555-0112: texts are not set up yet." in alarm_of(console.sign_in().get(PAGE))


@pytest.fixture
def half(settings: Settings, console_of: Callable[[Settings], Console], hook: HookReceiver) -> Console:
    """On call has a phone that nothing carries texts to, and a service that is reached; so is the next contact."""
    lines = (
        f'teams = {{ on_call = {{ notify = ["sms:{ON_CALL}", "{hook.apprise_url()}"] }} }}\n'
        'escalation = [{ team = "on_call", after_minutes = 10 }, { team = "on_call", after_minutes = 20 }]'
    )
    settings.practices_file.write_text(PRACTICES_TOML.replace('slug = "demo"\n', f'slug = "demo"\n{lines}\n', 1))
    console = console_of(settings.model_copy(update={"twilio_account_sid": None}))
    tell(console, {CHEST: EMERGENCY})
    receive(console, CHEST)
    return console


NO_REPLY = "The patient got no reply. Call now"
NO_WORD = re.compile("no word yet. Call now: \\(202\\) 555-0131 ?\\.", re.IGNORECASE)


def test_one_sentence_says_first_who_was_reached_and_then_who_was_not(half: Console) -> None:
    dana = half.sign_in()

    one_sentence = r"Paged On call \w+ \d+, \d+:\d\d [AP]M; not reached: \(202\) 555-0112\. Next: On call in"
    assert re.search(one_sentence, words(pinned(dana.get("/staff/"))))
    assert re.search(one_sentence, alarm_of(dana.get(PAGE)))


def test_an_emergency_whose_reply_could_not_go_out_says_so_wherever_it_is_shown(
    half: Console, hook: HookReceiver
) -> None:
    dana = half.sign_in()

    for path in (PAGE, ALARM):
        assert NO_REPLY in words(dana.get(path).text), path
    assert "No reply. Call now: (202) 555-0131. Paged " in words(dana.get("/staff/").text)  # a row has less room
    for path in (PAGE, ALARM):
        assert 'Call now: <a href="tel:+12025550131">(202) 555-0131</a>.' in dana.get(path).text
    assert f"{NO_REPLY}." in str(hook.notifications[0].body)


def test_one_whose_reply_went_out_does_not_say_that(console: Console, dana: Browser) -> None:
    assert [path for path in ("/staff/", PAGE, ALARM) if "o reply. " in words(dana.get(path).text)] == []
    assert NO_REPLY not in texts_to_on_call(console)[0]


def test_where_contact_is_not_safe_no_page_offers_to_call(half: Console) -> None:
    with half.edit() as session:
        session.get_one(Conversation, 1).unsafe_since = now()
    dana = half.sign_in()

    for path in (PAGE, ALARM):
        page = dana.get(path).text
        assert "The patient got no reply. Find a safe way to reach them, or send help." in words(page)
        assert "tel:" not in page


def nobody_knows(console: Console, message: InboundMessage) -> Browser:
    """Receives what no automatic reply can go to, and opens the console."""
    record_message(console.database, message)
    console.reconcile()
    console.work()
    return console.sign_in(name="Dana Reyes")


UNKNOWN = {
    "unverified-mail": (
        InboundMessage(
            "demo",
            Channel.EMAIL,
            "email",
            "m1",
            None,
            "hello@maple.example",
            CHEST,
            contact=Contact(email="x@nowhere.example"),
            doubt=SenderDoubt.UNVERIFIED,
        ),
        "No phone is known. You can write to x@nowhere.example (not verified).",
        "No phone is known. You can write to the email address that they gave (not verified).",
    ),
    "hidden-number": (
        InboundMessage("demo", Channel.VOICEMAIL, "twilio", "CA1", None, DEMO_NUMBER, CHEST),
        "The number is hidden: nobody can be called back. Ask your phone company or 911 to trace the call.",
        "The number is hidden: nobody can be called back. Ask your phone company or 911 to trace the call.",
    ),
}


@pytest.mark.parametrize("who", UNKNOWN)
def test_of_whom_no_number_is_known_every_place_says_what_is_left_to_do(console: Console, who: str) -> None:
    message, on_console, in_notice = UNKNOWN[who]
    dana = nobody_knows(console, message)

    for path in (PAGE, ALARM):
        assert f"The patient got no reply. {on_console}" in words(dana.get(path).text), path
    assert f"No reply. {on_console} Paged " in words(dana.get("/staff/").text)
    assert f"The patient got no automatic reply to this emergency. {on_console}" in words(dana.get(PAGE).text)
    assert f"The patient got no reply. {in_notice}" in texts_to_on_call(console)[0]
    assert "nowhere.example" not in texts_to_on_call(console)[0]
    assert "Call now" not in words(dana.get(PAGE).text + dana.get(ALARM).text)


def test_the_page_of_the_link_says_how_to_reach_a_patient_who_was_answered_too(dana: Browser) -> None:
    page = words(dana.get(ALARM).text)

    assert "got no reply" not in page
    assert "Call now: (202) 555-0131 ." in page


# ---- once somebody has it


ON_THE_WAY = ("/staff/", PAGE, ALARM)


def without_word(browser: Browser) -> list[str]:
    """Where the console says that the patient has had no word."""
    return [path for path in ON_THE_WAY if NO_WORD.search(words(browser.get(path).text))]


def test_until_the_patient_has_a_word_the_acknowledged_alarm_says_that_they_have_had_none(half: Console) -> None:
    dana = half.sign_in(name="Dana Reyes")
    dana.post(ALARM)

    assert without_word(dana) == list(ON_THE_WAY)
    for path in (PAGE, ALARM):
        assert '<a href="tel:+12025550131">' in dana.get(path).text
        assert "I called: Reached Left a message No answer" in words(dana.get(path).text)
    assert "No reply." not in words(dana.get("/staff/").text)


def test_a_call_is_noted_with_one_press(half: Console) -> None:
    dana = half.sign_in(name="Dana Reyes")
    dana.post(ALARM)

    assert dana.post(f"{PAGE}/called", data={"outcome": "reached"}).status_code == 303

    assert without_word(dana) == []
    assert "Note by Dana Reyes" in words(dana.get(PAGE).text)
    assert "Called the patient and reached them." in dana.get(PAGE).text
    assert "called the patient and reached them" in dana.get(PAGE).text
    assert [row.detail["note"] for row in half.rows(AuditEntry) if row.action == "call_reached"] == [1]


def test_a_call_that_nobody_answered_leaves_it_as_it_is_and_is_noted(half: Console) -> None:
    dana = half.sign_in(name="Dana Reyes")
    dana.post(ALARM)

    assert dana.post(f"{PAGE}/called", data={"outcome": "no_answer"}).status_code == 303

    assert without_word(dana) == list(ON_THE_WAY)
    assert "Called the patient: no answer." in dana.get(PAGE).text


def test_a_message_on_the_patients_phone_leaves_an_emergency_as_it_is(half: Console) -> None:
    dana = half.sign_in(name="Dana Reyes")
    dana.post(ALARM)
    dana.post(f"{PAGE}/called", data={"outcome": "left_message"})

    assert without_word(dana) == list(ON_THE_WAY)
    asked = dana.post(f"{PAGE}/state", data={"state": "closed", "newest": "1"}).headers["Location"]
    assert "no word from staff" in dana.get(asked).text
    assert half.rows(Conversation)[0].state == ConversationState.OPEN


def test_an_alarm_that_is_raised_again_says_if_nobody_could_be_paged(start_console: StartConsole) -> None:
    unreached = start_console("")
    tell(unreached, {CHEST: EMERGENCY})
    receive(unreached, CHEST)
    dana = unreached.sign_in(name="Dana Reyes")
    dana.post(ALARM)

    page = dana.get(dana.post(f"{PAGE}/page-again").headers["Location"])

    assert "The alarm is open again, but nobody was paged" in words(page.text)
    assert "Dana Reyes raised the alarm again; nobody could be paged" in words(dana.get(PAGE).text)
    assert "paged everyone" not in words(dana.get(PAGE).text)


def test_a_note_that_is_none_of_a_call_leaves_it_as_it_is(half: Console) -> None:
    dana = half.sign_in()
    dana.post(ALARM)
    dana.post(f"{PAGE}/notes", data={"note": "I will call her."})

    assert without_word(dana) == list(ON_THE_WAY)


def test_a_reply_that_was_not_sent_is_no_word(half: Console) -> None:
    dana = half.sign_in()
    dana.post(f"{PAGE}/reply", data={"text": "Call 911 now.", "form_id": "a" * 32, "then": "waiting"})
    half.work()

    assert "the reply was not sent" in words(dana.get(ALARM).text)
    assert without_word(dana) == list(ON_THE_WAY)


BEFORE: dict[str, Any] = {"how": AlarmEnd.BUTTON, "state": ConversationState.OPEN, "answers": ["not_sent"]}


@pytest.mark.parametrize(
    ("since", "over"),
    [
        pytest.param({}, False, id="nothing"),
        pytest.param({"by_hand": ["sent"]}, True, id="a-reply"),
        pytest.param({"by_hand": ["pending"]}, True, id="a-reply-on-its-way"),
        pytest.param({"by_hand": ["failed"]}, False, id="a-lost-reply"),
        pytest.param({"by_hand": ["failed"], "is_shown": True}, False, id="a-lost-reply-that-answered"),
        pytest.param({"by_hand": ["failed", "delivered"]}, True, id="a-second-reply"),
        pytest.param({"answers": ["not_sent", "sent"]}, True, id="a-later-automatic-reply"),
        pytest.param({"answers": []}, False, id="no-reply-at-all"),
        pytest.param({"is_called": True}, True, id="a-call"),
        pytest.param({"state": ConversationState.CLOSED}, True, id="closed"),
        pytest.param({"state": ConversationState.WAITING, "is_shown": True}, False, id="waits-on-the-patient"),
        pytest.param({"is_shown": True}, True, id="closed-before-the-patient-wrote-again"),
        pytest.param({"how": AlarmEnd.FALSE_ALARM}, True, id="no-emergency"),
    ],
)
def test_what_becomes_of_it_decides_whether_anybody_owes_them_a_word(since: dict[str, Any], over: bool) -> None:
    assert is_over(Since(**(BEFORE | since))) == over


def test_paging_again_tells_each_address_once_and_keeps_when_it_was_paged_before(
    half: Console, hook: HookReceiver
) -> None:
    for _ in range(2):
        later(half)
        half.work()
    times = iter(range(60, 0, -1))
    with half.edit() as session:
        for notice in session.scalars(select(Notification).order_by(Notification.id)):
            notice.updated_at = now() - timedelta(minutes=next(times))
        before = sorted(
            notice.updated_at for notice in session.scalars(select(Notification)) if notice.target != CONSOLE
        )
    pages = len(hook.notifications)
    dana = half.sign_in()

    assert dana.post(f"{ALARM}/again").status_code == 303
    half.work()

    assert len(hook.notifications) == pages + 1
    log = re.findall(r"<li>On call .*?(\d+:\d\d [AP]M)", dana.get(PAGE).text)
    assert len(log) == len(before) + 1
    refused = dana.post(f"{ALARM}/again").text
    assert "less than 2 minutes ago. If it cannot wait, call (202) 555-0112." in refused


def test_a_member_of_two_practices_reads_which_one_it_is(console: Console) -> None:
    page = console.sign_in(practices=["demo", "other"]).get("/staff/")

    assert f"{NOBODY} at Harbor Dental:" in words(page.text)


def test_anonymous_chats_that_are_told_together_are_all_pinned(console: Console) -> None:
    for _ in range(5):
        ChatClient(console.url).send(CHEST, "m1")
    console.work()
    page = console.sign_in().get("/staff/")

    assert names(page) == ["Chat visitor"] * 5
    assert words(pinned(page)).count("On call to be notified, together with any other unverified senders, ") == 2


def test_an_alarm_that_can_reach_nobody_says_so_and_names_no_next_contact(start_console: StartConsole) -> None:
    console = start_console('teams = { on_call = {} }\nescalation = [{ team = "on_call", after_minutes = 10 }]')
    tell(console, {CHEST: EMERGENCY})
    receive(console, CHEST)
    dana = console.sign_in()

    said = "Nobody was paged and nobody will be: no on-call contact has an address. A manager can add one in Settings."
    assert said in words(pinned(dana.get("/staff/")))
    assert "1 urgent: on call not reached" in words(pinned(dana.get("/staff/")))
    assert said in alarm_of(dana.get(PAGE))
    assert "Next:" not in alarm_of(dana.get(PAGE))


# ---- an on-call phone that texted STOP

STOPPED = "On call could not be notified: this phone texted STOP, "


@pytest.fixture
def stopped(start_console: StartConsole) -> Console:
    """The only on-call phone has texted STOP, and then somebody was in danger."""
    console = start_console(f'teams = {{ on_call = {{ notify = ["sms:{ON_CALL}"] }} }}')
    tell(console, {CHEST: EMERGENCY})
    receive(console, "STOP", ON_CALL)
    receive(console, CHEST)
    return console


def test_an_emergency_that_paged_nobody_says_so_wherever_it_is_shown(stopped: Console) -> None:
    browser = stopped.sign_in("manager")
    conversation, inbox, urgent = (browser.get(path) for path in ("/staff/conversations/2", "/staff/", ALARM))

    for shown in (alarm_of(conversation), words(pinned(inbox)), words(urgent.text)):
        assert STOPPED in shown
        assert "already acknowledged" not in shown
    assert "on call not reached" in words(pinned(inbox))
    for shown in (alarm_of(conversation), words(urgent.text)):
        assert "Call (202) 555-0112. To get notices there again, text START from it to the practice." in shown
    for path in EVERY_PAGE:
        assert f"{NOBODY}: every on-call phone texted STOP. Text START from each" in words(browser.get(path).text), path
    assert [message.body for message in stopped.twilio.messages if "alerting our staff" in message.body] == []


def test_paging_it_again_is_refused_until_the_phone_has_texted_start(stopped: Console) -> None:
    dana = stopped.sign_in()

    answer = dana.post(f"{ALARM}/again")

    assert (answer.status_code, "Nobody was paged: no address can be reached" in answer.text) == (409, True)
    assert alarm_of(dana.get("/staff/conversations/2")).count(STOPPED) == 2  # folded, and in the log
    stopped.text("START", from_=ON_CALL)
    stopped.work()
    texted = len(texts_to_on_call(stopped))
    assert dana.post(f"{ALARM}/again").status_code == 303
    stopped.work()
    assert len(texts_to_on_call(stopped)) == texted + 1
    assert NOBODY not in words(dana.get("/staff/").text)
