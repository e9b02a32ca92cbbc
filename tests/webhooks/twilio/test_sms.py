"""A text comes in: verified, stored once, put on the queue, answered at once."""

from __future__ import annotations

import http.client
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

import pytest

from inbox.models import Conversation, Message, OptOut
from tests.service import Service
from tests.standins.twilio import Signature
from tests.world import DEMO_NUMBER, PATIENT, SERVICE_SID


def test_a_signed_text_is_stored_and_answered_with_empty_twiml(service: Service) -> None:
    answer = service.text("Do you have parking?")

    assert answer.status == 200
    assert answer.twiml is not None
    assert len(answer.twiml) == 0
    [message] = service.rows(Message)
    assert message.text == "Do you have parking?"
    assert message.handled_at is None
    [conversation] = service.rows(Conversation)
    assert (conversation.practice, conversation.channel, conversation.patient_address) == ("demo", "sms", PATIENT)


def test_a_text_waits_on_the_queue_as_a_row_id_and_nothing_else(service: Service) -> None:
    service.text("The password is swordfish")

    [key] = service.redis.keys("rq:job:*")
    stored = b"".join(service.redis.hgetall(key).values())
    assert service.redis.hget(key, "description") == b"handle_message 1"
    assert b"swordfish" not in stored
    assert PATIENT.encode() not in stored


def test_ten_concurrent_copies_are_stored_once_and_answered_the_same(service: Service) -> None:
    sid = "SM" + "1" * 32
    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda _: service.text("Only once please", message_sid=sid), range(10)))

    assert {(answer.status, answer.body) for answer in answers} == {(200, answers[0].body)}
    assert len(service.rows(Message)) == 1
    assert len(service.rows(Conversation)) == 1


def test_ten_first_texts_of_one_patient_at_once_make_one_conversation(service: Service) -> None:
    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda n: service.text(f"Message {n}"), range(10)))

    assert {answer.status for answer in answers} == {200}
    assert len(service.rows(Message)) == 10
    assert len(service.rows(Conversation)) == 1


@pytest.mark.parametrize("signature", [Signature.MISSING, "wrong", "A" * 28])
def test_a_missing_or_wrong_signature_is_refused_and_nothing_stored(
    service: Service, signature: Signature | str
) -> None:
    answer = service.text("Let me in", signature=signature)

    assert answer.status == 403
    assert b'"code":"invalid_signature"' in answer.body
    assert service.rows(Message) == []


def test_a_signature_for_another_address_is_refused(service: Service) -> None:
    answer = service.twilio.incoming_sms(
        f"{service.url}/twilio/sms", "https://evil.example/twilio/sms", PATIENT, DEMO_NUMBER, "Hi"
    )

    assert answer.status == 403
    assert service.rows(Message) == []


def test_a_body_over_the_limit_is_refused(service: Service) -> None:
    answer = service.text("x" * 70_000)

    assert answer.status == 413
    assert b'"error"' in answer.body
    assert service.rows(Message) == []


@pytest.mark.parametrize("missing", ["MessageSid", "From", "To"])
def test_a_text_without_a_needed_parameter_is_malformed(service: Service, missing: str) -> None:
    absent: dict[str, Any] = {missing: None}
    answer = service.text("Hi", **absent)

    assert answer.status == 400
    assert f"{missing} is missing".encode() in answer.body
    assert service.rows(Message) == []


def test_a_message_sid_that_is_none_is_malformed(service: Service) -> None:
    assert service.text("Hi", MessageSid="not an id").status == 400


def test_a_text_to_an_unknown_number_belongs_to_nobody(service: Service) -> None:
    answer = service.text("Hi", to="+12025550199")

    assert answer.status == 404
    assert b'"code":"unknown_number"' in answer.body
    assert service.rows(Message) == []


def test_a_messaging_service_decides_before_the_number(service: Service) -> None:
    service.text("Hi", to=DEMO_NUMBER, messaging_service_sid=SERVICE_SID)

    [conversation] = service.rows(Conversation)
    assert conversation.practice == "other"
    assert service.rows(Message)[0].received_on == SERVICE_SID


def test_an_unknown_messaging_service_falls_back_to_the_number(service: Service) -> None:
    service.text("Hi", to=DEMO_NUMBER, messaging_service_sid="MG" + "0" * 32)

    assert service.rows(Conversation)[0].practice == "demo"
    assert service.rows(Message)[0].received_on == DEMO_NUMBER


def test_parameters_that_nobody_announced_are_ignored(service: Service) -> None:
    assert service.text("Hi", BrandNewParameter="surprise", ChannelMetadata="{}").status == 200


def test_pictures_are_listed_and_not_fetched(service: Service) -> None:
    service.text("", media=[("https://api.twilio.com/picture", "image/jpeg")])

    [message] = service.rows(Message)
    assert message.media is not None
    assert "https://api.twilio.com/picture" in message.media
    assert message.text == ""


def test_a_short_code_is_stored_as_it_is(service: Service) -> None:
    service.text("Your code is 1234", from_="+12025550123", From="262966")

    assert service.rows(Conversation)[0].patient_address == "262966"


@pytest.mark.parametrize(
    "word", ["STOP", "stop", " Stop. ", "UNSUBSCRIBE", "Cancel", "END", "quit", "stopall", "OPTOUT"]
)
def test_a_stop_word_opts_out_as_it_is_stored(service: Service, word: str) -> None:
    service.text(word)

    [opt_out] = service.rows(OptOut)
    assert opt_out.active
    assert opt_out.practice == "demo"


def test_start_opts_in_again(service: Service) -> None:
    service.text("STOP")
    service.text("START")

    assert [row.active for row in service.rows(OptOut)] == [False]


def test_yes_opts_in_only_after_an_opt_out(service: Service) -> None:
    service.text("YES")
    assert service.rows(Message)[0].keyword is None

    service.text("STOP")
    service.text("YES")
    assert [row.active for row in service.rows(OptOut)] == [False]


def test_an_opt_out_holds_for_one_practice(service: Service) -> None:
    service.text("STOP")
    service.text("STOP", to="+12025550180")
    service.text("START", to="+12025550180")

    assert [(row.practice, row.active) for row in service.rows(OptOut)] == [("demo", True), ("other", False)]


def test_a_keyword_of_advanced_opt_out_is_taken_from_twilio(service: Service) -> None:
    service.text("ADIOS", OptOutType="STOP")

    assert [row.active for row in service.rows(OptOut)] == [True]
    assert service.rows(Message)[0].keyword_answered


def test_a_sentence_with_stop_in_it_is_a_message(service: Service) -> None:
    service.text("I can't stop coughing")

    assert service.rows(OptOut) == []


def test_the_wrong_method_gets_an_error_in_json(service: Service) -> None:
    parts = urlsplit(service.url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port)
    connection.request("GET", "/twilio/sms")
    response = connection.getresponse()
    body = response.read()
    connection.close()

    assert response.status == 405
    assert response.headers["Allow"] == "OPTIONS, POST"
    assert body.startswith(b'{"error":')


@pytest.mark.parametrize("count", ["9" * 5000, "11", "²", "-1", "many"])
def test_a_count_of_pictures_that_nobody_sends_loses_no_text(service: Service, count: str) -> None:
    assert service.text("Here is my card", NumMedia=count).status == 200

    [message] = service.rows(Message)
    assert (message.text, message.media) == ("Here is my card", None)


def test_a_text_with_the_id_of_a_text_to_another_practice_is_refused_rather_than_lost(service: Service) -> None:
    sid = "SM" + "5" * 32
    assert service.text("Where can I park?", message_sid=sid).status == 200

    answer = service.text("My tooth hurts", to="+12025550180", message_sid=sid)

    assert (answer.status, b'"code":"other_message"' in answer.body) == (409, True)
    assert [row.text for row in service.rows(Message)] == ["Where can I park?"]


@pytest.mark.parametrize("kind", ["CA", "RE"])
def test_a_text_cannot_take_the_id_of_a_call_or_a_recording(service: Service, kind: str) -> None:
    assert service.text("Hello", message_sid=kind + "5" * 32).status == 400


def test_who_writes_by_whatsapp_is_heard_and_the_operator_reads_that_a_text_answers(
    service: Service, capfd: pytest.CaptureFixture[str]
) -> None:
    service.text("I have chest pain", from_=f"whatsapp:{PATIENT}", To=f"whatsapp:{DEMO_NUMBER}")

    assert [row.patient_address for row in service.rows(Conversation)] == [PATIENT]
    assert "written_in_another_app" in "".join(capfd.readouterr())
