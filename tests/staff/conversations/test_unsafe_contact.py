"""Where a patient says that contact is not safe, Intake sends nothing, and staff can't overlook it."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape

import pytest
from sqlalchemy import select

from inbox.models import Conversation, Delivery, DeliveryState, LineType, now
from tests.chat_client import ChatClient
from tests.staff.conftest import Browser, Console, StartConsole
from tests.told_classifier import EMERGENCY, sure_of, tell

ON_CALL, PATIENT = "+12025550112", "+12025550131"
BILL, HIT = "Why is my bill so high?", "my husband hit me and my eye is swollen shut, he reads my phone"
CHEST = "I have crushing chest pain"
MAY_STOP = "pls dont text this phone anymore my mom sees it"
PAGE = "/staff/conversations/1"
RED = "Do not text or call this number: the patient said it is not safe."


@pytest.fixture
def console(start_console: StartConsole) -> Console:
    """The on-call team is texted."""
    started = start_console(f'teams = {{ on_call = {{ notify = ["sms:{ON_CALL}"] }} }}')
    tell(started, {BILL: sure_of("billing_inquiry"), HIT: EMERGENCY, CHEST: EMERGENCY, MAY_STOP: sure_of("complaint")})
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
    page, *later = texts_to(console, ON_CALL)
    assert "Do not text or call the patient's number: they said it is not safe." in page
    assert not any("husband" in text for text in (page, *later))
    shown = dana.get(PAGE).text
    assert RED in shown
    assert "no reply: it is not safe to contact the patient here" in shown
    assert "noted that it is not safe to contact the patient here, as a message says" in shown


def test_staff_see_that_the_patient_says_it_is_safe_for_now_beside_the_warning(console: Console, dana: Browser) -> None:
    receive(console, HIT)
    receive(console, "it's safe now, he left. you can text me")

    assert len(texts_to(console, PATIENT)) == 1
    shown = dana.get(PAGE).text
    assert RED in shown
    assert re.search(r"said since that it is safe for now: automatic replies go out until .*\d:\d\d", shown)
    assert "Automatic replies do not go here." not in shown
    assert "noted that it is safe to contact the patient here for now, as a message says" in shown
    assert 'name="despite"' in shown
    assert "Still not safe to contact here" in shown

    dana.post(f"{PAGE}/unsafe-contact", data={"unsafe": "yes"})
    receive(console, "it's safe now")
    assert "Automatic replies do not go here." in dana.get(PAGE).text


def test_staff_see_the_hours_that_the_patient_named_beside_the_warning(console: Console, dana: Browser) -> None:
    receive(console, "pls dont text this number after 4 he looks at my phone")

    shown = dana.get(PAGE).text
    assert RED in shown
    assert "The patient named hours: automatic replies go out only from 6:00 AM to 4:00 PM." in shown
    assert "Automatic replies do not go here." not in shown
    assert "noted the hours at which it is safe to contact the patient here, as a message says" in shown

    dana.post(f"{PAGE}/unsafe-contact", data={"unsafe": "yes"})
    receive(console, "only text me before 3pm")
    shown = dana.get(PAGE).text
    assert "The patient named hours" not in shown
    assert "Automatic replies do not go here." in shown


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
    page = dana.get(PAGE).text
    assert 'name="despite"' in page
    assert 'name="despite" value="yes" required' not in page  # a browser would ask to check it

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


# ---- a chat that names a number or an address of which this was said elsewhere


def leave_chat(console: Console, text: str = BILL, **details: str) -> ChatClient:
    """A chat that gives the patient's number, agrees to texts, and whose visitor then leaves."""
    chat = ChatClient(console.url, phone=PATIENT, consent="en", **details)
    chat.send(text, "m1")
    console.work()
    with console.edit() as session:
        row = session.scalars(select(Conversation).where(Conversation.channel == "chat")).one()
        row.chat_seen_at = now() - timedelta(minutes=5)
    return chat


def page_of_chat(console: Console) -> str:
    [row] = [row for row in console.rows(Conversation) if row.channel == "chat"]
    return f"/staff/conversations/{row.id}"


def reply_in(dana: Browser, page: str, **form: str) -> int:
    sent = {"text": "Please call us about your results.", "form_id": "c" * 32, "seen": "0", "then": "waiting"}
    return dana.post(f"{page}/reply", data=sent | form).status_code


def test_who_left_a_chat_is_texted_only_knowingly_at_a_number_that_somebody_else_reads(
    console: Console, dana: Browser
) -> None:
    receive(console, HIT)
    leave_chat(console)
    page = page_of_chat(console)
    shown = dana.get(page).text

    assert 'they said in <a href="/staff/conversations/1">another conversation</a> that it is not safe' in shown
    assert reply_in(dana, page) == 422
    console.work()
    assert texts_to(console, PATIENT) == []
    assert reply_in(dana, page, despite="yes") == 303
    console.work()
    assert len(texts_to(console, PATIENT)) == 1


def test_a_text_to_who_left_a_chat_is_held_back_once_the_number_says_that_it_is_not_safe(
    console: Console, dana: Browser
) -> None:
    leave_chat(console)
    assert reply_in(dana, page_of_chat(console)) == 303
    put_off(console, timedelta(hours=1))  # as if Twilio had been away
    receive(console, HIT)
    put_off(console, timedelta())

    console.reconcile()

    assert texts_to(console, PATIENT) == []
    [held] = [row for row in console.rows(Delivery) if row.staff_id is not None]
    assert (held.state, held.error_code) == (DeliveryState.SUPPRESSED, "unsafe")


def test_who_is_on_call_is_warned_of_a_chat_that_gives_such_a_number(console: Console) -> None:
    receive(console, HIT)
    leave_chat(console, CHEST)

    page = texts_to(console, ON_CALL)[-1]
    assert page.startswith("[urgent] Urgent message at Maple Street.")
    assert "Do not text or call the patient's number: they said it is not safe." in page


def test_a_chat_goes_on_answering_though_its_number_is_not_safe(console: Console, dana: Browser) -> None:
    receive(console, HIT)
    chat = ChatClient(console.url, phone=PATIENT, consent="en")
    chat.send(CHEST, "m1")
    console.work()

    assert "911" in chat.texts()[-1][1]
    assert reply_in(dana, page_of_chat(console)) == 303


# ---- no word to call or text such a patient


@pytest.mark.parametrize("texts", [[MAY_STOP], ["CANCEL"], ["STOP"]], ids=["may stop", "cancel", "opted out"])
def test_nothing_on_the_page_tells_staff_to_call_or_text_where_it_is_not_safe(
    console: Console, dana: Browser, texts: list[str]
) -> None:
    for text in texts:
        receive(console, text)
    dana.post(f"{PAGE}/unsafe-contact", data={"unsafe": "yes"})

    shown = unescape(dana.get(PAGE).text)

    assert "Do not text or call" in shown
    assert re.findall(r"Call (?:to find out|them|it|instead|the patient)", shown) == []
    dana.post(f"{PAGE}/unsafe-contact", data={"unsafe": "no"})
    assert re.search(r"Call (?:to find out|them)", unescape(dana.get(PAGE).text))


def test_the_page_does_not_say_to_call_a_landline_where_it_is_not_safe(console: Console, dana: Browser) -> None:
    receive(console, BILL)
    with console.edit() as session:
        session.get_one(Conversation, 1).line_type = LineType.LANDLINE
    assert "This number is a landline and cannot receive texts. Call it instead." in dana.get(PAGE).text

    dana.post(f"{PAGE}/unsafe-contact", data={"unsafe": "yes"})

    assert "This number is a landline and cannot receive texts. Find a safe way" in dana.get(PAGE).text


# ---- who can't be called

DEAF = "I am deaf. Text only please."
TEXT_ONLY = "Can’t be called: text only, as the patient said."


def test_staff_take_away_that_a_patient_cannot_be_called(console: Console, dana: Browser) -> None:
    receive(console, DEAF)
    console.call(from_=PATIENT).report_transcription(BILL)
    console.work()
    assert TEXT_ONLY in dana.get(PAGE).text

    assert dana.post("/staff/conversations/2/can-be-called").status_code == 303

    page = dana.get(PAGE).text
    assert TEXT_ONLY not in page
    assert "/can-be-called" not in page
    assert [row.text_only_since for row in console.rows(Conversation)] == [None, None]
    assert "noted that the patient can be called" in dana.get("/staff/conversations/2").text
    receive(console, DEAF)
    assert TEXT_ONLY in dana.get(PAGE).text


# ---- a phone that others seem to read, as the model hears

SEEN = "Foreman holds our phones in a basket up front with the screens up. so no texts to me. can I move my visit"
KEPT_BACK = "Automatic replies, except in an emergency, are off until you answer or until"


@pytest.fixture
def heard(console: Console, dana: Browser) -> Browser:
    """A member who opens the conversation of a patient whose phone others seem to read."""
    receive(console, SEEN)
    assert texts_to(console, PATIENT) == []
    return dana


def test_staff_see_until_when_automatic_replies_are_kept_back(heard: Browser) -> None:
    assert KEPT_BACK in heard.get(PAGE).text


def test_staff_turn_automatic_replies_back_on(console: Console, heard: Browser) -> None:
    assert heard.post(f"{PAGE}/automatic-replies").status_code == 303

    assert KEPT_BACK not in heard.get(PAGE).text
    assert "let automatic replies go out again" in heard.get(PAGE).text
    receive(console, BILL)
    assert len(texts_to(console, PATIENT)) == 1


def test_a_member_confirms_that_a_reply_goes_where_someone_else_may_see_it(console: Console, heard: Browser) -> None:
    assert 'name="despite"' in heard.get(PAGE).text

    refused = heard.post(
        f"{PAGE}/reply", data={"text": "Come at 9.", "form_id": "1" * 32, "seen": "0", "then": "waiting"}
    )

    assert refused.status_code == 422
    assert "Not sent: someone else may see what is sent there." in refused.text
    assert [row for row in console.rows(Delivery) if row.staff_id] == []


def test_an_answer_of_staff_turns_them_back_on(console: Console, heard: Browser) -> None:
    assert reply(heard, despite="yes") == 303
    with console.edit() as session:
        session.scalars(select(Delivery).where(Delivery.staff_id.is_not(None))).one().next_attempt_at = now()
    console.work()

    assert KEPT_BACK not in heard.get(PAGE).text


def test_an_answer_that_never_left_does_not(console: Console, heard: Browser) -> None:
    reply(heard, despite="yes")
    with console.edit() as session:
        session.scalars(select(Delivery).where(Delivery.staff_id.is_not(None))).one().state = DeliveryState.FAILED

    assert KEPT_BACK in heard.get(PAGE).text


def test_what_a_reply_by_email_has_to_confirm_is_on_the_page_though_the_number_is_marked(
    console: Console, dana: Browser
) -> None:
    receive(console, HIT)
    begun = ChatClient(console.url, phone=PATIENT, consent="en")
    begun.send("Did you get my records?", "first")
    console.work()
    with console.edit() as session:
        chat = session.scalars(select(Conversation).where(Conversation.channel == "chat")).one()
        chat.contact_email, chat.chat_seen_at = "ann@example.org", now() - timedelta(minutes=5)
        chat.quiet_until = now() + timedelta(hours=1)
        path = f"/staff/conversations/{chat.id}"
    form = {"text": "Come at 9.", "form_id": "2" * 32, "seen": "0", "then": "waiting"}

    assert dana.post(f"{path}/reply", data=form).status_code == 422
    assert "Send it although someone else may see it there." in dana.get(path).text
    assert dana.post(f"{path}/reply", data=form | {"despite": "yes"}).status_code == 303
