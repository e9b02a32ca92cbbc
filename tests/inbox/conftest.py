"""A database with other keys, and messages to store in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from inbox.attachments.file_store import Folder
from inbox.incoming.inbound import InboundMessage
from inbox.models.column_types import use_keyring
from inbox.storage.database import Database
from intake.encryption import Keyring
from intake.vocabulary import Channel
from tests.world import DEMO_NUMBER, PATIENT

Reopen = Callable[[str], Database]
NO_FILES = Folder(Path("/nowhere"))
_numbers = count(1)


@pytest.fixture
def reopen(database: Database) -> Iterator[Reopen]:
    """Reopens the test's database with other encryption keys, as a restart would."""
    opened: list[Database] = []

    def with_keys(keys: str) -> Database:
        opened.append(Database(database.url, Keyring(keys)))
        return opened[-1]

    yield with_keys
    for reopened in opened:
        reopened.close()


def acting(database: Database) -> Database:
    """Goes on as the process that opened this database: the keys of encrypted columns are the process's."""
    use_keyring(database.keyring)
    return database


def inbound(text: str = "Do you have parking?", **changes: Any) -> InboundMessage:
    """A text to the demo practice, with a provider id of its own."""
    values: dict[str, Any] = {
        "practice": "demo",
        "channel": Channel.SMS,
        "provider": "twilio",
        "provider_id": f"SM{next(_numbers):032x}",
        "patient_address": PATIENT,
        "received_on": DEMO_NUMBER,
        "text": text,
    }
    return InboundMessage(**values | changes)
