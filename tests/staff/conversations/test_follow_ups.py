"""Follow-ups on the console: answers to staff, what comes after closing, and what a row and a label say."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from inbox.models import Conversation, Decision, Delivery, Message, Notification, Review
from intake.vocabulary import Disposition, TriageLevel
from tests.staff.conftest import Browser, Console
from tests.staff.conversations.test_conversation import PAGE, entry, reply
from tests.staff.conversations.test_inbox import row
from tests.told_classifier import sure_of, tell

WHEN, WHICH, SECOND = (
    "What time is Valentina's visit tomorrow?",
    "She has two. Which one?",
    "La segunda, la de ortodoncia",
)
RUDE, PLEASE = "Your receptionist was rude to my mother", "yes please"
WHO = "(202) 555-0123"
UNCLEAR: dict[str, Any] = {
    "intent": "appointment_request",
    "confidence": 0.3,
    "disposition": Disposition.REVIEW,
    "triage": TriageLevel.ROUTINE,
    "danger": None,
}


@pytest.fixture
def busy(console: Console) -> Console:
    """A practice whose scheduling team has a patient's question."""
    told = {WHEN: sure_of("appointment_request"), SECOND: UNCLEAR | {"language": "es"}, PLEASE: UNCLEAR}
    tell(console, told | {RUDE: sure_of("complaint")})
    console.text(WHEN)
    console.work()
    return console


@pytest.fixture
def dana(busy: Console) -> Browser:
    return busy.sign_in(name="Dana Reyes")


def say(console: Console, text: str, *, later: timedelta = timedelta(0)) -> Decision:
    """The decision about a text that comes so much later."""
    with console.edit() as session:
        for message in session.query(Message):
            message.received_at -= later
        for delivery in session.query(Delivery):
            delivery.created_at -= later
    console.text(text)
    console.work()
    return console.rows(Decision)[-1]


def test_the_answer_to_a_question_of_staff_goes_back_to_their_team_in_silence(busy: Console, dana: Browser) -> None:
    reply(dana, WHICH)
    busy.work()
    sent = len(busy.twilio.messages)

    decision = say(busy, SECOND, later=timedelta(days=3))

    assert (decision.route, decision.team, decision.priority) == ("follow_up", "scheduling", "normal")
    assert len(busy.twilio.messages) == sent
    assert {notice.team for notice in busy.rows(Notification)} == {"scheduling"}


@pytest.mark.parametrize("answers", [True, False])
def test_what_comes_after_staff_closed_is_no_follow_up(busy: Console, dana: Browser, answers: bool) -> None:
    if answers:
        reply(dana, "You are all set.", then="closed")
    else:
        dana.post(f"{PAGE}/state", data={"state": "closed", "unanswered": "close"})
    busy.work()

    decision = say(busy, SECOND)

    assert (decision.route, decision.team) == ("review", "review")


def test_a_follow_up_goes_where_staff_have_transferred_the_matter(busy: Console, dana: Browser) -> None:
    dana.post(f"{PAGE}/transfer", data={"team": "billing", "note": ""})

    assert say(busy, PLEASE).team == "billing"


def test_the_row_says_what_the_matter_is_about_and_the_thread_that_this_is_a_follow_up(
    busy: Console, dana: Browser
) -> None:
    say(busy, PLEASE)

    line = row(dana.get("/staff/"), WHO)
    assert f"{PLEASE} Text Appointment request Scheduling" in line
    assert "Follow-up" in entry(dana.open_pane(PAGE), "message-2")


def label(console: Console, dana: Browser, wanted: str) -> None:
    [review] = console.rows(Review)
    dana.get("/staff/review/")
    dana.post(f"/staff/review/{review.id}", data={"label": wanted})
    console.let_pass(timedelta(minutes=10))
    assert console.rows(Review)[0].label == wanted


def test_a_label_that_says_what_the_team_knows_already_tells_it_nothing_twice(busy: Console, dana: Browser) -> None:
    say(busy, PLEASE)
    told = len(busy.rows(Notification))

    label(busy, dana, "appointment_request")

    assert len(busy.rows(Notification)) == told


def test_a_label_of_a_follow_up_takes_nothing_from_what_it_follows(busy: Console, dana: Browser) -> None:
    say(busy, RUDE)
    say(busy, PLEASE)

    label(busy, dana, "price_shopper")

    [conversation] = busy.rows(Conversation)
    assert (conversation.team, conversation.priority) == ("manager", "high")
