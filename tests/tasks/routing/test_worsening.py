"""From stored messages to alarms: what a message means after those before it in its conversation."""

from __future__ import annotations

from datetime import timedelta

import pytest

from inbox.models import Classification, Conversation, Decision, Message
from tests.service import Service
from tests.told_classifier import EMERGENCY, INGESTION, SELF_HARM, sure_of, tell

STENT = "I was discharged from St Marys yesterday after my heart stent, they said schedule a follow up within 7 days"
PRESSURE = "a little of the same pressure again but not as bad as before, so no rush"
SWEATY = "kind of sweaty too but the heats on"
BLEEDING = "bleeding a lot still"
VISIT, SYMPTOM = sure_of("appointment_request"), sure_of("clinical_concern")


def receive(service: Service, *texts: str) -> None:
    for text in texts:
        service.text(text)
        service.work()


def routes(service: Service) -> list[str]:
    return [row.route for row in service.rows(Decision)]


def told(service: Service) -> None:
    tell(service, {STENT: VISIT, PRESSURE: SYMPTOM, SWEATY: SYMPTOM, BLEEDING: SYMPTOM})


@pytest.mark.parametrize("symptom", [PRESSURE, SWEATY])
def test_a_mild_symptom_soon_after_a_heart_stent_is_an_emergency(service: Service, symptom: str) -> None:
    told(service)

    receive(service, STENT, "is thursday ok", symptom)

    assert (routes(service)[0], routes(service)[-1]) == ("appointment_request", "urgent")
    [conversation] = service.rows(Conversation)
    assert (conversation.triage, conversation.danger) == ("emergency", "other")


@pytest.mark.parametrize("symptom", [PRESSURE, SWEATY])
def test_the_same_symptom_by_itself_goes_to_the_nurses(service: Service, symptom: str) -> None:
    told(service)

    receive(service, symptom)

    assert routes(service) == ["clinical_concern"]


def test_a_stent_of_another_patient_or_of_long_ago_raises_nothing(service: Service) -> None:
    told(service)
    service.text(STENT, from_="+12025550155")
    receive(service, STENT)
    with service.edit() as session:
        for message in session.query(Message):
            message.received_at -= timedelta(days=8)

    receive(service, PRESSURE)

    assert routes(service)[-1] == "clinical_concern"


def test_what_is_an_emergency_by_itself_keeps_its_kind(service: Service) -> None:
    tell(service, {STENT: VISIT, SWEATY: SELF_HARM, PRESSURE: EMERGENCY})

    receive(service, STENT, SWEATY)

    [conversation] = service.rows(Conversation)
    assert (conversation.triage, conversation.danger) == ("emergency", "self_harm")


POISONED = "olivia ate a handful of grandma's heart pills an hour ago"
GREY = "ok she's kinda grey and sleepy but its nap time. do u have any 4pm slots"
HIT = "her dad hit me and took my keys"


@pytest.mark.parametrize(("later", "danger"), [(GREY, "ingestion"), (HIT, "other")])
def test_what_befalls_whoever_swallowed_something_is_about_that(service: Service, later: str, danger: str) -> None:
    tell(service, {POISONED: INGESTION, GREY: EMERGENCY, HIT: EMERGENCY})

    receive(service, POISONED, later)

    assert service.rows(Classification)[-1].danger == danger


def test_days_after_something_was_swallowed_another_emergency_is_another(service: Service) -> None:
    tell(service, {POISONED: INGESTION, GREY: EMERGENCY})
    receive(service, POISONED)
    with service.edit() as session:
        for message in session.query(Message):
            message.received_at -= timedelta(days=2)

    receive(service, GREY)

    assert service.rows(Classification)[-1].danger == "other"


def test_bleeding_that_goes_on_soon_after_a_symptom_is_seen_the_same_day(service: Service) -> None:
    tell(service, {"my tooth was pulled and it bleeds": SYMPTOM, BLEEDING: SYMPTOM})

    receive(service, "my tooth was pulled and it bleeds", BLEEDING)

    assert routes(service) == ["clinical_concern", "same_day"]
