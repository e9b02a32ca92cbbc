"""Headers that every answer has."""

from __future__ import annotations

import pytest
import requests

from classifier import Classifier
from intake.settings import Settings
from tests.service import Service
from tests.standins.twilio import TwilioStandIn

PATHS = ("/healthz", "/chat/widget.js", "/", "/nowhere", "/twilio/sms")


@pytest.mark.parametrize(
    ("public_url", "expected"), [("https://intake.example.com", "max-age=31536000"), ("http://127.0.0.1:8000", None)]
)
def test_browsers_stay_with_https_where_the_service_has_it(
    settings: Settings, classifier: Classifier, twilio: TwilioStandIn, public_url: str, expected: str | None
) -> None:
    with Service(settings.model_copy(update={"public_url": public_url}), classifier, twilio) as running:
        answers = [requests.get(running.url + path, timeout=30) for path in PATHS]

    assert {answer.headers.get("Strict-Transport-Security") for answer in answers} == {expected}
    assert {answer.headers["X-Content-Type-Options"] for answer in answers} == {"nosniff"}
