"""Finding what belongs to one patient of one practice, by number."""

from __future__ import annotations

from sqlalchemy import ColumnElement, and_

from inbox.column_types import keyring
from inbox.models import Conversation


def conversations_of(practice: str, address: str) -> ColumnElement[bool]:
    """Return the condition that a conversation is this patient's with this practice, on whatever channel.

    The number is looked for under every key, as rows of both are there while keys are rotated.
    """
    return and_(Conversation.practice == practice, Conversation.patient_index.in_(keyring().indexes(address)))
