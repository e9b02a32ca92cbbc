"""A stranger who types numbers into contact forms makes the practice pay for little, and staff are told."""

from __future__ import annotations

import requests

from inbox.models import Decision, Delivery, Message, Notification
from tests.service import Service
from tests.tasks.conftest import StartService
from tests.told_classifier import EMERGENCY, tell
from tests.world import PATIENT, SITE

BILL = "Why was I charged twice for my visit in March?"
CHEST = "I have crushing chest pain"
JAMAICA = "+18765550123"


def post(service: Service, number: str, message: str = BILL) -> None:
    answer = requests.post(
        f"{service.url}/forms/demo", json={"message": message, "phone": number}, headers={"Origin": SITE}, timeout=30
    )
    assert answer.status_code == 202
    service.work()


def why(service: Service) -> str:
    return service.rows(Decision)[-1].why


def reasons(service: Service) -> list[str]:
    return [row.reason for row in service.rows(Notification)]


def test_a_form_with_a_number_abroad_costs_neither_a_text_nor_a_lookup(service: Service) -> None:
    for number in (JAMAICA, "+447911123456", "+88213123456"):
        post(service, number)

    assert (service.twilio.messages, service.twilio.lookups) == ([], [])
    assert len(service.rows(Message)) == 3
    assert reasons(service) == ["billing_inquiry"] * 3
    assert why(service).endswith("; no reply: texts do not go to numbers in this country")


def test_so_does_a_voicemail_whose_caller_is_abroad_because_callers_can_be_forged(service: Service) -> None:
    call = service.call(from_=JAMAICA)
    call.finish()
    call.report_recording()
    call.report_transcription(BILL, "completed", from_=JAMAICA)
    service.work()

    assert len(service.rows(Message)) == 1
    assert (service.twilio.messages, service.twilio.lookups) == ([], [])


def test_a_landline_counts_because_its_lookup_has_been_paid(start_service: StartService) -> None:
    service = start_service("limits = { form_texts_per_day = 2 }")
    for last in range(4):
        service.twilio.line_types[f"+1202555013{last}"] = "landline"
        post(service, f"+1202555013{last}")

    assert (len(service.twilio.messages), len(service.twilio.lookups)) == (0, 2)


def test_a_patient_abroad_who_texts_is_answered(service: Service) -> None:
    service.text(BILL, from_=JAMAICA)
    service.work()

    assert [text.to for text in service.twilio.messages] == [JAMAICA]


def test_a_day_has_so_many_texts_and_then_staff_are_told_once(start_service: StartService) -> None:
    service = start_service("limits = { form_texts_per_day = 2 }")
    for last in range(5):
        post(service, f"+1202555013{last}")

    assert len(service.twilio.messages) == len(service.twilio.lookups) == len(service.rows(Delivery)) == 2
    assert len(service.rows(Message)) == 5
    assert reasons(service).count("billing_inquiry") == 5
    assert reasons(service).count("texts_capped") == 1
    assert why(service).endswith("; no reply: the daily limit of texts to numbers typed into forms has been reached")


def test_who_texts_the_practice_is_answered_all_the_same(start_service: StartService) -> None:
    service = start_service("limits = { form_texts_per_day = 0 }")
    post(service, "+12025550131")
    service.text(BILL, from_=PATIENT)
    service.work()

    assert [text.to for text in service.twilio.messages] == [PATIENT]


def test_an_emergency_is_answered_after_others_are_not(start_service: StartService) -> None:
    service = start_service("limits = { form_texts_per_day = 1 }")
    tell(service, {CHEST: EMERGENCY})
    for last, message in enumerate([BILL, BILL, CHEST, CHEST]):
        post(service, f"+1202555013{last}", message)

    assert [row.reply for row in service.rows(Delivery)] == ["billing_inquiry", "urgent"]
    assert reasons(service).count("urgent") == 1
    assert reasons(service).count("unanswered_emergency") == 1
