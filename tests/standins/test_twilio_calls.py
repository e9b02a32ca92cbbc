"""Calls as Twilio hands them over, judged by twilio-python's own signature check."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import parse_qs

import pytest
from twilio.request_validator import RequestValidator

from tests.standins.loopback import LoopbackServer, Request, Response
from tests.standins.twilio import AUTH_TOKEN, DEMO_NUMBER, IncomingCall, TwilioStandIn

PATIENT = "+12025550123"
BASE = "https://intake.example.com/twilio/voice"
RECORD = (
    f'<Record action="{BASE}/recorded" maxLength="120" transcribe="true" transcribeCallback="{BASE}/transcription"'
    f' recordingStatusCallback="{BASE}/recording"/>'
)


class Product(LoopbackServer):
    """Where the webhooks arrive; answers what the test sets."""

    def __init__(self) -> None:
        super().__init__()
        self.twiml = f"<Response><Say>Hello</Say>{RECORD}<Hangup/></Response>"
        self.received: list[Request] = []

    def respond(self, request: Request) -> Response:
        self.received.append(request)
        return Response(200, self.twiml.encode(), {"Content-Type": "text/xml"})

    @property
    def form(self) -> dict[str, str]:
        fields = parse_qs(self.received[-1].body.decode(), keep_blank_values=True)
        return {name: value for name, [value] in fields.items()}

    def got_signed(self, url: str) -> bool:
        signature = self.received[-1].headers.get("X-Twilio-Signature", "")
        return bool(RequestValidator(AUTH_TOKEN).validate(url, self.form, signature))


@pytest.fixture
def product(standin: TwilioStandIn) -> Iterator[Product]:
    with Product() as running:
        standin.callback_base = running.url
        yield running


@pytest.fixture
def call(standin: TwilioStandIn, product: Product) -> IncomingCall:
    return standin.incoming_call(BASE, PATIENT, DEMO_NUMBER)


def test_a_call_is_posted_signed_and_its_greeting_heard(call: IncomingCall, product: Product) -> None:
    assert product.got_signed(BASE)
    assert product.form["CallSid"] == call.sid
    assert (product.form["From"], product.form["To"], product.form["CallStatus"]) == (PATIENT, DEMO_NUMBER, "ringing")
    assert call.heard == ["Hello"]


def test_the_callbacks_go_where_the_record_verb_says(call: IncomingCall, product: Product) -> None:
    product.twiml = "<Response><Hangup/></Response>"
    for post, path in (
        (call.finish, "recorded"),
        (call.report_recording, "recording"),
        (lambda: call.report_transcription("Hello"), "transcription"),
    ):
        post()
        assert product.got_signed(f"{BASE}/{path}")
        assert (product.form["CallSid"], product.form["RecordingSid"]) == (call.sid, call.recording_sid)


def test_a_recording_callback_names_neither_number(call: IncomingCall, product: Product) -> None:
    call.report_recording(seconds=7)

    assert not {"From", "To", "Caller", "Called"} & product.form.keys()
    assert (product.form["RecordingStatus"], product.form["RecordingDuration"]) == ("completed", "7")


def test_a_transcription_callback_names_both(call: IncomingCall, product: Product) -> None:
    call.report_transcription("Hello")

    assert (product.form["From"], product.form["To"]) == (PATIENT, DEMO_NUMBER)
    assert (product.form["TranscriptionText"], product.form["TranscriptionStatus"]) == ("Hello", "completed")


@pytest.mark.parametrize(
    ("verbs", "complaint"),
    [
        ("<Message>Hi</Message>", "Message is not a verb"),
        ('<Say voise="alice">Hi</Say>', "no attribute voise"),
        ("<Say></Say>", "no text"),
        ("<Say><Play/></Say>", "nouns"),
        ('<Record maxLength="120"/>', "loops"),
        (RECORD.replace('"120"', '"0"'), "maxLength"),
        (RECORD.replace('"120"', '"121"'), "2 to 120"),
        (RECORD.replace(' maxLength="120"', ""), "2 to 120"),
        (RECORD.replace('transcribe="true" ', ""), "no transcription"),
        (RECORD.replace("https:", ""), "action"),
        ('<Hangup reason="bored"/>', "no attribute reason"),
    ],
)
def test_it_complains_of_twiml_that_twilio_would_not_follow(
    standin: TwilioStandIn, product: Product, verbs: str, complaint: str
) -> None:
    product.twiml = f"<Response>{verbs}</Response>"
    with pytest.raises(AssertionError, match=complaint):
        standin.incoming_call(BASE, PATIENT, DEMO_NUMBER)
