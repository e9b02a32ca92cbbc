"""Finding one patient's conversations with one practice, by address."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import ColumnElement, and_, bindparam

from inbox.models import Conversation
from inbox.models.column_types import keyring


def indexes_of(addresses: Iterable[str]) -> list[str]:
    """Return the blind indexes of numbers and addresses, each under every key."""
    return list(addresses_by_index(addresses))


def addresses_by_index(addresses: Iterable[str]) -> dict[str, str]:
    """Return numbers and addresses by their blind indexes, each under every key."""
    return {index: address for address in addresses for index in keyring().indexes(address)}


def conversations_of(practice: str, address: str) -> ColumnElement[bool]:
    """Return the SQL condition for a patient's conversations with a practice, on any channel.

    It matches the address under every key, because key rotation leaves rows under several keys for a while.
    """
    return and_(Conversation.practice == practice, Conversation.patient_index.in_(keyring().indexes(address)))


def named_conversations() -> ColumnElement[bool]:
    """Return the same condition for a statement that is built once: its values are `practice` and `indexes`."""
    return and_(
        Conversation.practice == bindparam("practice"),
        Conversation.patient_index.in_(bindparam("indexes", expanding=True)),
    )
