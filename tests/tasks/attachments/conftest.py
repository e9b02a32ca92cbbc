from __future__ import annotations

from collections.abc import Iterator

import pytest

from classifier import Classifier
from intake.settings import Settings
from tests.service import Service
from tests.standins.twilio import TwilioStandIn


@pytest.fixture
def guarded_service(settings: Settings, classifier: Classifier, twilio: TwilioStandIn) -> Iterator[Service]:
    """A service for which no address inside the network is listed."""
    with Service(settings.model_copy(update={"notice_hosts": ""}), classifier, twilio) as running:
        yield running
