"""An emergency that staff acknowledged and nobody answered is not closed or snoozed along with other conversations."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import timedelta

import pytest

from inbox.models import Conversation, Delivery, DeliveryState, now
from inbox.patients.book import Details, add_address, create_patient, link_conversation
from staff.conversations.reply import REPLY
from tests.staff.conftest import Browser, Console
from tests.staff.conversations.test_conversation import words
from tests.told_classifier import EMERGENCY, sure_of, tell

GUN, PARKING = "I have the gun in my lap", "Is there parking behind the office?"
PATIENT, OTHER = "+12025550171", "+12025550172"
CLOSE = {"do": "close", "unanswered": "close"}
HIDING = [
    pytest.param(CLOSE, id="close"),
    pytest.param({"do": "snooze", "until": "tomorrow"}, id="snooze"),
]


@pytest.fixture
def urgent(console: Console) -> Console:
    """An emergency, and a question of somebody else."""
    tell(console, {GUN: EMERGENCY, PARKING: sure_of("existing_patient_question")})
    console.text(GUN, from_=PATIENT)
    console.text(PARKING, from_=OTHER)
    console.work()
    return console


@pytest.fixture
def dana(urgent: Console) -> Browser:
    """Who has acknowledged the emergency and done nothing else."""
    browser = urgent.sign_in(name="Dana Reyes")
    assert browser.post("/staff/escalations/1").ok
    return browser


def hidden(console: Console) -> list[bool]:
    return [row.state == "closed" or row.snoozed_until is not None for row in console.rows(Conversation)]


def press(browser: Browser, action: dict[str, str]) -> str:
    answer = browser.post("/staff/bulk", data=action | {"c": ["1", "2"]})
    return browser.get(answer.headers["Location"]).text


def add_reply(console: Console, state: DeliveryState = DeliveryState.SENT, to: int = 1, **fields: object) -> None:
    with console.edit() as session:
        by_staff = {"staff_id": 1, "reply": REPLY, "sender": "+12025550100", "body": "Are you safe?"}
        session.add(Delivery(conversation_id=to, state=state, form_id=secrets.token_hex(16), **by_staff | fields))


@pytest.mark.parametrize("action", HIDING)
def test_it_is_left_alone_and_named_with_a_link(urgent: Console, dana: Browser, action: dict[str, str]) -> None:
    page = press(dana, action)

    assert hidden(urgent) == [False, True]
    assert "Not changed: (202) 555-0171 (this emergency had no word from staff). Open it." in words(page)
    assert '<a href="/staff/conversations/1" dir="auto">(202) 555-0171</a>' in page
    assert page.count('class="told refused"') == 1


def test_closing_it_by_itself_stays_possible_and_then_it_is_dealt_with(urgent: Console, dana: Browser) -> None:
    assert dana.post("/staff/conversations/1/state", data={"state": "closed", "unanswered": "close"}).status_code == 303
    assert hidden(urgent) == [True, False]
    urgent.text(PARKING, from_=PATIENT)
    urgent.work()
    assert hidden(urgent) == [False, False]

    press(dana, CLOSE)

    assert hidden(urgent) == [True, True]


def schedule(console: Console) -> None:
    later = now() + timedelta(days=1)
    add_reply(console, DeliveryState.PENDING, scheduled_for=later, next_attempt_at=later)


def wait(console: Console) -> None:
    with console.edit() as session:
        conversation = session.get_one(Conversation, 1)
        conversation.state, conversation.triage, conversation.priority = "waiting", None, None


@pytest.mark.parametrize(
    "do",
    [
        pytest.param(wait, id="waiting on the patient, by a press"),
        pytest.param(schedule, id="a reply for tomorrow"),
        pytest.param(lambda console: add_reply(console, DeliveryState.FAILED), id="a reply that failed"),
        pytest.param(lambda console: add_reply(console, to=2), id="a reply to somebody else"),
        pytest.param(
            lambda console: add_reply(console, created_at=now() - timedelta(days=1)), id="a reply before the emergency"
        ),
        pytest.param(lambda console: add_reply(console, staff_id=None, message_id=1), id="an automatic reply"),
    ],
)
def test_what_is_no_answer_to_it(urgent: Console, dana: Browser, do: Callable[[Console], None]) -> None:
    do(urgent)

    press(dana, CLOSE)

    assert hidden(urgent) == [False, True]


def write_elsewhere(console: Console) -> None:
    """Write to the patient from the record, to which both conversations belong."""
    with console.edit() as session:
        patient = create_patient(session, "demo", Details("Walter Pine"))
        add_address(session, patient, PATIENT)
        link_conversation(session, patient, session.get_one(Conversation, 2))
    add_reply(console, to=2)


@pytest.mark.parametrize(
    "do",
    [
        pytest.param(add_reply, id="a reply"),
        pytest.param(lambda console: add_reply(console, DeliveryState.PENDING), id="a reply on its way"),
        pytest.param(write_elsewhere, id="a message from the record"),
    ],
)
def test_what_answers_it(urgent: Console, dana: Browser, do: Callable[[Console], None]) -> None:
    do(urgent)

    assert "no word from staff" not in press(dana, CLOSE)

    assert hidden(urgent) == [True, True]


def test_what_staff_found_to_be_no_emergency_is_closed_with_the_rest(urgent: Console, dana: Browser) -> None:
    assert dana.post("/staff/conversations/1/no-emergency", data={"level": "routine"}).status_code == 303

    press(dana, CLOSE)

    assert hidden(urgent) == [True, True]


def test_one_that_is_closed_already_is_not_named(urgent: Console, dana: Browser) -> None:
    dana.post("/staff/conversations/1/state", data={"state": "closed", "unanswered": "close"})

    assert "no word from staff" not in press(dana, CLOSE)


def test_a_call_that_was_noted_answers_it(urgent: Console, dana: Browser) -> None:
    assert dana.post("/staff/conversations/1/called", data={"outcome": "reached"}).status_code == 303

    press(dana, CLOSE)

    assert hidden(urgent) == [True, True]
