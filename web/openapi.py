"""The OpenAPI description of the HTTP interface; a test compares it with the actual routes."""

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
            "/healthz": {
                "get": {
                    "summary": "Check that the process is running",
                    "responses": {"200": {"description": "running"}},
                }
            },
            "/readyz": {
                "get": {
                    "summary": "Check that messages can be stored",
                    "responses": {
                        "200": {"description": "ready, or degraded while another part is away"},
                        "503": {"description": "not ready"},
                    },
                }
            },
            "/openapi.json": {"get": {"summary": "This description", "responses": {"200": {"description": "OpenAPI"}}}},
            "/twilio/sms": {
                "post": _twilio(
                    "Receive a text",
                    ["MessageSid", "From", "To", "Body"],
                    {"200": {"description": "empty TwiML"}, "429": _ERROR},
                )
            },
            "/twilio/sms/status": {
                "post": _twilio(
                    "Receive the status of an outgoing text",
                    ["MessageSid", "MessageStatus"],
                    {"204": {"description": "stored"}},
                )
            },
            "/twilio/voice": {
                "post": _twilio(
                    "Answer a call with voicemail",
                    ["CallSid", "From", "To"],
                    {"200": {"description": "TwiML that greets and records"}},
                )
            },
            "/twilio/voice/recorded": {
                "post": _twilio(
                    "Finish a voicemail",
                    ["CallSid", "From", "To", "RecordingSid", "RecordingUrl", "RecordingDuration"],
                    {"200": {"description": "TwiML that says goodbye"}},
                )
            },
            "/twilio/voice/recording": {
                "post": _twilio(
                    "Receive the status of a voicemail's recording",
                    ["CallSid", "RecordingSid", "RecordingStatus", "RecordingUrl", "RecordingDuration"],
                    {"204": {"description": "stored"}},
                )
            },
            "/twilio/voice/transcription": {
                "post": _twilio(
                    "Receive a voicemail's transcription, or that there is none",
                    ["CallSid", "From", "To", "RecordingSid", "TranscriptionStatus", "TranscriptionText"],
                    {"204": {"description": "stored"}},
                )
            },
            "/": {
                "get": {
                    "summary": "A practice's site with the chat and, in demo mode, a phone for playing a patient",
                    "responses": {"200": {"description": "HTML"}, "404": _ERROR},
                }
            },
            "/demo/assets/{name}": {
                "get": {
                    "summary": "A file that the page at / needs",
                    "responses": {
                        "200": {"description": "a file"},
                        "304": {"description": "not changed"},
                        "404": _ERROR,
                    },
                }
            },
            "/demo/messages": {
                "get": _demo(
                    "The messages from the visitor's phone, and how they were handled",
                    {"200": {"description": "messages"}},
                ),
                "post": _demo(
                    "Send a text from the visitor's phone or leave a voicemail",
                    {"202": {"description": "the message's id"}},
                    body={"channel": "string", "text": "string"},
                ),
            },
            "/media/{token}": {
                "get": {
                    "summary": "A picture of a text, at a signed address that expires",
                    "responses": {"200": {"description": "the picture"}, "404": _ERROR},
                }
            },
            "/chat/widget.js": {
                "get": {
                    "summary": "The chat widget for a practice's site",
                    "responses": {"200": {"description": "JavaScript"}, "304": {"description": "not changed"}},
                }
            },
            "/chat/practices/{key}": {
                "get": _chat("What the widget shows about a practice", {"200": {"description": "name, hours, texts"}})
            },
            "/chat/conversations": {
                "post": _chat(
                    "Start a conversation",
                    {"201": {"description": "its id and token"}},
                    body=dict.fromkeys(("practice", "name", "phone", "email", "consent"), "string"),
                    needed=["practice"],
                )
            },
            "/chat/conversations/{public_id}/messages": {
                "post": _chat(
                    "Send a message; a repeat with the same client_message_id gets the same answer",
                    {"202": {"description": "the message's id"}},
                    body={"client_message_id": "string", "text": "string"},
                    needed=["client_message_id", "text"],
                    token=True,
                ),
                "get": _chat(
                    "The messages after a given one",
                    {
                        "200": {
                            "description": "messages, each reply with the language it is in if that is clear, whether"
                            " one waits to be handled, and who is writing"
                        }
                    },
                    parameters=[{"name": "after", "in": "query", "schema": {"type": "integer", "default": 0}}],
                    token=True,
                ),
            },
            "/chat/conversations/{public_id}/files": {
                "post": _chat(
                    "Send a message with up to three pictures or PDFs, as multipart/form-data with client_message_id,"
                    " text, and the files. The text is taken whatever becomes of them: `files` of the messages says"
                    " which were refused. Without a text, files that can't be kept are refused",
                    {"202": {"description": "the message's id"}, "409": _ERROR, "415": _ERROR},
                    token=True,
                )
            },
            "/chat/conversations/{public_id}/files/{entry}/{position}": {
                "get": _chat(
                    "A picture or file of a message or reply",
                    {"200": {"description": "the file"}},
                    parameters=[{"name": "size", "in": "query", "schema": {"enum": ["whole", "small"]}}],
                    token=True,
                )
            },
            "/chat/conversations/{public_id}/end": {
                "post": _chat(
                    "End the chat; its token is worthless from then on", {"204": {"description": "ended"}}, token=True
                )
            },
            "/chat/conversations/{public_id}/copy": {
                "post": _chat(
                    "Email the visitor a copy of the chat, once",
                    {"202": {"description": "the entry that says so"}, "409": _ERROR},
                    body={"email": "string", "language": "string"},
                    needed=["email", "language"],
                    token=True,
                )
            },
            "/chat/conversations/{public_id}/events": {
                "get": _chat(
                    "New messages, as server-sent events",
                    {"200": {"description": "text/event-stream of `message`, `files`, `working`, and `typing`"}},
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
    """Describe the contact form route, which also accepts a plain HTML form."""
    schema = _object(
        ["message", "name", "email", "phone", "website", "client_message_id", "consent", "redirect"], needed=["message"]
    )
    kinds = ("application/json", "application/x-www-form-urlencoded", "multipart/form-data")
    return {
        "summary": "Receive a practice's contact form",
        "requestBody": {"required": True, "content": {kind: {"schema": schema} for kind in kinds}},
        "responses": {
            "202": {
                "description": "received: JSON, or a page that says so. If `emergency` is there, show what it says"
            },
            "303": {"description": "received: the page named by `redirect`"},
        }
        | dict.fromkeys(("400", "403", "404", "413", "429", "503"), _ERROR),
    }


def _email() -> dict[str, Any]:
    """Describe the fields of SendGrid's Inbound Parse webhook that are used."""
    fields = ["headers", "from", "to", "cc", "subject", "text", "html", "envelope", "charsets", "SPF", "dkim"]
    return {
        "summary": "Receive an email",
        "security": [{"email": []}],
        "requestBody": {
            "required": True,
            "content": {"multipart/form-data": {"schema": _object(fields, needed=["headers"])}},
        },
        "responses": {"200": {"description": "received"}} | dict.fromkeys(("401", "413", "503"), _ERROR),
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
    """Describe a request from a browser; the possible errors are the same for all."""
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
    """Describe a request from the demo page's phone, which exists only in demo mode."""
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
