"""A call comes in: greeted, recorded, and stored whole from callbacks in any order."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from copy import copy
from datetime import datetime, timedelta
from itertools import product
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sqlalchemy import select

from classifier import Classifier
from inbox.incoming.voicemail import forget_recording
from inbox.models import Conversation, Message, Voicemail
from intake.settings import Settings
from tests.service import Service
from tests.standins.twilio import IncomingCall, Signature, TwilioStandIn, WebhookAnswer
from tests.world import DEMO_NUMBER, PATIENT, PRACTICES_TOML

OTHER_NUMBER = "+12025550180"
TEXT = "Hi this is Ana, do you have parking?"
Callback = Callable[[IncomingCall], WebhookAnswer]

CALLBACKS: dict[str, Callback] = {
    "action": lambda call: call.finish(),
    "recording": lambda call: call.report_recording(),
    "recording in progress": lambda call: call.report_recording("in-progress", RecordingDuration="-1"),
    "transcription": lambda call: call.report_transcription(TEXT),
}


# ---- the call


def test_the_emergency_wording_comes_first_then_the_practices_name_each_in_both_languages(service: Service) -> None:
    call = service.call()
    emergency, emergency_es, greeting, greeting_es = call.heard

    assert "call 911" in emergency
    assert emergency_es == "Si es una emergencia, cuelgue y llame al 911."
    assert greeting.startswith("You have reached Maple Street.")
    assert "dejar su mensaje en español" in greeting_es
    assert call.languages == ["en-US", "es-US", "en-US", "es-US"]


def test_a_closed_practice_says_so_and_whom_to_call_in_both_languages(
    settings: Settings, classifier: Classifier, twilio: TwilioStandIn
) -> None:
    today = datetime.now(ZoneInfo("America/New_York")).date()
    days = ", ".join((today + timedelta(days=days)).isoformat() for days in (-1, 0, 1))
    with_lines(settings, f"closed_on = [{days}]")

    with Service(settings, classifier, twilio) as service:
        *_, greeting, greeting_es = service.call().heard
    assert "You have reached Maple Street. We are closed and will reopen" in greeting
    assert "on-call line, (202) 555-0111" in greeting
    assert greeting_es.startswith("Ahora estamos cerrados y abrimos ")
    assert "guardia al (202) 555-0111" in greeting_es


def test_a_practice_whose_hours_are_not_known_does_not_say_that_it_is_closed(service: Service) -> None:
    assert "You have reached Harbor Dental. We cannot come to the phone" in service.call(to=OTHER_NUMBER).heard[2]


def test_the_recording_is_bounded_transcribed_and_reported_to_signed_addresses(service: Service) -> None:
    record = service.call().record

    base = f"{service.settings.public_url}/twilio/voice"
    assert record["action"] == f"{base}/recorded"
    assert record["recordingStatusCallback"] == f"{base}/recording"
    assert record["recordingStatusCallbackEvent"] == "completed absent"
    assert record["transcribeCallback"] == f"{base}/transcription"
    assert (record["maxLength"], record["transcribe"], record["playBeep"]) == ("119", "true", "true")


def test_a_caller_who_says_nothing_is_told_so_and_the_call_ends(service: Service) -> None:
    twiml = service.call().answer.twiml
    assert twiml is not None
    assert [verb.tag for verb in twiml] == ["Say", "Say", "Say", "Say", "Record", "Say", "Say", "Hangup"]


def test_a_caller_who_is_done_hears_goodbye_and_the_call_ends(service: Service) -> None:
    twiml = service.call().finish().twiml

    assert twiml is not None
    assert [verb.tag for verb in twiml] == ["Say", "Say", "Hangup"]
    assert "Maple Street received your message" in (twiml[0].text or "")
    assert "Recibimos su mensaje" in (twiml[1].text or "")


def with_lines(settings: Settings, lines: str) -> None:
    settings.practices_file.write_text(PRACTICES_TOML.replace("[practice.hours]", f"{lines}\n\n[practice.hours]", 1))


def test_a_practice_greets_in_its_own_words(settings: Settings, classifier: Classifier, twilio: TwilioStandIn) -> None:
    with_lines(settings, '[practice.voice]\ngreeting_open = "Howdy, <this> is {{ practice.name }} & friends."')

    with Service(settings, classifier, twilio) as service:
        assert service.call().heard[2] == "Howdy, <this> is Maple Street & friends."


def test_a_greeting_that_cannot_be_rendered_gives_way_to_the_default(
    settings: Settings, classifier: Classifier, twilio: TwilioStandIn
) -> None:
    with_lines(settings, '[practice.voice]\ngreeting_open = "{{ nobody.knows }}"')

    with Service(settings, classifier, twilio) as service:
        assert service.call().heard[2].startswith("You have reached Maple Street.")


def test_a_call_alone_is_no_message(service: Service) -> None:
    service.call()

    assert service.rows(Message) == []
    [voicemail] = service.rows(Voicemail)
    assert (voicemail.practice, voicemail.caller, voicemail.received_on) == ("demo", PATIENT, DEMO_NUMBER)


# ---- what is refused


@pytest.mark.parametrize("signature", [Signature.MISSING, "wrong"])
def test_a_missing_or_wrong_signature_is_refused_and_nothing_stored(
    service: Service, signature: Signature | str
) -> None:
    assert service.call(signature=signature).answer.status == 403
    assert service.rows(Voicemail) == []


def test_a_forged_transcription_is_refused(service: Service) -> None:
    call = service.call()

    assert call.report_transcription(TEXT, signature="wrong").status == 403
    assert service.rows(Message) == []


@pytest.mark.parametrize("parameters", [{"CallSid": None}, {"To": None}, {"CallSid": "CA123"}, {"CallSid": "x" * 500}])
def test_a_call_without_a_needed_parameter_is_malformed(service: Service, parameters: dict[str, Any]) -> None:
    assert service.call(**parameters).answer.status == 400
    assert service.rows(Voicemail) == []


@pytest.mark.parametrize(
    "parameters",
    [
        {"CallSid": None},
        {"RecordingSid": None},
        {"RecordingSid": "RE1"},
        {"RecordingStatus": None},
        {"RecordingDuration": "soon"},
    ],
)
def test_a_malformed_recording_callback_changes_nothing(service: Service, parameters: dict[str, Any]) -> None:
    call = service.call()

    assert call.report_recording(**parameters).status == 400
    assert service.rows(Voicemail)[0].recording == "unknown"


@pytest.mark.parametrize("missing", ["CallSid", "To", "RecordingSid", "TranscriptionStatus"])
def test_a_malformed_transcription_changes_nothing(service: Service, missing: str) -> None:
    call = service.call()

    absent: dict[str, Any] = {missing: None}
    assert call.report_transcription(TEXT, **absent).status == 400
    assert service.rows(Message) == []


def test_a_call_to_an_unknown_number_belongs_to_nobody(service: Service) -> None:
    answer = service.call(to="+12025550199").answer

    assert answer.status == 404
    assert b'"code":"unknown_number"' in answer.body


def test_a_recording_of_an_unknown_call_belongs_to_nobody(service: Service) -> None:
    call = service.call()

    answer = call.report_recording(CallSid="CA" + "0" * 32)

    assert answer.status == 404
    assert b'"code":"unknown_call"' in answer.body


# ---- what is stored


def test_a_transcription_becomes_a_message_on_the_voicemail_channel(service: Service) -> None:
    call = service.call()
    call.finish()
    call.report_recording(seconds=9)
    assert service.rows(Message) == []

    assert call.report_transcription(TEXT).status == 204

    [message] = service.rows(Message)
    assert (message.provider, message.provider_id) == ("twilio", call.recording_sid)
    assert (message.text, message.received_on) == (TEXT, DEMO_NUMBER)
    [conversation] = service.rows(Conversation)
    assert (conversation.practice, conversation.channel) == ("demo", "voicemail")
    assert (conversation.patient_address, conversation.line_type) == (PATIENT, "unknown")
    [voicemail] = service.rows(Voicemail)
    assert voicemail.message_id == message.id
    assert message.received_at == voicemail.created_at
    assert voicemail.recording_url is not None
    assert voicemail.recording_url.endswith(call.recording_sid)


def test_a_message_waits_on_the_queue_as_a_row_id_and_nothing_else(service: Service) -> None:
    service.call().report_transcription("The password is swordfish")

    [key] = service.redis.keys("rq:job:*")
    stored = b"".join(service.redis.hgetall(key).values())
    assert service.redis.hget(key, "description") == b"handle_message 1"
    assert b"swordfish" not in stored


@pytest.mark.parametrize(
    ("text", "status"), [("", "failed"), ("", "completed"), ("  ", "completed"), ("gibberish", "failed")]
)
def test_a_transcription_that_failed_or_is_empty_becomes_a_message_without_text(
    service: Service, text: str, status: str
) -> None:
    service.call().report_transcription(text, status)

    assert [message.text for message in service.rows(Message)] == [""]
    assert service.rows(Voicemail)[0].transcription == "unavailable"


def test_an_absent_recording_is_no_message(service: Service) -> None:
    call = service.call()

    assert call.report_recording("absent", seconds=0, RecordingSid=None, RecordingUrl=None).status == 204

    service.reconcile()
    assert service.rows(Message) == []


def test_a_recording_that_failed_becomes_a_message_at_once(service: Service) -> None:
    service.call().report_recording("failed")

    assert [message.text for message in service.rows(Message)] == [""]


@pytest.mark.parametrize(
    "address",
    [
        "https://evil.example/RE1",
        "http://api.twilio.com/RE1",
        "https://api.twilio.com.evil.example/",
        "https://eviltwilio.com/RE1",
    ],
)
def test_a_recordings_address_outside_twilio_is_not_kept(service: Service, address: str) -> None:
    service.call().report_recording(RecordingUrl=address)

    [voicemail] = service.rows(Voicemail)
    assert (voicemail.recording, voicemail.recording_url) == ("completed", None)


@pytest.mark.parametrize("hidden", ["+266696687", "+7378742833", "anonymous", "Restricted", "", None])
def test_callers_who_hide_their_number_share_no_conversation(service: Service, hidden: str | None) -> None:
    for _ in range(2):
        service.call(From=hidden).report_transcription(TEXT, From=hidden)

    assert [row.patient_address for row in service.rows(Conversation)] == [None, None]
    assert len(service.rows(Message)) == 2


def test_two_voicemails_of_one_patient_are_one_conversation(service: Service) -> None:
    for _ in range(2):
        service.call().report_transcription(TEXT)

    assert len(service.rows(Message)) == 2
    assert len(service.rows(Conversation)) == 1


def test_a_keyword_that_is_spoken_is_a_message(service: Service) -> None:
    service.call().report_transcription("Stop.")

    assert service.rows(Message)[0].keyword is None


# ---- every order and repetition


def state(service: Service, call: IncomingCall) -> tuple[object, ...]:
    """All that is stored of a call with one recording, but for row ids and moments."""
    [voicemail] = [row for row in service.rows(Voicemail) if row.call_sid == call.sid]
    return state_of(service, call, voicemail)


def state_of(service: Service, call: IncomingCall, voicemail: Voicemail) -> tuple[object, ...]:
    messages = [row for row in service.rows(Message) if row.provider_id == call.recording_sid]
    return (
        voicemail.recording,
        voicemail.recording_sid == call.recording_sid,
        voicemail.recording_url is not None,
        voicemail.duration_seconds,
        voicemail.transcription,
        voicemail.text,
        voicemail.recorded_at is not None,
        [voicemail.message_id] == [message.id for message in messages]
        or (voicemail.message_id is None and not messages),
        [message.text for message in messages],
    )


@hypothesis_settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    names=st.lists(st.sampled_from(sorted(CALLBACKS)), max_size=8),
    transcription=st.sampled_from([(TEXT, "completed"), ("", "failed"), ("", "completed")]),
)
def test_every_order_and_repetition_ends_in_the_same_stored_state(
    service: Service, names: list[str], transcription: tuple[str, str]
) -> None:
    callbacks = CALLBACKS | {"transcription": lambda call: call.report_transcription(*transcription)}
    as_they_came, in_order = service.call(), service.call()

    assert {callbacks[name](as_they_came).status for name in names} <= {200, 204}
    for name in sorted(set(names)):
        callbacks[name](in_order)

    assert state(service, as_they_came) == state(service, in_order)


# ---- several recordings in one call


def record_again(call: IncomingCall) -> IncomingCall:
    """The same call, led back to the tone: another recording."""
    again = copy(call)
    again.recording_sid = "RE" + call.recording_sid[:1:-1]
    return again


def states(service: Service, *recordings: IncomingCall) -> list[tuple[object, ...]]:
    """All that is stored of each recording, and of what else there is of the call, but for row ids and moments."""
    rows = {row.recording_sid: row for row in service.rows(Voicemail) if row.call_sid == recordings[0].sid}
    assert len(rows) <= len(recordings)
    return [state_of(service, part, rows[part.recording_sid]) for part in recordings if part.recording_sid in rows]


REPORTED = st.lists(st.tuples(st.sampled_from(sorted(CALLBACKS)), st.booleans()), max_size=10)


@hypothesis_settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(reported=REPORTED)
def test_each_recording_of_a_call_is_stored_by_itself_in_every_order_and_repetition(
    service: Service, reported: list[tuple[str, bool]]
) -> None:
    mixed, in_order = service.call(), service.call()
    mixed_again, in_order_again = record_again(mixed), record_again(in_order)

    for name, is_again in reported:
        assert CALLBACKS[name](mixed_again if is_again else mixed).status in (200, 204)
    for name, is_again in sorted(set(reported), key=lambda report: (report[1], report[0])):
        CALLBACKS[name](in_order_again if is_again else in_order)

    assert states(service, mixed, mixed_again) == states(service, in_order, in_order_again)


def test_two_recordings_of_one_call_at_once_and_thrice_make_two_messages(service: Service) -> None:
    call = service.call()
    parts = [call, record_again(call)]
    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(lambda each: each[0](each[1]), [*product(CALLBACKS.values(), parts)] * 3))

    assert {answer.status for answer in answers} == {200, 204}
    assert {row.provider_id for row in service.rows(Message)} == {part.recording_sid for part in parts}
    assert len(service.rows(Message)) == len(service.rows(Voicemail)) == 2


@pytest.mark.parametrize("named", [True, False], ids=["sid", "no sid"])
def test_a_caller_who_says_nothing_the_second_time_leaves_one_message(service: Service, named: bool) -> None:
    call = service.call()
    call.report_transcription(TEXT)
    again = record_again(call)

    nameless: dict[str, str | None] = {} if named else {"RecordingSid": None, "RecordingUrl": None}
    assert again.report_recording("absent", seconds=0, **nameless).status == 204

    assert [message.text for message in service.rows(Message)] == [TEXT]


def test_a_caller_who_speaks_only_the_second_time_leaves_one_message(service: Service) -> None:
    call = service.call()
    call.report_recording("absent", seconds=0, RecordingSid=None, RecordingUrl=None)

    record_again(call).report_transcription(TEXT)

    assert [message.text for message in service.rows(Message)] == [TEXT]
    assert [row.recording for row in service.rows(Voicemail)] == ["completed"]


def test_all_callbacks_at_once_and_thrice_make_one_message(service: Service) -> None:
    call = service.call()
    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(lambda callback: callback(call), [*CALLBACKS.values()] * 3))

    assert {answer.status for answer in answers} == {200, 204}
    assert [message.text for message in service.rows(Message)] == [TEXT]


def test_a_call_that_is_asked_about_twice_is_stored_once(service: Service) -> None:
    first = service.call()

    assert service.call(call_sid=first.sid).answer.body == first.answer.body
    assert len(service.rows(Voicemail)) == 1


def test_a_transcription_stores_a_call_that_was_never_seen(service: Service) -> None:
    call = service.call()

    call.report_transcription(TEXT, CallSid="CA" + "1" * 32)

    assert [row.text for row in service.rows(Message)] == [TEXT]


@pytest.mark.parametrize("callback", CALLBACKS.values(), ids=CALLBACKS)
def test_a_recording_of_another_call_is_refused_by_that_name(service: Service, callback: Callback) -> None:
    first, second = service.call(), service.call()
    first.report_recording()
    second.recording_sid = first.recording_sid

    answer = callback(second)

    assert answer.status == 409
    assert b'"code":"other_recording"' in answer.body
    assert [row.recording_sid for row in service.rows(Voicemail)] == [first.recording_sid, None]


def test_a_transcription_that_is_sent_again_under_another_call_is_refused_and_nothing_is_stored(
    service: Service,
) -> None:
    """The first call has two recordings; either is its own."""
    first, second = service.call(), service.call()
    again = record_again(first)
    first.report_transcription(TEXT)
    again.report_recording()

    for sid in (first.recording_sid, again.recording_sid):
        second.recording_sid = sid
        for callback in CALLBACKS.values():
            answer = callback(second)
            assert answer.status == 409
            assert b'"code":"other_recording"' in answer.body

    service.reconcile()
    assert len(service.rows(Message)) == len(service.rows(Conversation)) == 1
    kept = {row.recording_sid: row.call_sid for row in service.rows(Voicemail)}
    assert kept == {first.recording_sid: first.sid, again.recording_sid: first.sid, None: second.sid}


def test_an_erased_recording_that_is_sent_again_under_another_call_is_refused(service: Service) -> None:
    first, second = service.call(), service.call()
    first.report_transcription(TEXT)
    with service.edit() as session:
        forget_recording(session.scalars(select(Voicemail).order_by(Voicemail.id)).first())
    second.recording_sid = first.recording_sid

    assert second.report_transcription(TEXT).status == 409
    assert len(service.rows(Message)) == 1
