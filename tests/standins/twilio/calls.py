"""A call to a number whose voice webhook the product answers: what Twilio posts, and what it makes of the TwiML.

Source: https://www.twilio.com/docs/voice/twiml#request-parameters and https://www.twilio.com/docs/voice/twiml/record.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from xml.etree import ElementTree

from tests.standins.twilio.messages import API_VERSION, new_sid
from tests.standins.twilio.signing import Signature
from tests.standins.twilio.webhooks import WebhookAnswer, parse_twiml

_BOOLEAN = re.compile("true|false")
_METHOD = re.compile("GET|POST")
_URL = re.compile(r"https?://[^\s?#]+")
_NUMBER = re.compile("[1-9][0-9]*")
_LONGEST_SPEECH = 4096

# verb → attribute → what Twilio takes for it; the verbs that a voicemail has any use for
_VERBS: Mapping[str, Mapping[str, re.Pattern[str]]] = {
    "Say": {"voice": re.compile(".+"), "language": re.compile("[a-z]{2}-[A-Z]{2}"), "loop": re.compile("[0-9]+")},
    "Pause": {"length": _NUMBER},
    "Hangup": {},
    "Record": {
        "action": _URL,
        "method": _METHOD,
        "timeout": _NUMBER,
        "finishOnKey": re.compile("[0-9#*]*"),
        "maxLength": _NUMBER,
        "playBeep": _BOOLEAN,
        "trim": re.compile("trim-silence|do-not-trim"),
        "recordingStatusCallback": _URL,
        "recordingStatusCallbackMethod": _METHOD,
        "recordingStatusCallbackEvent": re.compile("(in-progress|completed|absent)( (in-progress|completed|absent))*"),
        "transcribe": _BOOLEAN,
        "transcribeCallback": _URL,
    },
}

Post = Callable[[str, Mapping[str, str], str | Signature], WebhookAnswer]


@dataclass
class IncomingCall:
    """One call.

    Attributes:
        answer: what the product answered when the call came in.
        recording_sid: the recording that the caller makes.
        record: the attributes of the answer's `<Record>`; empty when the call was refused.
    """

    account_sid: str
    post: Post = field(repr=False)
    from_: str = field(repr=False)
    to: str = field(repr=False)
    sid: str = field(default_factory=lambda: new_sid("CA"))
    recording_sid: str = field(default_factory=lambda: new_sid("RE"))
    transcription_sid: str = field(default_factory=lambda: new_sid("TR"))
    answer: WebhookAnswer = field(init=False, repr=False)
    record: dict[str, str] = field(init=False, default_factory=dict)

    def ring(self, url: str, signature: str | Signature, parameters: Mapping[str, str | None]) -> None:
        """Post the call itself, and read what is to happen with it."""
        self.answer = self._post_for_twiml(url, self._call("ringing") | dict(parameters), signature)
        if self.answer.twiml is not None:
            record = self.answer.twiml.find("Record")
            self.record = dict(record.attrib) if record is not None else {}

    @property
    def heard(self) -> list[str]:
        """What the caller hears before the tone."""
        assert self.answer.twiml is not None
        return [verb.text or "" for verb in self._said_before_the_tone()]

    @property
    def languages(self) -> list[str]:
        """The language in which each of that is read."""
        return [verb.get("language", "") for verb in self._said_before_the_tone()]

    def _said_before_the_tone(self) -> list[ElementTree.Element]:
        verbs = list(self.answer.twiml or ())
        before = verbs[: [verb.tag for verb in verbs].index("Record")]
        return [verb for verb in before if verb.tag == "Say"]

    def finish(self, seconds: int = 12, digits: str = "#", **parameters: str | None) -> WebhookAnswer:
        """The caller is done: the `action` is asked what comes next."""
        posted = self._call("in-progress") | self._recording(seconds) | {"Digits": digits} | parameters
        return self._post_for_twiml(self.record["action"], posted)

    def report_recording(self, status: str = "completed", seconds: int = 12, **parameters: str | None) -> WebhookAnswer:
        """The recording status callback, which names neither the caller nor the number called."""
        posted: dict[str, str | None] = {
            "AccountSid": self.account_sid,
            "CallSid": self.sid,
            "RecordingStatus": status,
            "RecordingChannels": "1",
            "RecordingStartTime": "Tue, 24 Nov 2026 18:00:00 +0000",
            "RecordingSource": "RecordVerb",
            "RecordingTrack": "both",
            "ErrorCode": "0",
        }
        posted |= self._recording(seconds)
        return self._post(self.record["recordingStatusCallback"], posted | parameters)

    def report_transcription(
        self,
        text: str,
        status: str = "completed",
        signature: str | Signature = Signature.GENUINE,
        **parameters: str | None,
    ) -> WebhookAnswer:
        """The transcription callback."""
        posted = (
            self._call("completed")
            | self._recording(None)
            | {
                "TranscriptionSid": self.transcription_sid,
                "TranscriptionText": text,
                "TranscriptionStatus": status,
                "TranscriptionType": "fast",
                "TranscriptionUrl": f"{self._resource}/Transcriptions/{self.transcription_sid}",
            }
        )
        return self._post(self.record["transcribeCallback"], posted | parameters, signature)

    @property
    def _resource(self) -> str:
        return f"https://api.twilio.com/{API_VERSION}/Accounts/{self.account_sid}/Recordings/{self.recording_sid}"

    def _call(self, status: str) -> dict[str, str | None]:
        return {
            "AccountSid": self.account_sid,
            "ApiVersion": API_VERSION,
            "CallSid": self.sid,
            "CallStatus": status,
            "Called": self.to,
            "Caller": self.from_,
            "Direction": "inbound",
            "From": self.from_,
            "FromCountry": "US",
            "To": self.to,
            "ToCountry": "US",
        }

    def _recording(self, seconds: int | None) -> dict[str, str | None]:
        known: dict[str, str | None] = {"RecordingSid": self.recording_sid, "RecordingUrl": self._resource}
        return known if seconds is None else known | {"RecordingDuration": str(seconds)}

    def _post(
        self, url: str, parameters: Mapping[str, str | None], signature: str | Signature = Signature.GENUINE
    ) -> WebhookAnswer:
        return self.post(url, {name: value for name, value in parameters.items() if value is not None}, signature)

    def _post_for_twiml(
        self, url: str, parameters: Mapping[str, str | None], signature: str | Signature = Signature.GENUINE
    ) -> WebhookAnswer:
        answer = self._post(url, parameters, signature)
        if answer.status != 200:
            return answer
        return WebhookAnswer(answer.status, answer.headers, answer.body, read_voice_twiml(answer))


def read_voice_twiml(answer: WebhookAnswer) -> ElementTree.Element:
    """The TwiML of a 200 answer to a call.

    Raises:
        AssertionError: Twilio could not read it or would warn of it; nothing that is spoken is quoted.
    """
    document = parse_twiml(answer)
    for verb in document:
        attributes = _VERBS.get(verb.tag)
        if attributes is None or len(verb):
            raise AssertionError(f"12200: {verb.tag} is not a verb of a voicemail, or has nouns it cannot have")
        for name, value in verb.attrib.items():
            if name not in attributes or not attributes[name].fullmatch(value):
                raise AssertionError(f"12200: {verb.tag} has no attribute {name}, or not with this value")
        if verb.tag == "Say" and not 0 < len((verb.text or "").strip()) <= _LONGEST_SPEECH:
            raise AssertionError("13520: Say has no text, or too much of it")
        if verb.tag == "Record":
            _check_record(verb.attrib)
    return document


def _check_record(attributes: Mapping[str, str]) -> None:
    if "action" not in attributes:
        raise AssertionError("without an action, Record asks for the same document again: the call loops")
    if attributes.get("transcribe") == "true" and not 2 <= int(attributes.get("maxLength", "3600")) <= 120:
        raise AssertionError("13617: only recordings of 2 to 120 seconds are transcribed")
    if "transcribeCallback" in attributes and attributes.get("transcribe") != "true":
        raise AssertionError("there is no transcription to report: transcribe is not true")
