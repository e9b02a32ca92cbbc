"""One answer to whether a patient has been answered: in the rows, before closing one or several, and before waiting."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from inbox.models import Conversation, Delivery, DeliveryState, Message, now
from intake.vocabulary import Disposition, Intent, ReplyName, Route, TriageLevel, reply_in
from staff.conversations.answered import UnansweredMessage, find_unanswered, wants_answer
from tests.staff.conftest import Browser, Console
from tests.staff.conversations.test_bulk_emergencies import add_reply
from tests.told_classifier import EMERGENCY, sure_of, tell

REQUEST, THANKS, HOURS, CHEST = "can i move my visit to monday", "thanks", "What are your hours?", "my chest hurts"
PATIENT = "+12025550171"
HOURS_ANSWER = reply_in("en", ReplyName.COMMON_QUESTION)
GOODBYE = reply_in("es", ReplyName.OPT_OUT)


@pytest.fixture
def told(console: Console) -> Console:
    nothing = {"disposition": Disposition.ACKNOWLEDGEMENT, "triage": TriageLevel.ROUTINE}
    tell(console, {REQUEST: sure_of("appointment_request"), THANKS: nothing, CHEST: EMERGENCY})
    return console


def write(console: Console, *texts: str) -> None:
    for text in texts:
        console.text(text, from_=PATIENT)
        console.work()


def unanswered(console: Console) -> set[int]:
    with console.database.read() as session:
        return find_unanswered(session, session.query(Conversation).all())


def set_automatic(console: Console, state: DeliveryState) -> None:
    with console.edit() as session:
        for delivery in session.query(Delivery).filter(Delivery.message_id.is_not(None)):
            delivery.state = state


def set_answered_up_to(console: Console, message_id: int, state: str = "open") -> None:
    with console.edit() as session:
        conversation = session.get_one(Conversation, 1)
        conversation.answered_up_to, conversation.state = message_id, state


# ---- what a message wants


@pytest.mark.parametrize(
    ("values", "is_wanted"),
    [
        pytest.param({"is_handled": False}, True, id="not handled yet"),
        pytest.param(
            {"route": Intent.APPOINTMENT_REQUEST, "reply": "appointment_request", "sent": "sent"},
            True,
            id="acknowledged",
        ),
        pytest.param({"route": Route.URGENT, "reply": "urgent", "sent": "delivered"}, True, id="an emergency's reply"),
        pytest.param({"route": Route.NUDGE}, True, id="asks again"),
        pytest.param({"needs_staff": False, "route": Route.ACKNOWLEDGEMENT}, False, id="thanks"),
        pytest.param({"route": Route.PRAISE}, False, id="praise"),
        pytest.param({"needs_staff": False, "route": Route.OPT_OUT, "keyword": "STOP"}, False, id="STOP"),
        *(
            pytest.param({"reply": HOURS_ANSWER, "sent": state}, is_wanted, id=f"an answer that is {state}")
            for state, is_wanted in {
                "pending": False,
                "sending": False,
                "sent": False,
                "delivered": False,
                "unconfirmed": False,
                "not_sent": True,
                "failed": True,
                "suppressed": True,
                "held": True,
                None: True,
            }.items()
        ),
        pytest.param({"route": Route.OPT_OUT, "reply": GOODBYE, "sent": "sent"}, False, id="opted out in words"),
        pytest.param({"route": Route.OPT_OUT, "reply": GOODBYE, "sent": "failed"}, True, id="not told so"),
        pytest.param(
            {"route": Route.OPT_OUT, "reply": GOODBYE, "sent": "sent", "keyword": "Cancel"}, True, id="or meant a visit"
        ),
    ],
)
def test_which_messages_want_an_answer(values: dict[str, Any], is_wanted: bool) -> None:
    assert wants_answer(UnansweredMessage(**values)) is is_wanted


# ---- whose patients have one


def test_a_voicemail_wants_one_although_the_call_came_before_its_text(told: Console) -> None:
    told.call(from_=PATIENT).report_transcription(REQUEST)
    told.work()

    assert unanswered(told) == {1}
    [conversation], [message] = told.rows(Conversation), told.rows(Message)
    assert conversation.waiting_since == message.received_at


@pytest.mark.parametrize(
    ("state", "expected"), [(DeliveryState.SENT, set()), (DeliveryState.NOT_SENT, {1}), (DeliveryState.FAILED, {1})]
)
def test_an_answer_about_the_hours_answers_once_it_was_sent(
    told: Console, state: DeliveryState, expected: set[int]
) -> None:
    write(told, HOURS)
    assert [delivery.reply for delivery in told.rows(Delivery)] == [HOURS_ANSWER]
    set_automatic(told, state)

    assert unanswered(told) == expected


def test_thanks_hide_no_request_before_them(told: Console) -> None:
    write(told, REQUEST, THANKS)

    assert unanswered(told) == {1}


def test_an_answered_question_hides_no_request_before_it(told: Console) -> None:
    write(told, REQUEST, HOURS)
    set_automatic(told, DeliveryState.SENT)

    assert unanswered(told) == {1}


@pytest.mark.parametrize(
    ("do", "expected"),
    [
        pytest.param(lambda told: add_reply(told), set(), id="a reply"),
        pytest.param(lambda told: add_reply(told, DeliveryState.PENDING), set(), id="one on its way"),
        pytest.param(lambda told: add_reply(told, DeliveryState.NOT_SENT), {1}, id="one that was not sent"),
        pytest.param(lambda told: add_reply(told, DeliveryState.SUPPRESSED, scheduled_for=now()), {1}, id="cancelled"),
        pytest.param(
            lambda told: add_reply(told, DeliveryState.PENDING, scheduled_for=now() + timedelta(days=1)),
            {1},
            id="later",
        ),
        pytest.param(lambda told: add_reply(told, DeliveryState.HELD, scheduled_for=now()), {1}, id="a held one"),
        pytest.param(
            lambda told: add_reply(told, created_at=now() - timedelta(days=1), seen_up_to=1), set(), id="sent anyway"
        ),
        pytest.param(
            lambda told: add_reply(told, created_at=now() - timedelta(days=1), seen_up_to=0), {1}, id="written before"
        ),
    ],
)
def test_what_staff_wrote_answers_if_it_left(told: Console, do: Callable[[Console], None], expected: set[int]) -> None:
    write(told, REQUEST)
    do(told)

    assert unanswered(told) == expected


@pytest.mark.parametrize(("outcome", "expected"), [("reached", set()), ("left_message", set()), ("no_answer", {1})])
def test_a_call_answers_if_it_brought_the_patient_a_word(told: Console, outcome: str, expected: set[int]) -> None:
    write(told, REQUEST)
    dana = told.sign_in()
    assert dana.post("/staff/conversations/1/called", data={"outcome": outcome}).status_code == 303

    assert unanswered(told) == expected


def test_a_call_before_the_request_does_not(told: Console) -> None:
    write(told, REQUEST)
    told.sign_in().post("/staff/conversations/1/called", data={"outcome": "reached"})
    write(told, REQUEST)

    assert unanswered(told) == {1}


def test_what_a_member_settled_by_closing_is_not_asked_about_again_once_the_patient_thanks(told: Console) -> None:
    write(told, REQUEST)
    set_answered_up_to(told, 1, "closed")
    assert unanswered(told) == {1}

    write(told, THANKS)

    assert unanswered(told) == set()


def test_one_that_staff_open_again_is(told: Console) -> None:
    write(told, REQUEST)
    set_answered_up_to(told, 1)

    assert unanswered(told) == {1}


# ---- the rows


def rows(browser: Browser, view: str) -> str:
    return browser.get(f"/staff/?view={view}").text


@pytest.mark.parametrize("view", ["closed", "waiting"])
def test_a_row_that_left_the_open_ones_says_that_nobody_answered(told: Console, view: str) -> None:
    write(told, REQUEST)
    dana = told.sign_in()
    dana.post("/staff/conversations/1/state", data={"state": view, "unanswered": "close"})
    assert "Not answered" in rows(dana, view)

    dana.post("/staff/conversations/1/called", data={"outcome": "reached"})

    assert "Not answered" not in rows(dana, view)


def test_after_a_call_nobody_waits_in_the_row_and_the_conversation_stays_open(told: Console) -> None:
    write(told, REQUEST)
    dana = told.sign_in()
    assert "Waiting" in rows(dana, "all")

    dana.post("/staff/conversations/1/called", data={"outcome": "no_answer"})
    assert 'class="hidden">Waiting' in rows(dana, "all")
    dana.post("/staff/conversations/1/called", data={"outcome": "left_message"})

    assert 'class="hidden">Waiting' not in rows(dana, "all")
    assert [str(row.state) for row in told.rows(Conversation)] == ["open"]
