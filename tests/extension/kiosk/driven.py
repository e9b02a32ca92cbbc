"""What the copy with the kiosk does; run by `tests.extension.test_extensions` inside the copy."""

from __future__ import annotations

from pathlib import Path

import requests

from inbox.models import Conversation, Message
from tests.staff.conftest import Console, console, console_of, start_console
from tests.world import PATIENT

__all__ = ["console", "console_of", "start_console"]

ICON = Path("templates/staff/icons/keyboard.svg")
TYPED = {"id": "visit-1", "phone": PATIENT, "text": "I got a bill for $382 but my copay should only be $35"}


def test_a_message_from_the_kiosk_is_stored_once_answered_and_shown(console: Console) -> None:
    for _ in range(2):
        assert requests.post(f"{console.url}/kiosk/demo", json=TYPED, timeout=30).status_code == 202
    console.work()

    [message] = console.rows(Message)
    [conversation] = console.rows(Conversation)
    assert (conversation.channel, message.text) == ("kiosk", TYPED["text"])
    [reply] = console.twilio.messages
    assert reply.to == PATIENT
    page = console.sign_in().get("/staff/?channel=kiosk").text
    assert "Kiosk" in page
    assert "copay should only be" in page
    assert f'<span class="channel"><span class="icon" aria-hidden="true">{ICON.read_text()}</span>' in page


def test_too_many_messages_from_one_address_are_refused(console: Console) -> None:
    answers = [
        requests.post(f"{console.url}/kiosk/demo", json=TYPED | {"id": str(number)}, timeout=30).status_code
        for number in range(12)
    ]

    assert answers == [202] * 10 + [429] * 2


def test_the_openapi_description_knows_it() -> None:
    from web.openapi import description

    assert "/kiosk/{slug}" in description()["paths"]
