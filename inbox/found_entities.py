"""Stands in for the stored entities."""

from __future__ import annotations

from collections.abc import Collection
from functools import cache

from sqlalchemy import select
from sqlalchemy.orm import Session

from classifier.entities.entity import Entity
from classifier.entities.recognizer import Recognizer
from inbox.models import Message


def stored_entities(session: Session, message_ids: Collection[int]) -> dict[int, tuple[Entity, ...]]:
    """Return the entities of messages, by message id; those that nobody has looked for yet are absent."""
    found = select(Message.id, Message.text).where(Message.id.in_(message_ids))
    return {message_id: _recognizer().find(text) for message_id, text in session.execute(found)}


@cache
def _recognizer() -> Recognizer:
    return Recognizer.load()
