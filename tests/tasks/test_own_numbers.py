"""No automatic text goes to a practice's own number, where it would be answered in turn; staff read why."""

from __future__ import annotations

import pytest
import requests

from inbox.models import Decision, Delivery, DeliveryState, Message, Notification
from intake.settings import Settings
from intake.vocabulary import Medium
from staff.display import state_words
from tests.service import Service
from tests.standins.smtp import SmtpStandIn
from tests.world import DEMO_NUMBER, SITE

BILL = "Why was I charged twice for my visit in March?"
CHEST = "I have crushing chest pain"
OTHER_NUMBER, RETIRED = "+12025550180", "+12025550181"
WHY = "; no reply: its number is a practice's own, where texts come in"


@pytest.fixture
def settings(settings: Settings, smtp: SmtpStandIn) -> Settings:
    """Let the other practice keep a number that it sends nothing new from."""
    text, kept = settings.practices_file.read_text(), f'{{ number = "{RETIRED}", retired = true }}'
    settings.practices_file.write_text(text.replace(f'["{OTHER_NUMBER}"]', f'["{OTHER_NUMBER}", {kept}]'))
    return settings.model_copy(update={"smtp_url": smtp.url})


def post(service: Service, **fields: str) -> dict[str, object]:
    answer = requests.post(f"{service.url}/forms/demo", json=fields, headers={"Origin": SITE}, timeout=30)
    service.work()
    return dict(answer.json())


@pytest.mark.parametrize("number", [DEMO_NUMBER, OTHER_NUMBER, RETIRED], ids=["own", "of-another", "retired"])
def test_a_form_that_names_one_is_taken_as_one_without_a_phone(service: Service, number: str) -> None:
    assert post(service, message=BILL, phone=number) == {"message": "received", "can_be_answered": False}

    assert (service.twilio.messages, service.twilio.lookups) == ([], [])
    assert [message.claimed_phone for message in service.rows(Message)] == [None]
    assert service.rows(Decision)[0].why.endswith(WHY)
    assert [row.team for row in service.rows(Notification)] == ["billing"]


def test_such_a_form_is_still_answered_by_email(service: Service, smtp: SmtpStandIn) -> None:
    assert post(service, message=BILL, phone=OTHER_NUMBER, email="ana@patient.example") == {"message": "received"}

    assert [mail.recipient for mail in smtp.mails] == ["ana@patient.example"]
    assert service.twilio.messages == []


@pytest.mark.parametrize("text", [BILL, CHEST, "HELP", "STOP", "START"])
def test_a_text_from_one_is_stored_and_not_answered(service: Service, text: str) -> None:
    assert service.text(text, from_=RETIRED).status == 200
    service.work()

    assert [message.text for message in service.rows(Message)] == [text]
    assert service.rows(Delivery) == []
    assert service.twilio.messages == []


def test_staff_read_why_and_on_call_that_an_emergency_got_no_reply(service: Service) -> None:
    service.text(BILL, from_=OTHER_NUMBER)
    service.text(CHEST, from_=RETIRED)
    service.work()

    assert all(decision.why.endswith(WHY) for decision in service.rows(Decision))
    assert [(row.team, row.reason) for row in service.rows(Notification)] == [
        ("billing", "billing_inquiry"),
        ("on_call", "unanswered_emergency"),
    ]


def test_a_call_from_one_gets_no_text_either(service: Service) -> None:
    call = service.call(from_=OTHER_NUMBER)
    call.finish()
    call.report_recording()
    call.report_transcription(BILL, "completed", from_=OTHER_NUMBER)
    service.work()

    assert service.twilio.messages == []
    [reply] = service.rows(Delivery)
    assert (reply.medium, reply.state) == (Medium.SMS, DeliveryState.SUPPRESSED)
    words = state_words(reply.state, reply.error_code)
    assert words == "Not sent: the number is a practice’s own, where texts come in"
