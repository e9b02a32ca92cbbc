"""The OpenAPI description of the HTTP interface; a test holds it to the routes that exist."""

from __future__ import annotations

import re
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
    """Return the description as OpenAPI 3.1."""
    described = _paths()
    for path, operations in described["paths"].items():
        named = [
            {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
            for name in re.findall(r"{(\w+)}", path)
        ]
        if named:
            operations["parameters"] = named
    return described


def _paths() -> dict[str, Any]:
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
                    {"200": {"description": "empty TwiML"}, "429": _ERROR},
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
            "/": {
                "get": {
                    "summary": "A practice's site with the chat, and in demo mode a phone to play its patient with",
                    "responses": {"200": {"description": "HTML"}, "404": _ERROR},
                }
            },
            "/demo/assets/{name}": {
                "get": {
                    "summary": "What that page needs",
                    "responses": {
                        "200": {"description": "a file"},
                        "304": {"description": "not changed"},
                        "404": _ERROR,
                    },
                }
            },
            "/demo/messages": {
                "get": _demo(
                    "What was sent from the visitor's phone, and what came of it", {"200": {"description": "messages"}}
                ),
                "post": _demo(
                    "Send a text from the visitor's phone, or leave a voicemail",
                    {"202": {"description": "the message's id"}},
                    body={"channel": "string", "text": "string"},
                ),
            },
            "/chat/widget.js": {
                "get": {
                    "summary": "The chat widget for a practice's site",
                    "responses": {"200": {"description": "JavaScript"}, "304": {"description": "not changed"}},
                }
            },
            "/chat/practices/{key}": {
                "get": _chat("What the widget shows of a practice", {"200": {"description": "name, hours, texts"}})
            },
            "/chat/conversations": {
                "post": _chat(
                    "Begin a conversation",
                    {"201": {"description": "its id and token"}},
                    body={"practice": "string", "name": "string", "phone": "string"},
                    needed=["practice"],
                )
            },
            "/chat/conversations/{public_id}/messages": {
                "post": _chat(
                    "Send a message; sent again with the same client_message_id, it is answered the same",
                    {"202": {"description": "the message's id"}},
                    body={"client_message_id": "string", "text": "string"},
                    needed=["client_message_id", "text"],
                    token=True,
                ),
                "get": _chat(
                    "What was said after a message",
                    {"200": {"description": "messages, and whether one waits to be answered"}},
                    parameters=[{"name": "after", "in": "query", "schema": {"type": "integer", "default": 0}}],
                    token=True,
                ),
            },
            "/chat/conversations/{public_id}/events": {
                "get": _chat(
                    "What is said from now on, as server-sent events",
                    {"200": {"description": "text/event-stream of `message` and `working`"}},
                    parameters=[{"name": "Last-Event-ID", "in": "header", "schema": {"type": "integer"}}],
                    token=True,
                )
            },
            "/forms/{slug}": {"post": _form()},
            "/email/inbound": {"post": _email()},
        },
        "components": {
            "securitySchemes": {
                "conversation": {"type": "http", "scheme": "bearer"},
                "email": {"type": "http", "scheme": "basic"},
            }
        },
    }


def _form() -> dict[str, Any]:
    """Describe a contact form, which a plain HTML form may post too."""
    schema = _object(
        ["message", "name", "email", "phone", "website", "client_message_id", "redirect"], needed=["message"]
    )
    kinds = ("application/json", "application/x-www-form-urlencoded", "multipart/form-data")
    return {
        "summary": "A practice's contact form was sent",
        "requestBody": {"required": True, "content": {kind: {"schema": schema} for kind in kinds}},
        "responses": {
            "202": {"description": "received: JSON, or a page that says so"},
            "303": {"description": "received: the page named by `redirect`"},
        }
        | dict.fromkeys(("400", "403", "404", "413", "429", "503"), _ERROR),
    }


def _email() -> dict[str, Any]:
    """Describe SendGrid's Inbound Parse webhook, as far as it is read."""
    fields = ["headers", "from", "to", "cc", "subject", "text", "html", "envelope", "charsets", "SPF", "dkim"]
    return {
        "summary": "An email came in",
        "security": [{"email": []}],
        "requestBody": {
            "required": True,
            "content": {"multipart/form-data": {"schema": _object(fields, needed=["headers"])}},
        },
        "responses": {"200": {"description": "received"}}
        | dict.fromkeys(("400", "401", "403", "404", "413", "503"), _ERROR),
    }


def _object(names: list[str], *, needed: list[str]) -> dict[str, Any]:
    return {"type": "object", "required": needed, "properties": {name: {"type": "string"} for name in names}}


def _chat(
    summary: str,
    responses: dict[str, Any],
    *,
    body: dict[str, str] | None = None,
    needed: list[str] | None = None,
    parameters: list[dict[str, Any]] | None = None,
    token: bool = False,
) -> dict[str, Any]:
    """Describe a request that a browser makes; errors are the same for all."""
    operation: dict[str, Any] = {
        "summary": summary,
        "parameters": [
            {"name": "Origin", "in": "header", "required": True, "schema": {"type": "string"}},
            *(parameters or []),
        ],
        "responses": responses | dict.fromkeys(("400", "401", "403", "404", "413", "429", "503"), _ERROR),
    }
    if token:
        operation["security"] = [{"conversation": []}]
    if body:
        schema = {
            "type": "object",
            "required": needed or [],
            "properties": {name: {"type": kind} for name, kind in body.items()},
        }
        operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": schema}}}
    return operation


def _demo(summary: str, responses: dict[str, Any], *, body: dict[str, str] | None = None) -> dict[str, Any]:
    """Describe a request of the demo page's phone, which is there in demo mode only."""
    operation = _chat(summary, responses, body=body, needed=list(body or ()))
    operation["parameters"] = [{"name": "Demo-Phone", "in": "header", "schema": {"type": "string"}}]
    return operation


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
