"""Voicemail: a greeting, a recording, and the callbacks about it."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import structlog
from flask import Blueprint, Request, Response, current_app, request
from twilio.twiml.voice_response import VoiceResponse

from inbox.incoming.voicemail import (
    Call,
    OtherRecordingError,
    RecordingState,
    TranscriptionState,
    UnknownCallError,
    VoicemailReport,
    record_call,
    record_report,
)
from intake import phone
from intake.errors import IntakeError
from intake.practices import Practice
from intake.twilio_hosts import is_twilio_address
from templates.voice_prompts import greeting, render_prompt
from web.errors import RequestError
from web.services import Services, services_of
from webhooks.twilio.form import optional, required
from webhooks.twilio.signature import require_twilio_signature

log = structlog.get_logger(__name__)

blueprint = Blueprint("voice", __name__, url_prefix="/twilio/voice")

LONGEST_SECONDS = 119  # Twilio transcribes more than 2 and less than 120 seconds (error 13617)
ENGLISH, SPANISH = "en-US", "es-US"
SILENCE_SECONDS = 8
_CALL_SID = re.compile(r"CA[0-9a-fA-F]{32}")
_RECORDING_SID = re.compile(r"RE[0-9a-fA-F]{32}")
_SECONDS = re.compile(r"-?[0-9]{1,6}")
_RECORDING_STATES = {
    "completed": RecordingState.COMPLETED,
    "absent": RecordingState.ABSENT,
    "failed": RecordingState.FAILED,
}


@blueprint.post("")
def answer() -> Response:
    """Greet a caller and record a message."""
    services = services_of(current_app)
    require_twilio_signature(request, services.settings)
    call, practice = _read_call(request, services)
    record_call(services.database, call)
    log.info("call_received", call_sid=call.call_sid)
    return _twiml(_greet_and_record(practice, f"{services.settings.public_url}{blueprint.url_prefix}"))


@blueprint.post("/recorded")
def recorded() -> Response:
    """Store that a recording was made, and say goodbye."""
    services = services_of(current_app)
    require_twilio_signature(request, services.settings)
    call, practice = _read_call(request, services)
    _record(services, call.call_sid, call, _read_recording(request, RecordingState.COMPLETED))
    response = VoiceResponse()
    _say(response, "goodbye", practice, datetime.now(UTC))
    response.hangup()
    return _twiml(response)


@blueprint.post("/recording")
def recording() -> Response:
    """Store that a recording is available, or that there will be none."""
    services = services_of(current_app)
    require_twilio_signature(request, services.settings)
    call_sid = required("CallSid", request, _CALL_SID)
    state = _RECORDING_STATES.get(required("RecordingStatus", request).lower(), RecordingState.UNKNOWN)
    _record(services, call_sid, None, _read_recording(request, state))
    return Response(status=204)


@blueprint.post("/transcription")
def transcription() -> Response:
    """Store a transcription, or that there will be none; either way, the voicemail becomes a message."""
    services = services_of(current_app)
    require_twilio_signature(request, services.settings)
    call, _ = _read_call(request, services)
    _record(services, call.call_sid, call, _read_transcription(request))
    return Response(status=204)


def _greet_and_record(practice: Practice, base: str) -> VoiceResponse:
    moment = datetime.now(UTC)
    response = VoiceResponse()
    _say(response, "emergency", practice, moment)
    response.say(greeting(practice, moment), language=ENGLISH)
    response.say(render_prompt("greeting_es", practice, moment), language=SPANISH)
    response.record(
        action=f"{base}/recorded",  # without it, Twilio requests this answer again, and the caller hears it twice
        method="POST",
        max_length=LONGEST_SECONDS,
        timeout=SILENCE_SECONDS,
        finish_on_key="#",
        play_beep=True,
        recording_status_callback=f"{base}/recording",
        recording_status_callback_method="POST",
        recording_status_callback_event="completed absent",
        transcribe=True,
        transcribe_callback=f"{base}/transcription",
    )
    _say(response, "nothing_recorded", practice, moment)
    response.hangup()
    return response


def _say(response: VoiceResponse, name: str, practice: Practice, moment: datetime) -> None:
    """Add a prompt in both languages; nobody knows which one the caller speaks."""
    response.say(render_prompt(name, practice, moment), language=ENGLISH)
    response.say(render_prompt(f"{name}_es", practice, moment), language=SPANISH)


def _record(services: Services, call_sid: str, call: Call | None, report: VoicemailReport) -> None:
    try:
        message = record_report(services.database, call_sid, call, report)
    except UnknownCallError:
        raise RequestError(404, "unknown_call", "No call has this CallSid.") from None
    except OtherRecordingError:
        raise RequestError(409, "other_recording", "This RecordingSid belongs to another call.") from None
    if message is not None and message.is_new:
        services.pass_on(message)


def _read_call(request: Request, services: Services) -> tuple[Call, Practice]:
    call_sid = required("CallSid", request, _CALL_SID)
    practice, number = _practice(required("To", request), services)
    caller = phone.caller_number(request.form.get("From", "").strip())
    return Call(call_sid, practice.slug, caller, number), practice


def _practice(to: str, services: Services) -> tuple[Practice, str]:
    try:
        number = phone.normalise(to)
    except IntakeError:
        number = to
    practice = services.practice_for_text(None, number)
    if practice is None:
        log.warning("unknown_number", call_sid=request.form["CallSid"])
        raise RequestError(
            404, "unknown_number", "No practice has this number. Add it in Settings, or to the practices file."
        )
    return practice, number


def _read_recording(request: Request, state: RecordingState) -> VoicemailReport:
    made = state in (RecordingState.COMPLETED, RecordingState.FAILED)
    read = required if made else optional
    duration = optional("RecordingDuration", request, _SECONDS)
    return VoicemailReport(
        recording=state,
        recording_sid=read("RecordingSid", request, _RECORDING_SID),
        recording_url=_recording_url(request),
        duration_seconds=int(duration) if duration and int(duration) >= 0 else None,
    )


def _read_transcription(request: Request) -> VoicemailReport:
    text = request.form.get("TranscriptionText", "").strip()
    completed = required("TranscriptionStatus", request).lower() == "completed" and text != ""
    return VoicemailReport(
        recording=RecordingState.COMPLETED,  # a transcription implies a recording
        recording_sid=required("RecordingSid", request, _RECORDING_SID),
        recording_url=_recording_url(request),
        transcription=TranscriptionState.COMPLETED if completed else TranscriptionState.UNAVAILABLE,
        text=text if completed else "",
    )


def _recording_url(request: Request) -> str | None:
    """Return the recording's URL if it is Twilio's, because it will be fetched with the account's credentials."""
    url = request.form.get("RecordingUrl", "").strip()
    return url if is_twilio_address(url) else None


def _twiml(response: VoiceResponse) -> Response:
    return Response(str(response), mimetype="text/xml")
