"""A conversation as a FHIR R4 Bundle, validated with fhir.resources."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from fhir.resources.R4B.bundle import Bundle

from classifier.entities.entity import Entity
from inbox.exports.fhir_bundle import export_conversation
from inbox.incoming.inbound import record_message
from inbox.models import Conversation, Delivery, DeliveryState, Message, now
from inbox.patients.book import Details, add_address, create_patient, link_conversation
from inbox.patients.found_entities import recorded_of
from inbox.storage.database import Database
from intake.vocabulary import Channel, Medium
from tasks.understanding.entities import find_in_text
from tests.inbox.conftest import inbound
from tests.world import PATIENT

ADDRESS = "https://intake.example"
MOMENT = datetime(2026, 4, 12, 9, 30, tzinfo=UTC)
CARD = "Hi, my insurance is Aetna, member ID W882041193, group 0012345. Is the crown covered?"


def find(message: Message) -> tuple[Entity, ...]:
    return find_in_text(message.text, recorded_of(message))


def exported(database: Database) -> tuple[Any, list[Any]]:
    """The Bundle of the only conversation as JSON holds it, once it is valid, and its resources."""
    with database.read() as session:
        made = export_conversation(session, session.get_one(Conversation, 1), MOMENT, ADDRESS, find)
    valid: Any = Bundle.model_validate(json.loads(json.dumps(made)))
    return valid, [entry.resource for entry in valid.entry]


def converse(database: Database, *texts: str) -> None:
    for text in texts:
        record_message(database, inbound(text))


def reply(database: Database, state: DeliveryState) -> None:
    with database.write() as session:
        session.add(
            Delivery(conversation_id=1, reply=state, medium=Medium.SMS, sender=PATIENT, body=f"We {state}", state=state)
        )


def test_a_conversation_is_a_bundle_of_its_messages_replies_and_policies(database: Database) -> None:
    converse(database, CARD, "Anything yet?", CARD)
    for state in (DeliveryState.DELIVERED, DeliveryState.UNCONFIRMED, DeliveryState.FAILED, DeliveryState.PENDING):
        reply(database, state)

    bundle, resources = exported(database)

    patient, *rest = resources
    assert [telecom.value for telecom in patient.telecom] == [PATIENT]
    communications = [resource for resource in rest if resource.get_resource_type() == "Communication"]
    assert [(item.payload[0].contentString, item.status) for item in communications] == [
        (CARD, "completed"),
        ("Anything yet?", "completed"),
        (CARD, "completed"),
        ("We delivered", "completed"),
        ("We unconfirmed", "unknown"),
    ]
    [coverage] = rest[len(communications) :]
    assert (coverage.status, coverage.payor[0].display, coverage.subscriberId) == ("draft", "Aetna", "W882041193")
    addresses = [entry.fullUrl for entry in bundle.entry]
    assert coverage.beneficiary.reference == addresses[0]
    assert coverage.meta.source == addresses[1]
    assert {item.subject.reference for item in communications} == {addresses[0]}
    assert len({*addresses}) == len(addresses)
    again, _ = exported(database)
    assert [entry.fullUrl for entry in again.entry] == addresses


def test_the_only_record_is_the_patient_and_of_several_none_is(database: Database) -> None:
    converse(database, "Hello")
    with database.write() as session:
        conversation = session.get_one(Conversation, 1)
        record = create_patient(session, "demo", Details("Maria Rivera", birth_date="1984-03-27"))
        add_address(session, record, PATIENT)
        add_address(session, record, "maria@example.com")

    _, [patient, _] = exported(database)

    assert (patient.id, patient.name[0].text, str(patient.birthDate)) == ("record-1", "Maria Rivera", "1984-03-27")
    assert [(item.system, item.value) for item in patient.telecom] == [
        ("phone", PATIENT),
        ("email", "maria@example.com"),
    ]

    with database.write() as session:
        link_conversation(session, create_patient(session, "demo", Details("Leo Rivera")), conversation)
    _, [patient, _] = exported(database)
    assert (patient.id, patient.name) == ("conversation-1", None)


def test_what_retention_deleted_is_not_exported(database: Database) -> None:
    converse(database, CARD, "Hello")
    reply(database, DeliveryState.DELIVERED)
    with database.write() as session:
        session.get_one(Message, 1).emptied_at = session.get_one(Delivery, 1).emptied_at = now()

    _, resources = exported(database)

    assert [resource.get_resource_type() for resource in resources] == ["Patient", "Communication"]
    assert resources[1].medium[0].text == Channel.SMS
