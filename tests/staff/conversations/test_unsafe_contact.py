"""Where a patient says that contact is not safe, Intake sends nothing, and staff can't overlook it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from inbox.models import Conversation, Delivery, DeliveryState, now
from tests.staff.conftest import Browser, Console, StartConsole
from tests.told_classifier import EMERGENCY, sure_of, tell

ON_CALL, PATIENT = "+12025550112", "+12025550131"
BILL, HIT = "Why is my bill so high?", "my husband hit me and my eye is swollen shut, he reads my phone"
PAGE = "/staff/conversations/1"
RED = "Do not text or call this number: the patient said it is not safe."


@pytest.fixture
def console(start_console: StartConsole) -> Console:
    """The on-call team is texted."""
    started = start_console(f'teams = {{ on_call = {{ notify = ["sms:{ON_CALL}"] }} }}')
    tell(started, {BILL: sure_of("billing_inquiry"), HIT: EMERGENCY})
    return started


@pytest.fixture
def dana(console: Console) -> Browser:
    return console.sign_in(name="Dana Reyes")


def receive(console: Console, text: str) -> None:
    console.text(text, from_=PATIENT)
    console.work()


def texts_to(console: Console, number: str) -> list[str]:
    return [message.body for message in console.twilio.messages if message.to == number]


def reply(dana: Browser, number: int = 1, **form: str) -> int:
    sent = {"text": "We can see you today.", "form_id": f"{number:032x}", "seen": "0", "then": "waiting"}
    return dana.post(f"{PAGE}/reply", data=sent | form).status_code


def put_off(console: Console, delay: timedelta) -> None:
    with console.edit() as session:
        waiting = session.scalars(select(Delivery).where(Delivery.staff_id.is_not(None))).one()
        waiting.next_attempt_at = now() + delay


def test_from_the_message_that_says_so_nothing_goes_there_and_on_call_is_paged_with_a_warning(
    console: Console, dana: Browser
) -> None:
    receive(console, HIT)
    receive(console, BILL)
    receive(console, "STOP")

    assert texts_to(console, PATIENT) == []
    assert [row for row in console.rows(Delivery) if row.message_id is not None] == []
    [page] = texts_to(console, ON_CALL)
    assert "Do not text or call the patient's number: they said it is not safe." in page
    assert "husband" not in page
    shown = dana.get(PAGE).text
    assert RED in shown
    assert "no reply: it is not safe to contact the patient here" in shown
    assert "noted that it is not safe to contact the patient here, as a message says" in shown


def test_what_waits_to_be_sent_is_held_back_and_a_call_from_the_same_number_is_flagged_too(
    console: Console, dana: Browser
) -> None:
    receive(console, BILL)
    with console.edit() as session:  # as if it had not been sent yet
        waiting = session.get_one(Delivery, 1)
        waiting.state, waiting.attempts, waiting.next_attempt_at = DeliveryState.PENDING, 0, now()
    texted = len(texts_to(console, PATIENT))

    assert dana.post(f"{PAGE}/unsafe-contact", data={"unsafe": "yes"}).status_code == 303
    console.reconcile()

    assert len(texts_to(console, PATIENT)) == texted
    shown = dana.get(PAGE).text
    assert "Not sent: the patient said that it is not safe to contact them here" in shown
    assert "Dana Reyes" in shown
    call = console.call(from_=PATIENT)
    call.finish()
    call.report_recording()
    call.report_transcription(BILL)
    console.work()
    assert len(console.rows(Conversation)) == 2
    assert {row.unsafe_since is not None for row in console.rows(Conversation)} == {True}


def test_a_staff_reply_that_still_waits_is_held_back_and_staff_see_so(console: Console, dana: Browser) -> None:
    receive(console, BILL)
    assert reply(dana) == 303
    put_off(console, timedelta(hours=1))  # as if Twilio had been away
    texted = len(texts_to(console, PATIENT))
    receive(console, HIT)
    put_off(console, timedelta())

    console.reconcile()

    assert len(texts_to(console, PATIENT)) == texted
    held = next(row for row in console.rows(Delivery) if row.staff_id is not None)
    assert (held.state, held.error_code) == (DeliveryState.SUPPRESSED, "unsafe")
    assert "Not sent: the patient said that it is not safe to contact them here" in dana.get(PAGE).text


def test_staff_write_there_only_knowingly_and_can_take_the_flag_away(console: Console, dana: Browser) -> None:
    receive(console, HIT)
    assert 'name="despite"' in dana.get(PAGE).text

    assert reply(dana) == 422
    assert reply(dana, despite="yes") == 303

    console.work()
    assert len(texts_to(console, PATIENT)) == 1
    assert "Not safe to contact" in dana.get("/staff/").text
    dana.post(f"{PAGE}/unsafe-contact", data={"unsafe": "no"})
    dana.post(f"{PAGE}/hand-back")
    assert "Not safe to contact" not in dana.get("/staff/").text
    assert RED not in dana.get(PAGE).text
    receive(console, BILL)
    assert len(texts_to(console, PATIENT)) == 2
    assert dana.post(f"{PAGE}/unsafe-contact", data={"unsafe": "perhaps"}).status_code == 400
