"""A reply that does not go out answers nobody: the conversation stays what the patient's message made it."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape

import pytest
from sqlalchemy import select

from inbox.models import Conversation, DeliveryState, Message
from tests.staff.conftest import Browser, Console
from tests.staff.conversations.test_inbox import acknowledge_alarm, row, rows
from tests.standins.twilio import Fault, TwilioStandIn
from tests.told_classifier import EMERGENCY, SAME_DAY, SELF_HARM, sure_of, tell

CHEST, SELF, FEVER = "I have crushing chest pain", "I want to end it", "She is four and has a fever of 103"
PARKING, BEHIND, THANKS = "Where can I park?", "Is it behind the house?", "ok thanks!"
ONE, TWO = "+12025550131", "+12025550132"
WHO, OTHER = "(202) 555-0131", "(202) 555-0132"
PAGE = "/staff/conversations/1"
AN_HOUR = timedelta(hours=1)
LEVELS = {
    "Emergency": (CHEST, "emergency", "urgent"),
    "Emergency: self-harm": (SELF, "emergency", "urgent"),
    "Same day": (FEVER, "same_day", "high"),
}


@pytest.fixture
def console(console: Console) -> Console:
    tell(
        console,
        {
            CHEST: EMERGENCY,
            SELF: SELF_HARM,
            FEVER: sure_of("complaint", **SAME_DAY),
            PARKING: sure_of("price_shopper"),
            THANKS: {"disposition": "acknowledgement"},
        },
    )
    return console


@pytest.fixture
def dana(console: Console) -> Browser:
    return console.sign_in(name="Dana Reyes")


def receive(console: Console, *texts: str, from_: str = ONE) -> None:
    for text in texts:
        console.text(text, from_=from_)
    console.work()


def wrote_an_hour_ago(console: Console) -> None:
    with console.edit() as session:
        for table, name in ((Message, "received_at"), (Conversation, "waiting_since")):
            found = session.scalars(select(table)).one()
            setattr(found, name, getattr(found, name) - AN_HOUR)


def reply(dana: Browser, form_id: str = "a", *, then: str = "waiting", page: str = PAGE) -> None:
    form = {"text": "Come in at once.", "form_id": form_id * 32, "seen": "99", "then": then}
    assert dana.post(f"{page}/reply", data=form).status_code == 303


def standing(console: Console) -> tuple[str, str | None, str | None]:
    [conversation, *_] = console.rows(Conversation)
    return conversation.state, conversation.triage, conversation.priority


@pytest.mark.parametrize("then", ["waiting", "closed"])
@pytest.mark.parametrize("words", LEVELS)
def test_a_reply_that_is_not_sent_leaves_the_conversation_what_it_was(
    console: Console, dana: Browser, twilio: TwilioStandIn, words: str, then: str
) -> None:
    text, level, priority = LEVELS[words]
    receive(console, text)
    wrote_an_hour_ago(console)
    twilio.faults.push(Fault.answer(400, 21612))

    reply(dana, then=then)
    console.work()
    receive(console, PARKING, from_=TWO)  # later than anything above

    assert standing(console) == ("open", level, priority)
    shown = row(dana.get(f"/staff/?triage={level}&view=urgent"), WHO)
    assert f"{text} Text Waits 1 h {words} Reply not delivered" in shown
    page = dana.get(PAGE).text
    assert words in " ".join(unescape(re.sub(r"<[^>]+>", " ", page.split("<main")[1])).split())


def test_an_emergency_whose_reply_is_not_sent_is_above_a_later_question(
    console: Console, dana: Browser, twilio: TwilioStandIn
) -> None:
    receive(console, CHEST)
    twilio.faults.push(Fault.answer(400, 21612))
    reply(dana)
    console.work()

    twilio.faults.push(Fault.answer(400, 21612))
    receive(console, PARKING, from_=TWO)
    reply(dana, "b", page="/staff/conversations/2")
    console.work()

    assert rows(dana.get("/staff/")) == [WHO, OTHER]
    assert "Reply not delivered" in row(dana.get("/staff/"), WHO)


def test_it_stays_so_however_often_a_reply_fails_and_ends_with_one_that_is_sent(
    console: Console, dana: Browser, twilio: TwilioStandIn
) -> None:
    receive(console, CHEST)
    for form_id in "ab":
        twilio.faults.push(Fault.answer(400, 21612))
        reply(dana, form_id)
        console.work()
        assert standing(console) == ("open", "emergency", "urgent")

    reply(dana, "c")
    console.work()

    assert standing(console) == ("waiting", None, None)
    assert rows(dana.get("/staff/?triage=emergency")) == []


def test_the_alarm_says_that_the_reply_which_ended_it_was_not_sent_until_one_is(
    console: Console, dana: Browser, twilio: TwilioStandIn
) -> None:
    receive(console, CHEST)
    twilio.faults.push(Fault.answer(400, 21612))
    reply(dana, "a")
    assert "Acknowledged by Dana Reyes (replied)" in dana.get(PAGE).text
    console.work()

    unsent = "Acknowledged by Dana Reyes, but the reply was not sent"
    assert unsent in dana.get(PAGE).text
    assert unsent in row(dana.get("/staff/?view=urgent"), WHO)

    reply(dana, "b")
    console.work()

    assert "Acknowledged by Dana Reyes (replied)" in dana.get(PAGE).text


def test_it_ends_when_staff_close_it(console: Console, dana: Browser, twilio: TwilioStandIn) -> None:
    receive(console, CHEST)
    twilio.faults.push(Fault.answer(400, 21612))
    reply(dana)
    console.work()

    dana.post(f"{PAGE}/state", data={"state": "closed", "unanswered": "close"})

    assert standing(console) == ("closed", None, None)


def test_a_failure_that_is_reported_after_a_later_reply_was_sent_makes_no_emergency(
    console: Console, dana: Browser, twilio: TwilioStandIn
) -> None:
    receive(console, CHEST)
    reply(dana, "a")
    console.work()
    first = twilio.messages[-1].sid
    reply(dana, "b")
    console.work()

    twilio.deliver(first, "undelivered", 30005)

    assert standing(console) == ("open", None, "high")


def test_an_emergency_is_one_again_while_its_reply_is_late_and_until_that_goes_out(
    console: Console, dana: Browser, twilio: TwilioStandIn
) -> None:
    receive(console, CHEST)
    twilio.faults.push(Fault.answer(429, times=4))
    reply(dana)
    console.work()
    assert standing(console) == ("waiting", None, None)

    console.let_pass(AN_HOUR, rounds=3)
    assert standing(console) == ("open", "emergency", "urgent")
    assert "Emergency Not sent yet" in row(dana.get("/staff/"), WHO)

    console.let_pass(AN_HOUR)
    assert standing(console) == ("waiting", None, None)


# ---- what the row says


@pytest.mark.parametrize("words", LEVELS)
def test_a_row_shows_the_pressing_words_until_they_are_answered(console: Console, dana: Browser, words: str) -> None:
    text = LEVELS[words][0]
    receive(console, text, THANKS)
    if "Emergency" in words:
        acknowledge_alarm(console)

    assert f" {text} Text {words}" in row(dana.get("/staff/"), WHO)

    reply(dana)
    console.work()

    assert "Dana Reyes: " in row(dana.get("/staff/"), WHO)


def test_an_ordinary_row_shows_the_last_words_that_need_an_answer(console: Console, dana: Browser) -> None:
    receive(console, PARKING, BEHIND, THANKS)

    assert BEHIND in row(dana.get("/staff/"), WHO)
    assert DeliveryState.FAILED not in row(dana.get("/staff/"), WHO)
