"""Emails to the practice, posted as SendGrid posts them."""

from __future__ import annotations

import json
import time

import requests

from faults.texts import ORDINARY_TEXTS, Sort, Text
from intake.encryption import Keyring
from tests.world import ENCRYPTION_KEY
from webhooks.email.text import patient_words

EMAIL_SECRET = "a secret for faults only"
SUBJECT = "My bill"
PRACTICE, PRACTICE_EMAIL = "demo", "hello@maple.example"
TIMEOUT_SECONDS = 15.0


def email_from(address: str) -> Text:
    """Return an email from this address, and the id that it is stored under."""
    text = patient_words(SUBJECT, ORDINARY_TEXTS[0], "")
    provider_id = Keyring(ENCRYPTION_KEY).index(f"{PRACTICE}\n{_message_id(address)}\n{text}")
    return Text(Sort.EMAIL, address, ORDINARY_TEXTS[0], provider_id)


def post_email(email: Text, port: int) -> None:
    """Hand an email over, and note whether it was taken on."""
    email.sent_at = time.monotonic()
    headers = {
        "From": email.patient,
        "To": PRACTICE_EMAIL,
        "Subject": SUBJECT,
        "Message-ID": _message_id(email.patient),
    }
    fields = {
        "headers": "".join(f"{name}: {value}\n" for name, value in headers.items()),
        "from": email.patient,
        "to": PRACTICE_EMAIL,
        "subject": SUBJECT,
        "text": email.body,
        "envelope": json.dumps({"to": [PRACTICE_EMAIL], "from": email.patient}),
        "charsets": '{"to":"UTF-8","from":"UTF-8","subject":"UTF-8","text":"utf-8"}',
        "SPF": "pass",
    }
    answer = requests.post(
        f"http://127.0.0.1:{port}/email/inbound",
        files=[(name, (None, value)) for name, value in fields.items()],
        auth=("sendgrid", EMAIL_SECRET),
        timeout=TIMEOUT_SECONDS,
    )
    if answer.status_code == 200:
        email.accepted_at = time.monotonic()


def _message_id(address: str) -> str:
    return f"<{address}>"
