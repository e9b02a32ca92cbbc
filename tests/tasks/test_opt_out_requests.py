"""A patient who asks for no more texts, by whatever means, gets none; staff and the patient are told."""

from __future__ import annotations

import pytest
import requests

from inbox.models import Decision, Delivery, Notification, OptOut
from tests.chat_client import ChatClient
from tests.service import Service
from tests.told_classifier import EMERGENCY, tell
from tests.world import PATIENT, SITE

STOP = "Please stop texting me"
PRICES = "How much is a first visit without insurance?"


def post(service: Service, message: str, **contact: str) -> None:
    answer = requests.post(
        f"{service.url}/forms/demo", json={"message": message, **contact}, headers={"Origin": SITE}, timeout=30
    )
    assert answer.status_code == 202
    service.work()


def told(service: Service) -> list[tuple[str, str]]:
    return [(row.team, row.reason) for row in service.rows(Notification)]


def is_silent_to(service: Service, number: str = PATIENT) -> bool:
    """Whether the service answers no text from this number any more."""
    before = len(service.twilio.messages)
    service.text(PRICES, from_=number)
    service.work()
    return len(service.twilio.messages) == before


@pytest.mark.parametrize(
    ("wish", "confirmation"),
    [
        (
            "quit messaging this number",
            "You will get no more texts from us, not even about an emergency",
        ),
        (
            "No me manden más mensajes",
            "Ya no va a recibir mensajes nuestros, ni siquiera en una emergencia",
        ),
    ],
)
def test_a_text_in_free_words_opts_out_at_once_and_is_confirmed(service: Service, wish: str, confirmation: str) -> None:
    service.text(wish)
    service.work()

    [text] = service.twilio.messages
    assert confirmation in text.body
    assert told(service) == [("front_desk", "opted_out")]
    assert is_silent_to(service)


def test_the_keyword_itself_is_told_to_nobody(service: Service) -> None:
    service.text("STOP")
    service.work()

    assert told(service) == []


@pytest.mark.parametrize(
    ("word", "confirmation"),
    [
        ("STOP STOP", "You will get no more texts from us"),
        ("Stop pls", "You will get no more texts from us"),
        ("STOP\n\nSent from my iPhone", "You will get no more texts from us"),
        ("NO MAS", "Ya no va a recibir mensajes nuestros"),
        ("alto por favor", "Ya no va a recibir mensajes nuestros"),
        ("BAJA", "Ya no va a recibir mensajes nuestros"),
    ],
    ids=["twice", "politely", "signed", "no mas", "alto", "baja"],
)
def test_a_bare_word_to_stop_counts_however_it_is_dressed_and_the_front_desk_is_told(
    service: Service, word: str, confirmation: str
) -> None:
    tell(service, {word: EMERGENCY})
    service.text(word)
    service.work()

    [text] = service.twilio.messages
    assert confirmation in text.body
    assert told(service) == [("front_desk", "opted_out")]
    assert is_silent_to(service)


def test_a_doubtful_word_gets_no_automatic_text_and_goes_to_the_front_desk(service: Service) -> None:
    service.text("yes stop")
    service.work()

    assert (service.rows(OptOut), service.twilio.messages) == ([], [])
    assert told(service) == [("front_desk", "possible_opt_out")]


def test_a_bare_word_after_an_emergency_may_be_a_cry_so_its_danger_is_looked_for(service: Service) -> None:
    tell(service, {"me quiero morir": EMERGENCY, "no mas": EMERGENCY})
    for words in ("me quiero morir", "no mas"):
        service.text(words)
        service.work()

    assert service.rows(OptOut) == []
    assert [row.route for row in service.rows(Decision)] == ["urgent", "urgent"]


def test_a_form_opts_out_the_number_in_it_and_the_number_is_told_once(service: Service) -> None:
    post(service, STOP, phone=PATIENT)
    post(service, "stop texting me please", phone=PATIENT)

    [text] = service.twilio.messages
    assert "Text START to get them again." in text.body
    assert told(service) == [("front_desk", "possible_opt_out")] * 2
    assert is_silent_to(service)


def test_whoever_was_opted_out_by_a_stranger_opts_in_again_with_one_text(service: Service) -> None:
    post(service, STOP, phone=PATIENT)
    service.text("START")
    service.work()

    assert not is_silent_to(service)


def test_the_confirmation_of_a_form_is_within_the_limits_of_other_texts(service: Service) -> None:
    post(service, STOP, phone="+18765550123")

    assert (service.twilio.messages, service.twilio.lookups) == ([], [])
    assert [row.active for row in service.rows(OptOut)] == [True]


def test_a_form_that_is_answered_by_email_opts_out_the_number_in_it(service: Service) -> None:
    post(service, STOP, phone=PATIENT, email="ana@patient.example")

    [reply] = service.rows(Delivery)
    assert (reply.medium, reply.reply) == ("email", "opt_out")
    assert is_silent_to(service)


def test_a_chat_opts_out_the_number_that_was_given_and_says_so(service: Service) -> None:
    chat = ChatClient(service.url, phone="(202) 555-0123")
    chat.send(STOP, "m1")
    service.work()

    assert service.rows(Delivery)[0].body.startswith("You will get no more texts from us, not even about an emergency")
    assert told(service) == [("front_desk", "possible_opt_out")]
    assert is_silent_to(service)


@pytest.mark.parametrize(
    ("wish", "reply", "how"),
    [
        (STOP, "person", "To get no more texts from us, reply STOP to one of them."),
        (
            "No me manden más mensajes",
            "person_es",
            "Para no recibir más mensajes nuestros, responda STOP a uno.",
        ),
    ],
)
def test_a_chat_without_a_number_goes_to_a_person_and_is_not_asked_for_one(
    service: Service, wish: str, reply: str, how: str
) -> None:
    ChatClient(service.url).send(wish, "m1")
    service.work()

    assert service.rows(OptOut) == []
    assert told(service) == [("front_desk", "possible_opt_out")]
    [row] = service.rows(Delivery)
    assert row.reply == reply
    assert row.body.endswith(how)


@pytest.mark.parametrize("word", ["stop", "cancel", "end"])
def test_a_single_word_in_a_chat_opts_nobody_out(service: Service, word: str) -> None:
    ChatClient(service.url, phone="(202) 555-0123").send(word, "m1")
    service.work()

    assert service.rows(OptOut) == []


def test_a_text_that_says_more_goes_to_a_person_and_is_not_answered_by_text(service: Service) -> None:
    service.text("stop texting me at work, call my cell")
    service.work()

    assert service.rows(OptOut) == []
    assert service.twilio.messages == []
    assert told(service) == [("front_desk", "possible_opt_out")]
    assert service.rows(Decision)[0].why == (
        "may want no more texts; no reply: it is not safe to contact the patient here"
    )


def test_a_question_about_medicine_is_an_ordinary_message(service: Service) -> None:
    service.text("Can I stop taking it?")
    service.work()

    assert service.rows(OptOut) == []
    assert "opt_out" not in str(told(service))


def test_an_emergency_is_answered_whatever_else_it_says(service: Service) -> None:
    words = "Stop texting me and send help, I have crushing chest pain"
    tell(service, {words: EMERGENCY})
    service.text(words)
    service.work()

    assert [row.reply for row in service.rows(Delivery)] == ["urgent"]
    assert told(service) == [("on_call", "urgent"), ("front_desk", "possible_opt_out")]
