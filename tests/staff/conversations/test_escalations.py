"""The page that the link in an urgent notice leads to."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from inbox.models import AuditEntry, Escalation, Message, now
from tests.chat_client import ChatClient
from tests.staff.conftest import Console, StartConsole
from tests.standins.hook import HookReceiver
from tests.told_classifier import SELF_HARM, tell

TEXT = "I have crushing chest pain"
PAGE = "/staff/escalations/1"


@pytest.fixture
def console(start_console: StartConsole, hook: HookReceiver) -> Console:
    """A console to which an urgent message came, and whose manager is told when nobody acknowledges it."""
    started = start_console(
        f'teams = {{ manager = {{ notify = ["{hook.apprise_url()}"] }} }}\n'
        'escalation = [{ team = "manager", after_minutes = 10 }]'
    )
    started.text(TEXT)
    started.work()
    return started


def later(console: Console) -> None:
    with console.edit() as session:
        session.scalars(select(Escalation)).one().next_step_at = now() - timedelta(seconds=1)
    console.reconcile()


def test_it_shows_the_message_and_asks_for_one_press(console: Console) -> None:
    page = console.sign_in().get(PAGE)

    assert page.status_code == 200
    assert TEXT in page.text
    assert "I’ll handle it" in page.text
    assert page.headers["Cache-Control"] == "no-store"
    assert "chest" not in page.text.partition("</title>")[0]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"text": "", "media": "[]"}, "Picture or file"),
        ({"text": "", "emptied_at": now}, "Deleted: past the retention limit"),
        ({"text": ""}, "Voicemail without a transcript"),
    ],
    ids=["picture", "deleted", "voicemail"],
)
def test_a_message_without_words_says_why(console: Console, changes: dict[str, Any], said: str) -> None:
    with console.edit() as session:
        message = session.scalars(select(Message)).one()
        for name, value in changes.items():
            setattr(message, name, value() if callable(value) else value)

    assert f"<blockquote>{said}</blockquote>" in console.sign_in().get(PAGE).text


def test_it_says_what_kind_of_emergency_it_is_and_in_which_language(start_console: StartConsole) -> None:
    console = start_console("")
    tell(console, {TEXT: SELF_HARM | {"language": "es"}})
    console.text(TEXT)
    console.work()

    page = console.sign_in().get(PAGE).text

    assert '<span class="flag urgent">Emergency: self-harm</span>' in page
    assert '<span class="flag">Spanish</span>' in page


UNSAFE = {"by-text": "Do not text or call this number", "by-chat": "Do not text or call the patient"}


@pytest.mark.parametrize("channel", UNSAFE)
def test_it_says_first_of_all_that_calling_is_unsafe(start_console: StartConsole, channel: str) -> None:
    console, said = start_console(""), "My husband hit me, he reads my phone"
    tell(console, {said: SELF_HARM})
    console.text(said) if channel == "by-text" else ChatClient(console.url).send(said, "m1")
    console.work()
    browser = console.sign_in()
    [warning] = re.findall(r'<p class="problem unsafe" id="unsafe">.*?</p>', browser.get("/staff/conversations/1").text)

    card = browser.get(PAGE).text.partition('<article class="card urgent">')[2]

    assert UNSAFE[channel] in warning
    assert warning in card.partition("<blockquote>")[0]


def test_one_press_takes_it_on_and_leads_to_the_conversation(console: Console, hook: HookReceiver) -> None:
    answer = console.sign_in(name="Dana Reyes").post(PAGE, allow_redirects=False)
    later(console)

    assert (answer.status_code, answer.headers["Location"]) == (303, "/staff/conversations/1")
    assert console.rows(Escalation)[0].acknowledged_by == "Dana Reyes"
    assert hook.notifications == []


def test_who_comes_second_sees_who_was_first(console: Console) -> None:
    console.sign_in(name="Dana Reyes").post(PAGE)
    second = console.sign_in(name="Kim Novak")

    answer = second.post(PAGE, allow_redirects=False)

    assert answer.headers["Location"] == PAGE
    page = second.get(PAGE).text
    assert "Acknowledged by Dana Reyes" in page
    assert "I’ll handle it" not in page


def test_it_shows_who_was_told(console: Console) -> None:
    later(console)

    page = console.sign_in().get(PAGE).text
    assert "Manager" in page
    assert "notified, " in page


def test_it_says_who_is_next_and_when(console: Console) -> None:
    assert re.search(r"Next: Manager <time datetime=[^>]*>in 10 min</time>", console.sign_in().get(PAGE).text)


def test_looking_and_pressing_are_recorded_with_who_did_it(console: Console) -> None:
    browser = console.sign_in()
    assert browser.member is not None
    browser.get(PAGE)
    browser.post(PAGE, allow_redirects=False)

    about = [entry for entry in console.rows(AuditEntry) if entry.subject == "conversation:1"]
    assert [(entry.action, entry.staff_id) for entry in about] == [
        ("viewed", browser.member.id),
        ("acknowledged", browser.member.id),
        ("assigned", browser.member.id),
    ]
    assert TEXT not in str([entry.detail for entry in about])


def test_another_practices_escalation_is_not_there(console: Console) -> None:
    stranger = console.sign_in(practices=["other"])

    assert stranger.get(PAGE).status_code == stranger.post(PAGE).status_code == 404
    assert console.rows(Escalation)[0].acknowledged_at is None


def test_a_link_to_an_erased_emergency_says_in_words_what_became_of_it(console: Console) -> None:
    browser = console.sign_in()

    answer = browser.get("/staff/escalations/7")

    assert answer.status_code == 404
    assert "Its patient’s data has been erased since, and nobody is paged for it anymore" in answer.text
    assert "There is nothing here that you can open" in browser.get("/staff/conversations/7").text


def test_the_number_that_it_shows_is_called_by_a_tap(console: Console) -> None:
    assert 'from <a href="tel:+12025550123">(202) 555-0123</a>' in console.sign_in().get(PAGE).text
