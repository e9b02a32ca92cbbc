"""Who can't be called is told to text 911, and staff read that calls reach nobody, also in another conversation."""

from __future__ import annotations

import pytest
import requests

from inbox.models import Conversation, Delivery
from tasks.routing.way_to_patient import AddressSource, KnownWays, way_to
from tests.service import Service
from tests.told_classifier import EMERGENCY, tell
from tests.world import PATIENT, SITE

DEAF, SORDA = "I am deaf. Text only please. Is there an interpreter?", "Soy sorda, solo por texto. ¿Hay intérprete?"
CHEST, PECHO = "I have chest pain and can't breathe", "me duele mucho el pecho y no puedo respirar"


@pytest.fixture
def told(service: Service) -> Service:
    """A service that surely takes these for emergencies."""
    tell(service, {CHEST: EMERGENCY, PECHO: EMERGENCY | {"language": "es"}})
    return service


def send(service: Service, *texts: str) -> str:
    for text in texts:
        service.text(text)
        service.work()
    return service.rows(Delivery)[-1].body


def test_an_emergency_of_who_cannot_call_is_told_to_text(told: Service) -> None:
    reply = send(told, DEAF, CHEST)

    assert "text 911" in reply
    assert "text 988" in reply
    assert "ask someone near you to call" in reply
    assert "call 911" not in reply


def test_in_spanish_too(told: Service) -> None:
    reply = send(told, SORDA, PECHO)

    assert "mande un texto al 911" in reply
    assert "mande AYUDA por texto al 988" in reply
    assert "pida a alguien cerca que llame" in reply
    assert "llame al" not in reply.replace("puede llamarnos al", "").replace(
        "Para hablar con la persona de guardia, llame al", ""
    )


def test_others_are_told_to_call(told: Service) -> None:
    assert "call 911" in send(told, CHEST)


def test_it_is_kept_for_the_number_on_every_channel(told: Service) -> None:
    send(told, DEAF)
    sent = {"message": "Do you have flu shots?", "phone": PATIENT}
    requests.post(f"{told.url}/forms/demo", json=sent, headers={"Origin": SITE}, timeout=30)
    told.work()

    assert [row.text_only_since is not None for row in told.rows(Conversation)] == [True, True]


def test_what_a_form_says_marks_no_number(told: Service) -> None:
    sent = {"message": DEAF, "phone": PATIENT}
    requests.post(f"{told.url}/forms/demo", json=sent, headers={"Origin": SITE}, timeout=30)
    told.work()
    reply = send(told, CHEST)

    assert "call 911" in reply


def test_whoever_is_on_call_reads_to_text(told: Service) -> None:
    way = way_to(KnownWays(phone=PATIENT, phone_from=AddressSource.OWN, is_text_only=True))

    assert way.in_notices == "They can't be called: text only. Text them now."
