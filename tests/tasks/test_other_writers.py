"""What goes to a phone that somebody else reads or writes from, and what staff hear of it: nothing, and all."""

from __future__ import annotations

import pytest

from inbox.models import Conversation, Decision, Delivery, Notification
from tests.service import Service
from tests.told_classifier import EMERGENCY, sure_of, tell
from tests.world import DEMO_NUMBER

BORROWED = "this is my boss's phone, im only asking what time u close"
WATCHED = (
    "no me vayan a contestar a este numero, es de mi pareja y lo revisa. soy Dulce. necesito cambiar mi cita del lunes"
)
VISIT = "Can I move my visit to Tuesday?"
CHEST = "I have chest pain and can't breathe"


@pytest.fixture
def told(service: Service) -> Service:
    """A service that is sure of these."""
    tell(
        service,
        {VISIT: sure_of("appointment_request"), WATCHED: sure_of("appointment_request"), CHEST: EMERGENCY}
        | {BORROWED: sure_of("existing_patient_question"), f"{BORROWED}. {CHEST}": EMERGENCY},
    )
    return service


def send(service: Service, *texts: str) -> int:
    """Texts come in; returns how many went out in answer to the last."""
    for text in texts:
        sent = len(service.twilio.messages)
        service.text(text)
        service.work()
    return len(service.twilio.messages) - sent


def told_of(service: Service) -> list[tuple[str, str, str]]:
    """What staff were told of the last message."""
    rows = service.rows(Notification)
    return [(row.team or "", row.priority, row.reason) for row in rows if row.message_id == rows[-1].message_id]


def test_a_watched_phone_gets_nothing_and_staff_are_told_at_once(told: Service) -> None:
    assert send(told, WATCHED) == 0
    assert told_of(told) == [("scheduling", "high", "silent_for_safety")]


def test_nothing_goes_to_it_until_it_is_said_to_be_safe(told: Service) -> None:
    assert send(told, WATCHED, "me tiene encerrada y no me deja salir con la niña. no contesten") == 0
    assert send(told, "que querias Dulce? soy Beto") == 0
    assert ("front_desk", "high", "other_writer") in told_of(told)


@pytest.mark.parametrize("text", ["habla la suegra, que resultado?", "hey who is this, why are you texting my wife"])
def test_whoever_asks_what_the_patient_wrote_is_told_nothing(told: Service, text: str) -> None:
    assert send(told, VISIT) == 1
    assert send(told, text) == 0
    assert ("front_desk", "high", "other_writer") in told_of(told)
    assert told.rows(Decision)[-1].silence == "other_writer" or told.rows(Conversation)[-1].unsafe_since is not None


def test_from_then_on_the_phone_stays_silent(told: Service) -> None:
    assert send(told, VISIT, "this is her husband, what did she want?") == 0
    assert send(told, VISIT) == 0


def test_a_borrowed_phone_gets_no_answer_but_the_words_for_an_emergency(told: Service) -> None:
    assert send(told, BORROWED) == 0
    assert told_of(told) == [("front_desk", "high", "silent_for_safety")]
    assert send(told, f"{BORROWED}. {CHEST}") == 1


def test_it_is_no_mark_on_whose_phone_it_is_once_staff_have_answered(told: Service) -> None:
    assert [send(told, text) for text in (BORROWED, VISIT)] == [0, 0]
    with told.edit() as session:
        [conversation] = session.query(Conversation)
        assert conversation.unsafe_since is None
        session.add(Delivery(conversation=conversation, reply="staff", sender=DEMO_NUMBER, body="We will.", staff_id=1))

    assert send(told, VISIT) == 1
