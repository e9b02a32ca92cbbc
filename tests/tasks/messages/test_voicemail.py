"""A voicemail is answered by text, or listened to by a person; none is lost."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest
from sqlalchemy import select

from inbox.incoming.voicemail import TRANSCRIPTION_LIMIT
from inbox.keys.rotation import rotate_keys
from inbox.models import Conversation, Decision, Delivery, LineType, Message, Notification, Voicemail
from inbox.storage.database import Database
from intake.encryption import Keyring
from intake.twilio_hosts import rebase
from intake.vocabulary import Channel, Medium
from tasks import jobs
from tasks.context import use
from tasks.routing.decide import can_be_answered
from tests.inbox.conftest import NO_FILES
from tests.service import Service
from tests.standins.twilio import IncomingCall, TwilioStandIn
from tests.world import DEMO_NUMBER, ENCRYPTION_KEY, OTHER_KEY, PATIENT

PRICE_QUESTION = "Hello, how much do you charge for a cleaning if I have no insurance?"
EMERGENCY = "My husband has crushing chest pain and cannot breathe"


def leave(service: Service, text: str, status: str = "completed", **options: Any) -> IncomingCall:
    call = service.call(**options)
    call.finish()
    call.report_recording()
    call.report_transcription(text, status, **options)
    return call


def let_time_pass(service: Service) -> None:
    """Makes every recording as old as a transcription may take."""
    with service.edit() as session:
        for voicemail in session.scalars(select(Voicemail)):
            voicemail.created_at -= TRANSCRIPTION_LIMIT
            voicemail.next_look_at -= TRANSCRIPTION_LIMIT
            if voicemail.recorded_at is not None:
                voicemail.recorded_at -= TRANSCRIPTION_LIMIT


def test_a_transcription_is_answered_by_a_text_from_the_number_that_was_called(
    service: Service, twilio: TwilioStandIn
) -> None:
    leave(service, PRICE_QUESTION)

    service.work()

    [sent] = twilio.messages
    assert (sent.from_, sent.to) == (DEMO_NUMBER, PATIENT)
    assert sent.body.startswith("Maple Street: Thank you for asking about prices.")
    assert sent.body.endswith("Reply STOP to opt out.")
    [decision] = service.rows(Decision)
    assert decision.route == "price_shopper"
    assert [row.team for row in service.rows(Notification)] == ["digest"]


def test_an_urgent_voicemail_reaches_the_on_call_staff(service: Service) -> None:
    leave(service, EMERGENCY)

    service.work()

    assert [(row.team, row.priority) for row in service.rows(Notification)] == [("on_call", "urgent")]


def test_nobody_who_opted_out_is_texted(service: Service, twilio: TwilioStandIn) -> None:
    service.text("STOP")
    service.work()
    leave(service, PRICE_QUESTION)

    service.work()

    assert len(twilio.messages) == 1  # the confirmation of the opt-out
    assert service.rows(Decision)[-1].why.endswith("no reply: the patient opted out")


def test_a_landline_is_not_texted_and_staff_are_told_to_call(service: Service, twilio: TwilioStandIn) -> None:
    twilio.line_types[PATIENT] = "landline"
    for _ in range(2):
        leave(service, PRICE_QUESTION)
        service.work()

    assert twilio.messages == []
    assert service.rows(Conversation)[0].line_type == "landline"
    assert twilio.lookups == [PATIENT]  # once, as it costs
    [first] = service.rows(Delivery)
    assert (first.state, first.error_code) == ("suppressed", "landline")
    told = [(row.team, row.reason, row.priority, row.state) for row in service.rows(Notification)]
    assert ("front_desk", "landline", "high", "sent") in told
    assert service.rows(Decision)[1].why.endswith("no reply: there is no number or address to reply to")


def test_a_message_waits_for_no_look_up(service: Service, twilio: TwilioStandIn) -> None:
    leave(service, PRICE_QUESTION)
    use(service.context)

    jobs.handle_message(1)

    assert (twilio.lookups, twilio.requests) == ([], [])
    assert service.rows(Message)[0].handled_at is not None
    assert [row.state for row in service.rows(Delivery)] == ["pending"]


def test_only_the_first_text_to_a_number_is_looked_up(service: Service, twilio: TwilioStandIn) -> None:
    for text in (PRICE_QUESTION, EMERGENCY):
        leave(service, text)
        service.work()

    assert len(twilio.messages) == 2
    assert twilio.lookups == [PATIENT]


@pytest.mark.parametrize(("kind", "known"), [("mobile", "mobile"), ("fixedVoip", "unknown"), (None, "unknown")])
def test_any_other_line_is_texted(service: Service, twilio: TwilioStandIn, kind: str | None, known: str) -> None:
    if kind:
        twilio.line_types[PATIENT] = kind
    leave(service, PRICE_QUESTION)

    service.work()

    assert len(twilio.messages) == 1
    assert service.rows(Conversation)[0].line_type == known


def test_a_look_up_that_fails_delays_no_reply(service: Service, twilio: TwilioStandIn) -> None:
    twilio.lookups_fail = True
    leave(service, PRICE_QUESTION)

    service.work()

    assert len(twilio.messages) == 1
    assert service.rows(Conversation)[0].line_type == "unknown"


def test_nobody_is_looked_up_who_texts_or_hides_the_number(service: Service, twilio: TwilioStandIn) -> None:
    service.text("Hello")
    leave(service, PRICE_QUESTION, From="anonymous")

    service.work()

    assert twilio.lookups == []


@pytest.mark.parametrize(
    ("url", "base", "really"),
    [
        ("https://lookups.twilio.com/v2/x?a=b", "https://api.twilio.com", "https://lookups.twilio.com/v2/x?a=b"),
        ("https://api.twilio.com/x", "https://api.twilio.com", "https://api.twilio.com/x"),
        ("https://lookups.twilio.com/v2/x?a=b", "http://127.0.0.1:8000", "http://127.0.0.1:8000/v2/x?a=b"),
    ],
)
def test_a_stand_in_takes_the_place_of_all_of_twilios_hosts(url: str, base: str, really: str) -> None:
    assert rebase(url, base) == really


def test_a_hidden_number_is_not_texted_and_staff_are_told(service: Service, twilio: TwilioStandIn) -> None:
    leave(service, "I need to reschedule my appointment on Friday", From="+266696687")

    service.work()

    assert twilio.messages == []
    assert [row.state for row in service.rows(Notification)] == ["sent"]
    assert service.rows(Decision)[0].why.endswith("there is no number or address to reply to")


@pytest.mark.parametrize(
    ("address", "line_type", "possible"),
    [
        (PATIENT, LineType.UNKNOWN, True),
        (PATIENT, LineType.MOBILE, True),
        (PATIENT, LineType.LANDLINE, False),
        ("262966", LineType.UNKNOWN, False),
        ("", LineType.UNKNOWN, False),
        (None, LineType.UNKNOWN, False),
    ],
)
def test_which_senders_a_text_can_reach(address: str | None, line_type: LineType, possible: bool) -> None:
    assert can_be_answered(Medium.SMS, address, line_type) is possible


@pytest.mark.parametrize(("text", "status"), [("", "failed"), ("", "completed")])
def test_a_voicemail_that_was_not_transcribed_is_a_task_for_the_front_desk(
    service: Service, twilio: TwilioStandIn, text: str, status: str
) -> None:
    leave(service, text, status)

    service.work()

    assert_is_a_task(service)
    [sent] = twilio.messages
    assert "a person will answer you" in sent.body


SPANISH_AS_ENGLISH = "see when us tardes key arrow sub air see are set on new s pass ee n tays"


@pytest.mark.parametrize(
    "text", [SPANISH_AS_ENGLISH, "Me duele mucho la muela y quiero una cita"], ids=["nonsense", "es"]
)
def test_a_voicemail_whose_transcript_is_no_english_is_to_be_listened_to_at_once(service: Service, text: str) -> None:
    leave(service, text)

    service.work()

    assert_is_a_task(service, "voicemail without a transcript that makes sense")


def assert_is_a_task(service: Service, why: str = "voicemail without a transcript") -> None:
    [decision] = service.rows(Decision)
    assert (decision.route, decision.why) == ("review", why)
    [notification] = service.rows(Notification)
    assert (notification.team, notification.priority, notification.reason) == (
        "front_desk",
        "high",
        "unheard_voicemail",
    )
    assert notification.state == "sent"


@pytest.mark.parametrize("heard_of", ["action", "recording"])
def test_a_transcription_that_never_comes_makes_a_task_after_a_time(service: Service, heard_of: str) -> None:
    call = service.call()
    call.finish() if heard_of == "action" else call.report_recording()
    service.reconcile()
    assert service.rows(Message) == []

    let_time_pass(service)
    service.reconcile()
    service.reconcile()

    assert_is_a_task(service)
    [message] = service.rows(Message)
    assert service.rows(Voicemail)[0].message_id == message.id
    assert message.conversation_id == service.rows(Conversation)[0].id


def test_a_call_without_a_recording_makes_no_task(service: Service) -> None:
    service.call()
    service.call().report_recording("absent")

    let_time_pass(service)
    service.reconcile()

    assert service.rows(Message) == []
    assert [row.recording for row in service.rows(Voicemail)] == ["absent", "absent"]


def test_a_recording_that_no_callback_told_of_is_found(service: Service, twilio: TwilioStandIn) -> None:
    call = service.call()
    twilio.recordings[call.sid] = [call.recording_sid]
    service.reconcile()
    assert service.rows(Voicemail)[0].recording == "unknown"

    let_time_pass(service)
    service.reconcile()
    [voicemail] = service.rows(Voicemail)
    assert (voicemail.recording, voicemail.recording_sid) == ("completed", call.recording_sid)
    assert voicemail.duration_seconds == 12
    assert (voicemail.recording_url or "").endswith(f"/Recordings/{call.recording_sid}")

    let_time_pass(service)
    service.reconcile()
    assert_is_a_task(service)


def test_a_second_recording_of_a_call_is_understood_by_itself(service: Service, twilio: TwilioStandIn) -> None:
    call = leave(service, PRICE_QUESTION)
    service.work()
    call.recording_sid = "RE" + "2" * 32
    for _ in range(2):
        call.finish()
        call.report_recording()
        call.report_transcription("My son swallowed bleach")
        service.work()

    assert [message.text for message in service.rows(Message)] == [PRICE_QUESTION, "My son swallowed bleach"]
    assert [row.route for row in service.rows(Decision)] == ["price_shopper", "urgent"]
    assert [(row.team, row.reason) for row in service.rows(Notification)][1:] == [("on_call", "urgent")]
    assert len(twilio.messages) == 2


def test_every_recording_is_found_of_a_call_that_no_callback_told_of(service: Service, twilio: TwilioStandIn) -> None:
    call = service.call()
    sids = [call.recording_sid, "RE" + "2" * 32]
    twilio.recordings[call.sid] = sids

    for _ in range(3):
        let_time_pass(service)
        service.reconcile()

    assert sorted(message.provider_id for message in service.rows(Message)) == sorted(sids)
    assert {row.recording_sid: row.recording for row in service.rows(Voicemail)} == dict.fromkeys(sids, "completed")


def test_a_recording_is_found_of_a_caller_who_was_led_back_to_the_tone(service: Service, twilio: TwilioStandIn) -> None:
    call = leave(service, PRICE_QUESTION)
    service.call(call_sid=call.sid)
    sids = [call.recording_sid, "RE" + "2" * 32]
    twilio.recordings[call.sid] = sids

    for _ in range(3):
        let_time_pass(service)
        service.reconcile()

    assert sorted(message.provider_id for message in service.rows(Message)) == sorted(sids)


def test_a_recording_that_was_begun_and_is_nowhere_is_not_looked_for_again(service: Service) -> None:
    service.call().report_recording("in-progress", RecordingDuration="-1")

    let_time_pass(service)
    service.reconcile()

    assert [row.recording for row in service.rows(Voicemail)] == ["absent"]
    assert service.rows(Message) == []


def test_a_carrier_that_cannot_be_asked_is_asked_again_after_a_while(service: Service, twilio: TwilioStandIn) -> None:
    call = service.call()
    twilio.recordings[call.sid] = [call.recording_sid]
    twilio.lookups_fail = True
    let_time_pass(service)
    service.reconcile()
    assert service.rows(Voicemail)[0].recording == "unknown"

    twilio.lookups_fail = False
    service.reconcile()
    assert service.rows(Voicemail)[0].recording == "unknown"
    let_time_pass(service)
    service.reconcile()
    assert service.rows(Voicemail)[0].recording == "completed"


def test_a_transcription_that_comes_late_is_understood_after_all(service: Service, twilio: TwilioStandIn) -> None:
    call = service.call()
    call.report_recording()
    let_time_pass(service)
    service.reconcile()

    for _ in range(2):
        call.report_transcription(EMERGENCY)
        service.work()

    [message] = service.rows(Message)
    assert message.text == EMERGENCY
    [decision] = service.rows(Decision)
    assert decision.route == "urgent"
    assert [row.reason for row in service.rows(Notification)] == ["unheard_voicemail", "urgent"]
    assert [row.reply for row in service.rows(Delivery)] == ["review", "urgent"]
    assert len(twilio.messages) == 2


def test_a_late_transcription_that_needs_review_is_not_answered_twice(service: Service, twilio: TwilioStandIn) -> None:
    call = leave(service, "", "failed")
    service.work()

    call.report_transcription("mumble mumble the the of a")
    service.work()

    assert service.rows(Message)[0].handled_at is not None
    assert [row.reply for row in service.rows(Delivery)].count("review") == 1
    assert [row.reason for row in service.rows(Notification)] == ["unheard_voicemail"]


@pytest.mark.parametrize("text", [SPANISH_AS_ENGLISH, "mumble mumble the the of a"], ids=["spanish", "mumbled"])
def test_a_caller_whose_words_come_late_and_make_no_sense_gets_one_text(
    service: Service, twilio: TwilioStandIn, text: str
) -> None:
    call = service.call()
    call.report_recording()
    let_time_pass(service)
    service.reconcile()

    call.report_transcription(text)
    service.work()

    assert [row.reply for row in service.rows(Delivery)] == ["review"]
    assert len(twilio.messages) == 1


@pytest.mark.parametrize("order", list(permutations(["action", "recording", "transcription"])))
def test_every_order_ends_in_one_decision_one_notice_and_one_text(
    service: Service, twilio: TwilioStandIn, order: tuple[str, ...]
) -> None:
    call = service.call()
    callbacks = {
        "action": call.finish,
        "recording": call.report_recording,
        "transcription": lambda: call.report_transcription(PRICE_QUESTION),
    }
    for name in (*order, *order):
        callbacks[name]()  # type: ignore[operator]
        service.work()

    assert [row.route for row in service.rows(Decision)] == ["price_shopper"]
    assert [row.state for row in service.rows(Notification)] == ["sent"]
    assert [row.state for row in service.rows(Delivery)] == ["sent"]
    assert len(twilio.messages) == 1


def test_numbers_texts_and_addresses_are_encrypted_and_follow_a_key_rotation(service: Service) -> None:
    leave(service, "My name is Swordfish")
    with service.database.engine.connect() as connection:
        stored = repr(connection.exec_driver_sql("SELECT * FROM voicemails").all())
    assert "Swordfish" not in stored
    assert PATIENT not in stored
    assert "api.twilio.com" not in stored

    rotated = Database(service.database.url, Keyring(f"{OTHER_KEY},{ENCRYPTION_KEY}"))
    rotate_keys(rotated, NO_FILES)
    rotated.close()
    newest = Database(service.database.url, Keyring(OTHER_KEY))
    with newest.read() as session:
        [voicemail] = session.scalars(select(Voicemail))
        assert (voicemail.text, voicemail.caller) == ("My name is Swordfish", PATIENT)
    newest.close()


def test_the_channel_of_a_voicemail_is_its_own(service: Service) -> None:
    service.text("Hello")
    leave(service, PRICE_QUESTION)

    assert [row.channel for row in service.rows(Conversation)] == [Channel.SMS, Channel.VOICEMAIL]
