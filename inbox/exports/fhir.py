"""Messages and insurance facts as FHIR R4 resources, for other systems of a practice.

The functions are pure. Messages and facts are what the patient wrote: nobody has verified them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import NAMESPACE_URL, uuid5

from classifier.insurance import InsuranceRecord, Value

_TERMINOLOGY: Final = "http://terminology.hl7.org/CodeSystem"
_RELATIONSHIPS: Final = {
    "self": "self",
    "spouse": "spouse",
    "child": "child",
    "domestic_partner": "other",
    "other": "other",
}
_CLASSES: Final = (("group", "group_number"), ("plan", "plan"), ("rxbin", "rx_bin"))
_NOT_STATED: Final = "not stated"
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")


def communication(
    identifier: str,
    text: str,
    sent: datetime,
    *,
    channel: str,
    subject: str,
    is_from_patient: bool,
    topic: str = "",
    is_certain: bool = True,
) -> dict[str, Any]:
    """Return a message as a Communication.

    Args:
        identifier: The message's ID.
        text: What it says; empty for a voicemail without a transcript.
        sent: When it was sent, aware.
        channel: How it came or went.
        subject: A reference to the patient, such as "Patient/12".
        is_from_patient: Whether the patient sent it, not the practice.
        topic: The subject line of an email.
        is_certain: Whether it arrived for sure.

    Raises:
        ValueError: `sent` has no time zone.
    """
    if sent.tzinfo is None:
        raise ValueError("sent has no time zone: FHIR needs an instant, so give an aware datetime")
    patient = {"reference": subject}
    written, about = _as_string(text), _as_string(topic)
    return {
        "resourceType": "Communication",
        "id": identifier,
        "status": "completed" if is_certain else "unknown",
        "medium": [{"text": channel}],
        **({"topic": {"text": about}} if about else {}),
        "subject": patient,
        "sent": sent.isoformat(timespec="seconds"),
        **({"sender": patient} if is_from_patient else {"recipient": [patient]}),
        **({"payload": [{"contentString": written}]} if written else {}),
    }


def patient(identifier: str, name: str, addresses: Sequence[str], birth_date: str | None = None) -> dict[str, Any]:
    """Return who the messages are from as a Patient.

    Args:
        identifier: Its ID.
        name: The name; empty if it is unknown.
        addresses: Phone numbers in E.164, and email addresses.
        birth_date: The birth date in ISO 8601, if it is known.
    """
    telecom = [{"system": "email" if "@" in value else "phone", "value": value} for value in addresses]
    optional = {"name": name and [{"text": name}], "telecom": telecom, "birthDate": birth_date}
    return {
        "resourceType": "Patient",
        "id": identifier,
        **{field: value for field, value in optional.items() if value},
    }


def bundle(resources: Sequence[dict[str, Any]], moment: datetime, address: str) -> dict[str, Any]:
    """Return resources as one Bundle.

    Args:
        resources: Resources with IDs.
        moment: When the bundle is made, aware.
        address: The service's public address; see `reference_to`.
    """
    return {
        "resourceType": "Bundle",
        "type": "collection",
        "timestamp": moment.isoformat(timespec="seconds"),
        "entry": [
            {"fullUrl": reference_to(address, resource["resourceType"], resource["id"]), "resource": resource}
            for resource in resources
        ],
    }


def reference_to(address: str, kind: str, identifier: str) -> str:
    """Return a reference within a Bundle, which is the same each time that the same resource is exported.

    Args:
        address: The service's public address, which tells its IDs from those of another.
        kind: The type of the resource.
        identifier: Its ID.
    """
    return uuid5(NAMESPACE_URL, f"{address}/{kind}/{identifier}").urn


def _as_string(text: str) -> str:
    """Return a text as FHIR allows it, without control characters; empty if there is nothing in it."""
    return _CONTROL.sub(" ", text).strip()


def coverages(record: InsuranceRecord, beneficiary: str, identifier: str, source: str) -> list[dict[str, Any]]:
    """Return one Coverage for each policy that a record states, the primary one first; none without any.

    Args:
        record: The facts of one message.
        beneficiary: A reference to the patient, such as "Patient/12".
        identifier: What their IDs begin with.
        source: A reference to the message.
    """
    policies = max(map(len, (record.carrier, record.member_id, record.policy_number, record.group_number, record.plan)))
    return [
        {"id": f"{identifier}-{number + 1}", "meta": {"source": source}}
        | _coverage(record, number, beneficiary, policies)
        for number in range(policies)
    ]


def _coverage(record: InsuranceRecord, number: int, beneficiary: str, policies: int) -> dict[str, Any]:
    def stated(field: str) -> str | None:
        values: tuple[Value | None, ...] = getattr(record, field)
        value = values[number] if number < len(values) else None
        return None if value is None else value.text

    subscriber, employer, policy = stated("subscriber_name"), stated("employer"), stated("policy_number")
    relationship = record.relationship_of(number)
    classes = [
        {"type": {"coding": [{"system": f"{_TERMINOLOGY}/coverage-class", "code": code}]}, "value": value}
        for code, field in _CLASSES
        if (value := stated(field)) is not None
    ]
    optional = {
        "identifier": policy and [{"type": {"text": "policy number"}, "value": policy}],
        "policyHolder": employer and {"display": employer},
        "subscriber": subscriber and {"display": subscriber},
        "subscriberId": stated("member_id"),
        "relationship": relationship and _relationship(relationship),
        "class": classes,
        "order": number + 1 if policies > 1 else None,
    }
    return {
        "resourceType": "Coverage",
        "status": "draft",
        "beneficiary": {"reference": beneficiary},
        "payor": [{"display": stated("carrier") or _NOT_STATED}],
        **{name: value for name, value in optional.items() if value},
    }


def _relationship(relationship: str) -> dict[str, Any]:
    coding = {"system": f"{_TERMINOLOGY}/subscriber-relationship", "code": _RELATIONSHIPS[relationship]}
    return {"coding": [coding], "text": relationship.replace("_", " ")}
