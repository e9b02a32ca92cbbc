"""The entities of stored messages: names, numbers, and dates, by their places in the text."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, Final

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from classifier.entities.entity import Entity
from classifier.entities.recorded import RecordedPatient
from inbox.models import FoundEntities, Message
from intake.vocabulary import EntityKind

MOST_ATTEMPTS: Final = 3
"""How often it is tried to find the entities of one message."""


def stored_entities(session: Session, message_ids: Collection[int]) -> dict[int, tuple[Entity, ...]]:
    """Return the entities of messages, by message id; those that nobody has looked for yet are absent.

    An entity is a place in `Message.text`, in characters; an email's subject has none.
    """
    found = select(FoundEntities.message_id, FoundEntities.spans).where(
        FoundEntities.message_id.in_(message_ids), FoundEntities.spans.is_not(None)
    )
    return {message_id: _entities_of(spans) for message_id, spans in session.execute(found)}


def pack_entities(entities: Sequence[Entity]) -> list[list[Any]]:
    """Return what was found in a message as `FoundEntities.spans` keeps it."""
    return [
        [str(entity.kind), entity.start, entity.end, round(entity.confidence, 4), entity.source] for entity in entities
    ]


def delete_entities(session: Session, message_ids: Collection[int]) -> None:
    """Delete the entities of messages whose text is deleted or replaced."""
    session.execute(delete(FoundEntities).where(FoundEntities.message_id.in_(message_ids)))


def recorded_of(message: Message) -> RecordedPatient:
    """Return what the record contains about the patient who wrote a message."""
    conversation = message.conversation
    given = (conversation.patient_address, conversation.contact_phone, conversation.contact_email)
    addresses = [address for address in (*given, message.claimed_phone, message.claimed_email) if address]
    return RecordedPatient(
        names=tuple(name for name in (conversation.patient_name, message.claimed_name) if name),
        numbers=tuple(address for address in addresses if "@" not in address),
        emails=tuple(address for address in addresses if "@" in address),
    )


def _entities_of(spans: Sequence[Sequence[Any]]) -> tuple[Entity, ...]:
    return tuple(
        Entity(EntityKind(kind), start, end, confidence, source) for kind, start, end, confidence, source in spans
    )
