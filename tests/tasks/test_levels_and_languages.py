"""From a stored message to replies and notices: triage levels, Spanish, requests for a person, praise, two intents."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from classifier.understanding import SecondIntent
from inbox.models import Classification, Conversation, Decision, Delivery, Escalation, Notification, Review
from tests.service import Service
from tests.standins.twilio import TwilioStandIn
from tests.tasks.conftest import StartService
from tests.told_classifier import EMERGENCY, PERSON, PRAISE, SAME_DAY, SELF_HARM, sure_of, tell

TEXT = "Some words whose meaning the test says"
OTHER_TEXT = "Some other words"
ALSO_BILLING = (SecondIntent("billing_inquiry", 0.81),)


def receive(service: Service, told: dict[str, Any], text: str = TEXT, **options: Any) -> None:
    tell(service, {text: told})
    service.text(text, **options)
    service.work()


def told_to(service: Service) -> list[tuple[str, str, str]]:
    return [(row.reason, row.team, row.priority) for row in service.rows(Notification)]


# ---- triage levels


def test_a_message_about_self_harm_gets_both_helplines_and_on_call_is_told(
    service: Service, twilio: TwilioStandIn
) -> None:
    receive(service, SELF_HARM)

    [reply] = twilio.messages
    assert "call 911 now" in reply.body
    assert "call or text 988" in reply.body
    assert told_to(service) == [("urgent", "on_call", "urgent")]
    assert service.rows(Decision)[0].why == "sounds like an emergency (self-harm)"
    assert len(service.rows(Escalation)) == 1
    [conversation] = service.rows(Conversation)
    assert (conversation.triage, conversation.danger) == ("emergency", "self_harm")


def test_a_message_about_self_harm_in_spanish_gets_both_helplines_in_spanish(
    service: Service, twilio: TwilioStandIn
) -> None:
    receive(service, SELF_HARM | {"language": "es"})

    [reply] = twilio.messages
    assert "llame al 911 ahora mismo" in reply.body
    assert "llame al 988 y oprima 2" in reply.body


def test_a_same_day_complaint_is_told_to_the_nurse_and_the_manager_and_answered_once(
    service: Service, twilio: TwilioStandIn
) -> None:
    receive(service, sure_of("complaint", **SAME_DAY))

    [reply] = twilio.messages
    assert "A nurse will look at this " in reply.body
    assert told_to(service) == [("same_day", "clinical", "high"), ("complaint", "manager", "high")]
    [decision] = service.rows(Decision)
    assert decision.why == "a nurse should look at this today; Manager notified too"
    assert service.rows(Escalation) == []


def test_the_level_of_a_conversation_is_raised_and_not_lowered_by_what_follows(service: Service) -> None:
    tell(service, {TEXT: sure_of("clinical_concern", **SAME_DAY), OTHER_TEXT: sure_of("billing_inquiry")})
    for text in (TEXT, OTHER_TEXT):
        service.text(text)
        service.work()

    [conversation] = service.rows(Conversation)
    assert (conversation.triage, conversation.team, conversation.priority) == ("same_day", "clinical", "high")


def test_good_news_after_an_emergency_raises_no_second_alarm_though_the_model_takes_it_for_one(
    service: Service, twilio: TwilioStandIn
) -> None:
    ambulance = "The ambulance is here, thank you"
    tell(service, {TEXT: sure_of("clinical_concern", **EMERGENCY), ambulance: sure_of("complaint", **EMERGENCY)})
    for text in (TEXT, ambulance):
        service.text(text)
        service.work()

    assert len(twilio.messages) == 1
    assert told_to(service) == [("urgent", "on_call", "urgent"), ("helped", "on_call", "high")]
    [alarm] = service.rows(Escalation)
    assert alarm.acknowledged_at is None
    [conversation] = service.rows(Conversation)
    assert (conversation.triage, conversation.danger, conversation.priority) == ("emergency", "other", "urgent")


# ---- what was understood is stored


def test_all_that_was_understood_is_stored(service: Service) -> None:
    receive(service, sure_of("appointment_request", language="es", also=ALSO_BILLING))

    [row] = service.rows(Classification)
    assert (row.triage, row.danger, row.language, row.disposition, row.praise) == (
        "routine",
        None,
        "es",
        "route",
        False,
    )
    assert row.also == [{"intent": "billing_inquiry", "confidence": 0.81}]


# ---- languages


@pytest.mark.parametrize(("language", "helpline"), [("en", "call 911 now"), ("es", "llame al 911 ahora mismo")])
@pytest.mark.parametrize(
    ("teams", "is_told"), [("{}", False), ('{ on_call = { notify = ["sms:+12025550112"] } }', True)]
)
def test_a_reply_to_an_emergency_says_that_staff_are_alerted_only_if_someone_can_be(
    start_service: StartService, teams: str, is_told: bool, language: str, helpline: str
) -> None:
    service = start_service(f"teams = {teams}")
    receive(service, SELF_HARM | {"language": language})

    body = service.rows(Delivery)[0].body
    assert helpline in body
    assert ("alerting our staff" in body or "avisando al personal" in body) == is_told


def test_a_spanish_message_is_routed_by_its_intent_and_answered_in_spanish(
    service: Service, twilio: TwilioStandIn
) -> None:
    receive(service, sure_of("appointment_request", language="es"))

    [reply] = twilio.messages
    assert "programar, cambiar o cancelar su cita" in reply.body
    assert reply.body.endswith("Responda STOP para no recibir mensajes.")
    assert told_to(service) == [("appointment_request", "scheduling", "normal")]
    assert service.rows(Review) == []


@pytest.mark.parametrize("keyword", ["ALTO", "Ayuda"])
def test_a_spanish_keyword_is_answered_in_spanish(service: Service, twilio: TwilioStandIn, keyword: str) -> None:
    service.text(keyword)
    service.work()

    [reply] = twilio.messages
    assert "mensajes" in reply.body


def test_a_keyword_after_a_spanish_message_is_answered_in_spanish(service: Service, twilio: TwilioStandIn) -> None:
    receive(service, sure_of("appointment_request", language="es"))
    service.text("STOP")
    service.work()

    assert "Ya no va a recibir mensajes nuestros" in twilio.messages[-1].body


# ---- what has no intent


def test_who_asks_for_a_person_is_answered_every_time_and_the_front_desk_is_told(
    service: Service, twilio: TwilioStandIn
) -> None:
    for _ in range(2):
        receive(service, PERSON)

    assert [message.body.count("A person will answer you") for message in twilio.messages] == [1, 1]
    assert told_to(service) == [("person", "front_desk", "normal")] * 2
    assert service.rows(Conversation)[0].intent == "person"


def test_praise_is_thanked_for_and_counted_in_the_digest(service: Service, twilio: TwilioStandIn) -> None:
    receive(service, PRAISE)

    [reply] = twilio.messages
    assert "Thank you so much for your kind words!" in reply.body
    assert told_to(service) == [("praise", "digest", "low")]
    assert service.rows(Review) == []


def test_praise_with_a_picture_is_looked_at_by_a_person(service: Service) -> None:
    receive(service, PRAISE, media=[("https://api.twilio.com/picture", "image/jpeg")])

    assert [decision.route for decision in service.rows(Decision)] == ["review"]
    assert [review.reason for review in service.rows(Review)] == ["out_of_scope"]


def test_a_practice_turns_the_thank_you_off(start_service: StartService, twilio: TwilioStandIn) -> None:
    service = start_service("routes = { praise = { auto_reply = false } }")
    receive(service, PRAISE)

    assert twilio.messages == []
    assert told_to(service) == [("praise", "digest", "low")]


# ---- two things said at once


def test_the_team_of_the_second_intent_gets_a_notice_of_its_own_and_the_patient_one_reply(
    service: Service, twilio: TwilioStandIn
) -> None:
    receive(service, sure_of("appointment_request", also=ALSO_BILLING))

    assert [message.body.count("scheduling request") for message in twilio.messages] == [1]
    assert told_to(service) == [
        ("appointment_request", "scheduling", "normal"),
        ("billing_inquiry", "billing", "normal"),
    ]
    assert [row.state for row in service.rows(Notification)] == ["sent", "sent"]


# ---- automatic replies off


def test_with_automatic_replies_off_staff_are_told_and_only_emergencies_and_keywords_are_answered(
    start_service: StartService, twilio: TwilioStandIn
) -> None:
    service = start_service('auto_reply = "off"\nreview_sample = 1')
    receive(service, sure_of("complaint"))
    assert twilio.messages == []
    assert told_to(service) == [("complaint", "manager", "high")]
    assert len(service.rows(Review)) == 1
    assert service.rows(Decision)[0].why == "confidence 1.00; no reply: automatic replies are off"

    receive(service, SELF_HARM, OTHER_TEXT)
    service.text("STOP")
    service.work()

    assert [delivery.reply for delivery in service.rows(Delivery)] == ["urgent_self_harm", "opt_out"]


# ---- a visit that is soon


@pytest.mark.parametrize(
    ("text", "language", "said"),
    [
        ("running 20 min late for my 4:30", "en", "please also call (202) 555-0100"),
        ("voy a llegar 15 minutos tarde", "es", "llame también al (202) 555-0100"),
    ],
)
def test_while_closed_who_is_late_is_told_to_call_and_not_to_wait_for_the_doors_to_open(
    start_service: StartService, twilio: TwilioStandIn, text: str, language: str, said: str
) -> None:
    today = datetime.now(ZoneInfo("America/New_York")).date()
    closed = ", ".join((today + timedelta(days=days)).isoformat() for days in (-1, 0, 1))
    service = start_service(f"closed_on = [{closed}]")

    receive(service, sure_of("appointment_request") | {"language": language}, text)

    [reply] = twilio.messages
    assert said in reply.body
    assert "after we open" not in reply.body
    assert "cuando abramos" not in reply.body
    assert told_to(service) == [("appointment_request", "scheduling", "high")]
