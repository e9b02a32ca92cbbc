"""Who is hunted or abused: the words of the reply, and whom of the staff it concerns."""

from __future__ import annotations

from typing import Any

import pytest

from inbox.models import Conversation, Notification
from intake.vocabulary import DangerKind, Priority, Team
from tasks.routing.decide import decide
from tests.service import Service
from tests.tasks.routing.test_decide import EMERGENCY, PRACTICE, facts
from tests.told_classifier import EMERGENCY as TOLD_EMERGENCY
from tests.told_classifier import OUT_OF_SCOPE, tell

IN_THE_LOT = "he's in your parking lot right now, silver truck. I'm in the waiting room bathroom. is there a back door"
LINES = {
    "1-800-799-7233": [IN_THE_LOT, "he found my car", "my husband hits me"],
    "1-800-422-4453": ["my stepdad comes in my room at night idk if u have to tell someone", "my uncle touches me"],
}


def receive(service: Service, text: str, **values: Any) -> str:
    tell(service, {text: TOLD_EMERGENCY | values})
    service.text(text)
    service.work()
    [reply] = service.twilio.messages
    return reply.body


@pytest.mark.parametrize(("number", "text"), [(number, text) for number, texts in LINES.items() for text in texts])
def test_who_is_hurt_or_hunted_reads_of_a_private_line_and_not_of_suicide(
    service: Service, number: str, text: str
) -> None:
    reply = receive(service, text)

    assert "call 911" in reply
    assert f"To talk to someone in private, day or night: {number}." in reply
    assert "suicide" not in reply
    assert "988" not in reply
    assert not {"violence", "abuse", "hotline"} & set(reply.lower().split())


def test_in_spanish_too(service: Service) -> None:
    reply = receive(service, "mi marido me pega", language="es")

    assert "Para hablar con alguien en privado, a cualquier hora: 1-800-799-7233." in reply
    assert "quitarse la vida" not in reply


@pytest.mark.parametrize("text", ["my chest hurts", "I can't breathe"])
def test_any_other_emergency_names_988_as_ever(service: Service, text: str) -> None:
    reply = receive(service, text)

    assert "For thoughts of suicide, call or text 988." in reply
    assert "private" not in reply


def test_what_follows_it_names_the_same_line(service: Service) -> None:
    tell(service, {IN_THE_LOT: TOLD_EMERGENCY, "is anyone coming": OUT_OF_SCOPE})
    for text in (IN_THE_LOT, "is anyone coming"):
        service.text(text)
        service.work()

    reply = service.twilio.messages[-1].body
    assert "Please don't wait for us." in reply
    assert "To talk to someone in private, day or night: 1-800-799-7233." in reply
    assert "suicide" not in reply


def test_who_may_want_to_die_reads_of_988_whatever_else_happens(service: Service) -> None:
    reply = receive(service, "my husband hits me", danger=DangerKind.SELF_HARM)

    assert "988" in reply


@pytest.mark.parametrize(("language", "text"), [("en", IN_THE_LOT), ("es", "mi marido me pega")])
def test_the_longest_reply_with_a_private_line_fits_three_segments(service: Service, language: str, text: str) -> None:
    reply = receive(service, text, language=language)

    assert "STOP" in reply or "ALTO" in reply  # the first text, which also says how to opt out
    assert len(reply) <= 459


def test_the_front_desk_hears_of_an_emergency_in_the_building_beside_on_call(service: Service) -> None:
    receive(service, IN_THE_LOT)

    assert {(row.team, row.priority, row.reason) for row in service.rows(Notification)} == {
        ("on_call", "urgent", "urgent"),
        ("front_desk", "high", "at_practice"),
    }
    [conversation] = service.rows(Conversation)
    assert (conversation.team, conversation.danger) == ("on_call", "other")


def test_nobody_else_hears_of_an_emergency_elsewhere() -> None:
    told = decide(facts("clinical_concern", **EMERGENCY), PRACTICE)
    here = decide(facts("clinical_concern", at_practice=True, **EMERGENCY), PRACTICE)

    assert told.also == ()
    assert [(also.team, also.priority) for also in here.also] == [(Team.FRONT_DESK, Priority.HIGH)]


def test_a_routine_message_from_the_building_is_no_news() -> None:
    assert decide(facts("appointment_request", at_practice=True), PRACTICE).also == ()
