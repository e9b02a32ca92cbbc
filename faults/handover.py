"""Handing a text over to the service, as often and as long as Twilio tries."""

from __future__ import annotations

import contextlib
import http.client
import time

from faults.texts import Text
from tests.standins.twilio import TwilioStandIn
from tests.world import DEMO_NUMBER

# Twilio gives up a webhook, retries included, after 15 seconds.
TRIES_SECONDS = 15.0
PAUSE_SECONDS = 1.0


def hand_over(text: Text, twilio: TwilioStandIn, port: int, public_url: str) -> None:
    """Post a text until it is taken on, refused, or given up, and note when it was taken on."""
    text.sent_at = text.sent_at or time.monotonic()
    while True:
        status = 0
        with contextlib.suppress(OSError, http.client.HTTPException):
            status = twilio.incoming_sms(
                f"http://127.0.0.1:{port}/twilio/sms",
                f"{public_url}/twilio/sms",
                text.patient,
                DEMO_NUMBER,
                text.body,
                message_sid=text.sid,
            ).status
        if status == 200:
            text.accepted_at = time.monotonic()
            return
        is_refused = 400 <= status < 500
        if is_refused or text.accepted_at is not None or time.monotonic() - text.sent_at > TRIES_SECONDS:
            return
        time.sleep(PAUSE_SECONDS)
