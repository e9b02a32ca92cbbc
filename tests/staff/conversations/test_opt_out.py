"""Staff record that a patient wants no more texts, however the patient said so."""

from __future__ import annotations

from inbox.models import AuditEntry, Decision, OptOut
from tests.chat_client import ChatClient
from tests.staff.conftest import Console

PAGE = "/staff/conversations/1"
PRICES = "How much is a first visit without insurance?"


def test_staff_record_it_and_the_patient_gets_no_more_texts(console: Console) -> None:
    console.text(PRICES)
    console.work()
    browser = console.sign_in()
    assert "Patient wants no texts" in browser.get(PAGE).text

    assert browser.post(f"{PAGE}/opt-out").status_code == 303

    console.text("Where can I park?")
    console.work()
    assert console.rows(Decision)[-1].why.endswith("no reply: the patient opted out")
    page = browser.get(PAGE).text
    assert "Opted out of texts" in page
    assert "recorded that the patient wants no texts" in page
    assert "Patient wants no texts" not in page


def test_it_is_audited_each_time_with_who_did_it(console: Console) -> None:
    console.text(PRICES)
    browser = console.sign_in()
    for _ in range(2):
        browser.post(f"{PAGE}/opt-out")

    assert browser.member
    entries = [entry for entry in console.rows(AuditEntry) if entry.action == "opted_out"]
    assert [(entry.staff_id, entry.detail["changed"]) for entry in entries] == [
        (browser.member.id, True),
        (browser.member.id, False),
    ]
    assert len(console.rows(OptOut)) == 1


def test_the_number_that_a_chat_visitor_gave_is_opted_out(console: Console) -> None:
    ChatClient(console.url, phone="(202) 555-0123").send(PRICES, "m1")
    console.sign_in().post(f"{PAGE}/opt-out")
    console.text(PRICES)
    console.work()

    assert console.twilio.messages == []


def test_without_a_number_there_is_nothing_to_record(console: Console) -> None:
    ChatClient(console.url).send(PRICES, "m1")
    browser = console.sign_in()

    assert "Patient wants no texts" not in browser.get(PAGE).text
    assert browser.post(f"{PAGE}/opt-out").status_code == 400
    assert console.rows(OptOut) == []


def test_staff_see_when_a_patient_agreed_to_texts(console: Console) -> None:
    ChatClient(console.url, phone="(202) 555-0123", consent="en").send(PRICES, "m1")
    ChatClient(console.url, phone="(202) 555-0123").send(PRICES, "m2")

    browser = console.sign_in()
    assert "Agreed to texts" in browser.get(PAGE).text
    assert "Agreed to texts" not in browser.get("/staff/conversations/2").text
