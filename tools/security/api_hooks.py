"""Hooks for schemathesis, which runs in an environment of its own: each request proves what its route asks for.

Every fifth request proves nothing, as a stranger's does.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import itertools
import json
import os
import urllib.request
from typing import Any
from urllib.parse import parse_qsl

import requests
import schemathesis

_BASE, _PUBLIC_URL = os.environ["TARGET_URL"], os.environ["TARGET_PUBLIC_URL"]
_TWILIO_TOKEN, _EMAIL_SECRET = os.environ["TARGET_TWILIO_TOKEN"], os.environ["TARGET_EMAIL_SECRET"]
_ORIGIN, _WIDGET_KEY = os.environ["TARGET_ORIGIN"], os.environ["TARGET_WIDGET_KEY"]
_MESSAGES_IN_A_CHAT = 15
# what a request needs to get past the first check
_FITTING = {
    "practice": _WIDGET_KEY,
    "client_message_id": "message-1",
    "text": "Do you have parking?",
    "To": "+15005550006",
    "From": "+12025550123",
    "MessageSid": "SM" + "3" * 32,
    "CallSid": "CA" + "1" * 32,
    "RecordingSid": "RE" + "2" * 32,
    "RecordingStatus": "completed",
    "TranscriptionStatus": "completed",
    "headers": "From: a@patient.example\nTo: hello@maple.example\n",
    "to": "hello@maple.example",
}
_numbers = itertools.count()


class Chat:
    """A conversation to write in; a new one after a while, as one takes only so many messages a minute."""

    def __init__(self) -> None:
        self._used = _MESSAGES_IN_A_CHAT
        self._begun = {"token": ""}

    @property
    def token(self) -> str:
        """The token of the conversation that was used last."""
        return self._begun["token"]

    def use(self) -> str:
        """Return a conversation's id."""
        self._used += 1
        if self._used > _MESSAGES_IN_A_CHAT:
            headers = {"Origin": _ORIGIN, "Content-Type": "application/json", "X-Forwarded-For": _new_address()}
            body = json.dumps({"practice": _WIDGET_KEY}).encode()
            asked = urllib.request.Request(f"{_BASE}/chat/conversations", body, headers)
            with urllib.request.urlopen(asked, timeout=30) as answer:
                self._begun, self._used = json.load(answer), 0
        return self._begun["conversation"]


_chat = Chat()


class Proof(requests.auth.AuthBase):
    """Signs or authenticates a request as it will be sent."""

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Add what the route asks for."""
        path = request.path_url
        if path.startswith("/twilio/"):
            request.headers["X-Twilio-Signature"] = _sign(path, request)
        elif path.startswith("/email/"):
            request.headers["Authorization"] = f"Basic {base64.b64encode(f'mail:{_EMAIL_SECRET}'.encode()).decode()}"
        else:
            request.headers["Origin"] = _ORIGIN
            if path.startswith("/chat/conversations/"):
                request.headers["Authorization"] = f"Bearer {_chat.token}"
        return request


@schemathesis.hook
def before_call(context: Any, case: Any, kwargs: dict[str, Any]) -> None:
    """Send each request from an address of its own, four of five with the proof that its route asks for."""
    case.headers = case.headers or {}
    case.headers["X-Forwarded-For"] = _new_address()
    if next(_numbers) % 5:
        known = {"public_id": _chat.use, "slug": lambda: "demo", "key": lambda: _WIDGET_KEY}
        for name in case.path_parameters or ():
            if name in known:
                case.path_parameters[name] = known[name]()
        if isinstance(case.body, dict) and next(_numbers) % 2:
            case.body = case.body | {name: value for name, value in _FITTING.items() if name in case.body}
        kwargs["auth"] = Proof()


@schemathesis.hook
def after_call(context: Any, case: Any, response: Any) -> None:
    """Note what came of a request."""
    with open(os.environ["TARGET_LOG"], "a") as log:
        log.write(f"{response.status_code} {case.operation.label}\n")


def _new_address() -> str:
    number = next(_numbers)
    return f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"


def _sign(path: str, request: requests.PreparedRequest) -> str:
    body = request.body.decode() if isinstance(request.body, bytes) else request.body or ""
    form = sorted(set(parse_qsl(body, keep_blank_values=True))) if isinstance(body, str) else []
    signed = _PUBLIC_URL + path + "".join(name + value for name, value in form)
    digest = hmac.digest(_TWILIO_TOKEN.encode(), signed.encode("utf-8", "replace"), hashlib.sha1)
    return base64.b64encode(digest).decode()
