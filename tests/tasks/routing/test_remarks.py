"""Messages whose words alone decide how they are answered, from the patient's first word to what they read."""

from __future__ import annotations

import pytest

from inbox.models import Conversation, Notification
from tests.chat_client import ChatClient
from tests.service import Service
from tests.told_classifier import sure_of, tell

IN_CONFIDENCE = "hi im 15 can i come in without my mom knowing? its about birth control"


def test_who_was_texted_by_mistake_reads_sorry_once_and_then_nothing_until_staff_decide(service: Service) -> None:
    for text in ("wrong number stop texting me im not Linda", "seriously who is this", "how much is a cleaning"):
        service.text(text)
        service.work()

    [sorry] = service.twilio.messages
    assert "Sorry about that." in sorry.body
    assert sorry.body.endswith("Reply STOP to get no more texts from us.")
    [conversation] = service.rows(Conversation)
    assert (conversation.state, conversation.staff_took_over_at is not None) == ("open", True)
    assert ("front_desk", "wrong_number") in {(row.team, row.reason) for row in service.rows(Notification)}


@pytest.mark.parametrize(
    ("text", "name", "phone", "email", "answer"),
    [
        ("my number is 202 555 0162", None, "+12025550162", None, "Thank you, we have your number."),
        ("Sam Ortiz 202-555-0168", "Sam Ortiz", "+12025550168", None, "Thank you, we have your number."),
        ("My email is sam@patient.example", None, None, "sam@patient.example", "Thank you, we have your email"),
    ],
)
def test_who_says_how_to_reach_them_is_told_that_we_have_it_and_stays_with_their_team(
    service: Service, text: str, name: str | None, phone: str | None, email: str | None, answer: str
) -> None:
    tell(service, {"I need to move my cleaning": sure_of("appointment_request")})
    chat = ChatClient(service.url)
    for number, message in enumerate(("I need to move my cleaning", text)):
        chat.send(message, f"m{number}")
        service.work()

    assert chat.texts()[-1][1].startswith(answer)
    [conversation] = service.rows(Conversation)
    assert (conversation.patient_name, conversation.contact_phone, conversation.contact_email) == (name, phone, email)
    assert (conversation.team, conversation.intent) == ("scheduling", "appointment_request")


def test_thanks_by_name_get_thanks_and_no_word_of_emergencies(service: Service) -> None:
    service.text("thank you so much Tammy you were so sweet to my mom today")
    service.work()

    [reply] = service.twilio.messages
    assert "Thank you so much for your kind words!" in reply.body
    assert "911" not in reply.body


def test_a_minors_secret_gets_a_person_and_no_newcomers_link(service: Service) -> None:
    service.text(IN_CONFIDENCE)
    service.work()

    [reply] = service.twilio.messages
    assert "A person will answer you here" in reply.body
    assert "http" not in reply.body
    assert {(row.team, row.priority, row.reason) for row in service.rows(Notification)} == {
        ("front_desk", "high", "in_confidence")
    }


def test_whoever_is_looked_for_gets_a_person_and_no_word_of_an_emergency_room(service: Service) -> None:
    service.text(
        "Don't leave voicemails and don't tell anyone when my appointments are."
        " A man called pretending to be my brother."
    )
    service.work()

    [reply] = service.twilio.messages
    assert "A person will answer you here" in reply.body
    assert "emergency room" not in reply.body
    assert {(row.team, row.priority, row.reason) for row in service.rows(Notification)} == {
        ("front_desk", "high", "in_confidence")
    }


@pytest.mark.parametrize("intent", ["billing_inquiry", "existing_patient_question", "appointment_request"])
def test_a_threat_is_pressing_and_the_manager_is_told_whatever_it_is_about(service: Service, intent: str) -> None:
    threat = "I already paid, now it's in collections and I'm calling the state"
    tell(service, {threat: sure_of(intent)})
    service.text(threat)
    service.work()

    told = {row.team: row.priority for row in service.rows(Notification)}
    assert told.pop("manager") == "high"
    assert set(told.values()) == {"high"}
