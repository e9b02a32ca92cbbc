from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from classifier import Classifier
from intake.settings import Settings
from tests.service import Service
from tests.standins.hook import HookReceiver
from tests.standins.twilio import TwilioStandIn
from tests.world import PRACTICES_TOML

StartService = Callable[[str], Service]


@pytest.fixture
def start_service(settings: Settings, classifier: Classifier, twilio: TwilioStandIn) -> Iterator[StartService]:
    """Starts the service with further lines of TOML in the demo practice."""
    with ExitStack() as running:

        def start(lines: str) -> Service:
            settings.practices_file.write_text(
                PRACTICES_TOML.replace('slug = "demo"\n', f'slug = "demo"\n{lines}\n', 1)
            )
            return running.enter_context(Service(settings, classifier, twilio))

        yield start


@pytest.fixture
def hook() -> Iterator[HookReceiver]:
    """Where a team of staff is told."""
    with HookReceiver() as receiver:
        yield receiver
