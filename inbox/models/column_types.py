"""Column types: encrypted text and aware timestamps."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import DateTime, LargeBinary
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

from intake.encryption import Keyring

_keyring: Keyring | None = None


def use_keyring(keyring: Keyring) -> None:
    """Set the keys for encrypted columns in this process."""
    global _keyring
    _keyring = keyring


def keyring() -> Keyring:
    """Return the keys in use.

    Raises:
        RuntimeError: no database has been opened.
    """
    if _keyring is None:
        raise RuntimeError("open the database before reading or writing encrypted columns")
    return _keyring


class EncryptedText(TypeDecorator[str]):
    """Text that is stored encrypted."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> bytes | None:
        """Encrypt the text."""
        return None if value is None else keyring().encrypt(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> str | None:
        """Decrypt the text."""
        return None if value is None else keyring().decrypt(value)


class EncryptedJson(EncryptedText):
    """JSON that is stored encrypted; it comes back as JSON has it, so that its hash stays the same."""

    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> bytes | None:
        """Encrypt the JSON."""
        return None if value is None else keyring().encrypt(json.dumps(value))

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        """Decrypt the JSON."""
        return None if value is None else json.loads(keyring().decrypt(value))


class Timestamp(TypeDecorator[datetime]):
    """An aware datetime, stored in UTC; SQLite drops time zones, so they are restored on reading."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Convert an aware datetime to UTC."""
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return an aware datetime in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
