"""One patient, two conversations: each says how the other stands, and what the patient writes wakes a snoozed one."""

from __future__ import annotations

import re

import pytest

from inbox.incoming.inbound import InboundMessage, record_message
from inbox.models import Conversation
from intake.vocabulary import Channel
from tests.staff.conftest import Browser, Console
from tests.staff.conversations.test_conversation import words
from tests.staff.conversations.test_inbox import rows
from tests.staff.patients.test_shared_numbers import asked_key, mail
from tests.world import DEMO_NUMBER

HAROLD, OTHER = "+12025550154", "+12025550171"
TEXT = "did you get my voicemail? call me"


@pytest.fixture
def jamie(console: Console) -> Browser:
    return console.sign_in(name="Jamie Cole")


def call(console: Console, number: str = HAROLD) -> None:
    said = InboundMessage("demo", Channel.VOICEMAIL, "twilio", f"CA{number}", number, DEMO_NUMBER, "my x-ray results")
    record_message(console.database, said)
    console.reconcile()
    console.work()


def receive(console: Console, text: str = TEXT, number: str = HAROLD) -> None:
    console.text(text, from_=number)
    console.work()


def others(browser: Browser, conversation: int) -> str:
    page = browser.get(f"/staff/conversations/{conversation}").text
    return words(page.partition('<div id="siblings" data-live>')[2].partition("</div>")[0])


def test_the_other_conversation_is_shown_with_its_state_and_last_note(console: Console, jamie: Browser) -> None:
    call(console)
    receive(console)
    jamie.post("/staff/conversations/1/notes", data={"note": "Called Harold, left message with wife"})
    jamie.post("/staff/conversations/1/snooze", data={"until": "tomorrow", "newest": "1"})

    shown = others(console.sign_in(name="Robin Hale"), 2)

    assert re.search(r"Voicemail , snoozed until \w+ \d+, \d+:\d\d AM by Jamie Cole; last note:", shown)
    assert "Called Harold, left message with wife" in shown
    jamie.post("/staff/conversations/1/snooze", data={"until": "now", "newest": "1"})
    jamie.post("/staff/conversations/1/assign", data={"to": "me"})
    assert "Voicemail , open, assigned to Jamie Cole; last note:" in others(jamie, 2)


def test_what_the_patient_writes_elsewhere_wakes_a_snoozed_conversation(console: Console, jamie: Browser) -> None:
    call(console)
    call(console, OTHER)
    for number in (1, 2):
        jamie.post(f"/staff/conversations/{number}/snooze", data={"until": "tomorrow", "newest": str(number)})
    assert rows(jamie.get("/staff/")) == []

    receive(console)

    snoozed = {row.id: row.snoozed_until is not None for row in console.rows(Conversation)}
    assert snoozed == {1: False, 2: True, 3: False}
    assert len(rows(jamie.get("/staff/"))) == 2


def test_conversations_of_one_record_know_of_each_other(console: Console, jamie: Browser) -> None:
    receive(console, "need to cancel tomorrow 2pm", OTHER)
    mail(console, "I also texted. Cancel my 2pm please.\n\nMark Deville\n202-555-0171", "mark@deville.example")
    assert others(jamie, 2) == ""
    form = {"name": "Mark Deville", "use": "address", f"whose-{asked_key(jamie, 2)}": "same"}
    assert jamie.post("/staff/conversations/2/patient", data=form).status_code == 303

    assert "Text , open" in others(jamie, 2)
    assert "Email , open" in others(jamie, 1)


def test_a_shared_number_joins_no_strangers(console: Console, jamie: Browser) -> None:
    receive(console, "need to cancel tomorrow 2pm", OTHER)
    mail(console, "Please send my records.\n\nGrace Liu\n202-555-0171", "grace@liu.example")
    form = {"name": "Grace Liu", "use": "address", f"whose-{asked_key(jamie, 2)}": "shared"}
    assert jamie.post("/staff/conversations/2/patient", data=form).status_code == 303

    assert others(jamie, 1) == others(jamie, 2) == ""
