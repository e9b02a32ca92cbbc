"""Exporting a conversation as a FHIR R4 Bundle: its messages and replies, and the policies that the patient named."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from classifier.entities.entity import Entity
from classifier.insurance import assemble_record
from inbox.exports import fhir
from inbox.models import Conversation, Delivery, DeliveryState, Message, Patient
from inbox.patients.book import naming_patients, patients_of_conversation
from inbox.patients.found_entities import stored_entities
from intake.vocabulary import Medium

ARRIVED = (DeliveryState.SENT, DeliveryState.DELIVERED, DeliveryState.UNCONFIRMED)


def export_conversation(
    session: Session,
    conversation: Conversation,
    moment: datetime,
    address: str,
    find: Callable[[Message], Sequence[Entity]] | None = None,
) -> dict[str, Any]:
    """Return a conversation as a Bundle; what retention deleted and internal notes are not in it.

    Args:
        session: An open transaction.
        conversation: The conversation.
        moment: The current time.
        address: The service's public address.
        find: Finds the entities of a message whose entities are not stored; without it, it has none.
    """
    person = _patient_of(session, conversation)
    subject = fhir.reference_to(address, person["resourceType"], person["id"])
    said = [message for message in _rows(session, Message, conversation) if message.emptied_at is None]
    replies = [reply for reply in _rows(session, Delivery, conversation) if reply.emptied_at is None]
    sent = [_said(message, conversation, subject) for message in said]
    sent += [_answered(reply, subject) for reply in replies if reply.state in ARRIVED]
    entities = stored_entities(session, [message.id for message in said])
    policies: dict[str, dict[str, Any]] = {}
    for message in said:
        found = entities.get(message.id)
        looked = find(message) if found is None and find else found
        for coverage in _coverages(message, looked or (), subject, address):
            policies.setdefault(_stated(coverage), coverage)
    in_order = sorted(sent, key=lambda resource: datetime.fromisoformat(resource["sent"]))
    return fhir.bundle([person, *in_order, *policies.values()], moment, address)


def _rows(session: Session, table: type[Any], conversation: Conversation) -> Sequence[Any]:
    return session.scalars(select(table).where(table.conversation_id == conversation.id).order_by(table.id)).all()


def _patient_of(session: Session, conversation: Conversation) -> dict[str, Any]:
    """Return the record's patient, or what the conversation says of its sender if it has no record or several."""
    records = naming_patients(session, conversation, patients_of_conversation(session, conversation))
    if len(records) != 1:
        address = [conversation.patient_address] if conversation.patient_address else []
        return fhir.patient(f"conversation-{conversation.id}", conversation.patient_name or "", address)
    record: Patient = records[0]
    addresses = [row.patient_address for row in record.addresses]
    return fhir.patient(f"record-{record.id}", record.name, addresses, record.birth_date)


def _said(message: Message, conversation: Conversation, subject: str) -> dict[str, Any]:
    return fhir.communication(
        f"message-{message.id}",
        message.text,
        message.received_at,
        channel=conversation.channel,
        subject=subject,
        is_from_patient=True,
        topic=message.subject or "",
    )


def _answered(reply: Delivery, subject: str) -> dict[str, Any]:
    return fhir.communication(
        f"reply-{reply.id}",
        reply.body,
        reply.sending_at or reply.created_at,
        channel=Medium(reply.medium),
        subject=subject,
        is_from_patient=False,
        is_certain=reply.state != DeliveryState.UNCONFIRMED,
    )


def _coverages(message: Message, found: Sequence[Entity], subject: str, address: str) -> list[dict[str, Any]]:
    identifier = f"message-{message.id}"
    source = fhir.reference_to(address, "Communication", identifier)
    return fhir.coverages(assemble_record(message.text, found), subject, identifier, source)


def _stated(coverage: Mapping[str, Any]) -> str:
    """Return what a policy is told from others by, so that one that was named twice is exported once."""
    return repr({name: value for name, value in coverage.items() if name not in ("id", "meta")})
