"""The OpenAPI description of the HTTP interface; a test holds it to the routes that exist."""

from __future__ import annotations

from typing import Any

from intake import __version__

_ERROR = {
    "description": "refused",
    "content": {
        "application/json": {
            "schema": {
                "type": "object",
                "required": ["error"],
                "properties": {
                    "error": {
                        "type": "object",
                        "required": ["code", "message"],
                        "properties": {"code": {"type": "string"}, "message": {"type": "string"}},
                    }
                },
            }
        }
    },
}


def description() -> dict[str, Any]:
    """Returns the description as OpenAPI 3.1."""
    return {
        "openapi": "3.1.0",
        "info": {"title": "Intake", "version": __version__},
        "paths": {
            "/healthz": {"get": {"summary": "The process lives", "responses": {"200": {"description": "it does"}}}},
            "/readyz": {
                "get": {
                    "summary": "Messages can be stored",
                    "responses": {"200": {"description": "they can"}, "503": {"description": "they cannot"}},
                }
            },
            "/openapi.json": {"get": {"summary": "This", "responses": {"200": {"description": "this"}}}},
            "/twilio/sms": {
                "post": _twilio(
                    "A text came in",
                    ["MessageSid", "From", "To", "Body"],
                    {"200": {"description": "empty TwiML"}},
                )
            },
            "/twilio/sms/status": {
                "post": _twilio(
                    "A text that went out moved on",
                    ["MessageSid", "MessageStatus"],
                    {"204": {"description": "noted"}},
                )
            },
            "/twilio/voice": {
                "post": _twilio(
                    "A call reached the voicemail",
                    ["CallSid", "From", "To"],
                    {"200": {"description": "TwiML that greets and records"}},
                )
            },
            "/twilio/voice/recorded": {
                "post": _twilio(
                    "The caller finished a voicemail",
                    ["CallSid", "From", "To", "RecordingSid", "RecordingUrl", "RecordingDuration"],
                    {"200": {"description": "TwiML that says goodbye"}},
                )
            },
            "/twilio/voice/recording": {
                "post": _twilio(
                    "A voicemail's recording is there, or will not be",
                    ["CallSid", "RecordingSid", "RecordingStatus", "RecordingUrl", "RecordingDuration"],
                    {"204": {"description": "noted"}},
                )
            },
            "/twilio/voice/transcription": {
                "post": _twilio(
                    "A voicemail's transcription is there, or will not be",
                    ["CallSid", "From", "To", "RecordingSid", "TranscriptionStatus", "TranscriptionText"],
                    {"204": {"description": "noted"}},
                )
            },
        },
    }


def _twilio(summary: str, fields: list[str], responses: dict[str, Any]) -> dict[str, Any]:
    return {
        "summary": summary,
        "parameters": [{"name": "X-Twilio-Signature", "in": "header", "required": True, "schema": {"type": "string"}}],
        "requestBody": {
            "required": True,
            "content": {
                "application/x-www-form-urlencoded": {
                    "schema": {
                        "type": "object",
                        "properties": {field: {"type": "string"} for field in fields},
                    }
                }
            },
        },
        "responses": responses | dict.fromkeys(("400", "403", "404", "413", "503"), _ERROR),
    }
