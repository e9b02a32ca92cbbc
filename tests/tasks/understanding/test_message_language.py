"""A name or a number alone is in no language: it changes neither that of the conversation nor that of its replies."""

from __future__ import annotations

import pytest

from inbox.models import Classification
from intake.vocabulary import Language
from tasks.understanding.message_language import decide_language, written_language
from tests.service import Service
from tests.standins.twilio import TwilioStandIn
from tests.told_classifier import SELF_HARM, sure_of, tell

NAME = "Lupe Ortiz"
WISH = "Some words whose meaning the test says"


@pytest.mark.parametrize(
    "text",
    [NAME, "lupe ortiz", "María de la Peña", "Nguyen Thi Lan", "Lupe Ortiz, 4/5/1990", "202-555-0134", "ok", "👍"],
)
def test_what_has_no_word_of_a_language_keeps_that_of_the_conversation(text: str) -> None:
    assert decide_language(text, "es", "en") == "en"
    assert decide_language(text, "en", "es") == "es"
    assert decide_language(text, "es", None) == "en"


@pytest.mark.parametrize(
    "text", ["gracias", "Sí", "thank you", "¿Rivera?", "necesito una cita", "Lupe Ortiz, necesito una cita"]
)
def test_a_word_of_a_language_is_enough_for_the_model_to_decide(text: str) -> None:
    assert decide_language(text, "es", "en") == "es"
    assert decide_language(text, "en", "es") == "en"


def test_unknown_words_that_begin_a_conversation_or_are_many_may_be_another_language() -> None:
    many = "Selam nasilsiniz efendim bugun doktoru gormem gerekiyor"

    assert decide_language("Merhaba efendim", "other", None) == "other"
    assert decide_language(many, "other", "en") == "other"
    assert decide_language(NAME, "other", "en") == "en"


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Su cita es mañana a las 9:00 AM.", Language.ES),
        ("Maria Lopez, ¿9:00?", Language.ES),
        ("Gracias, Dr. Young", Language.ES),
        ("Your visit with Dr. De la Cruz is on Monday.", Language.EN),
        ("Please call us.", Language.EN),
        ("Maria Lopez, 9:00", None),
        ("", None),
    ],
)
def test_the_small_words_of_a_staff_text_tell_its_language(text: str, language: Language | None) -> None:
    assert written_language(text) is language


def test_a_name_after_an_english_message_is_answered_in_english_and_not_marked_spanish(
    service: Service, twilio: TwilioStandIn
) -> None:
    tell(service, {WISH: sure_of("appointment_request"), NAME: sure_of("billing_inquiry", language="es")})
    for text in (WISH, NAME):
        service.text(text)
        service.work()

    assert [row.language for row in service.rows(Classification)] == ["en", "en"]
    assert "Responda STOP" not in twilio.messages[-1].body
    assert len(twilio.messages) == 2


def test_a_name_in_a_spanish_conversation_is_answered_in_spanish(service: Service, twilio: TwilioStandIn) -> None:
    told = {WISH: sure_of("appointment_request", language="es"), NAME: sure_of("billing_inquiry", language="en")}
    tell(service, told)
    for text in (WISH, NAME):
        service.text(text)
        service.work()

    assert [row.language for row in service.rows(Classification)] == ["es", "es"]
    assert "factura" in twilio.messages[-1].body


def test_an_emergency_is_answered_in_the_language_that_the_model_reads(service: Service, twilio: TwilioStandIn) -> None:
    tell(service, {NAME: SELF_HARM | {"language": "es"}})
    service.text(NAME)
    service.work()

    assert "llame al 911 ahora mismo" in twilio.messages[-1].body
