"""Messages and insurance facts as FHIR R4 resources, for other systems of a practice.

The functions are pure. Messages and facts are what the patient wrote: nobody has verified them.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from classifier.insurance import InsuranceRecord, Value
from intake.vocabulary import Channel

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


def communication(
    identifier: str, text: str, sent: datetime, *, channel: Channel, subject: str, is_from_patient: bool
) -> dict[str, Any]:
    """Return a message as a Communication.

    Args:
        identifier: The message's ID.
        text: What it says.
        sent: When it was sent, aware.
        channel: How it came or went.
        subject: A reference to the patient, such as "Patient/12".
        is_from_patient: Whether the patient sent it, not the practice.

    Raises:
        ValueError: `sent` has no time zone.
    """
    if sent.tzinfo is None:
        raise ValueError("sent has no time zone: FHIR needs an instant, so give an aware datetime")
    patient = {"reference": subject}
    return {
        "resourceType": "Communication",
        "id": identifier,
        "status": "completed",
        "medium": [{"text": channel.value}],
        "subject": patient,
        "sent": sent.isoformat(timespec="seconds"),
        **({"sender": patient} if is_from_patient else {"recipient": [patient]}),
        "payload": [{"contentString": text}],
    }


def coverages(record: InsuranceRecord, beneficiary: str) -> list[dict[str, Any]]:
    """Return one Coverage for each policy that a record states, the primary one first; none without any.

    Args:
        record: The facts of one message.
        beneficiary: A reference to the patient, such as "Patient/12".
    """
    policies = max(map(len, (record.carrier, record.member_id, record.policy_number, record.group_number, record.plan)))
    return [_coverage(record, number, beneficiary, policies) for number in range(policies)]


def _coverage(record: InsuranceRecord, number: int, beneficiary: str, policies: int) -> dict[str, Any]:
    def stated(field: str) -> str | None:
        values: tuple[Value | None, ...] = getattr(record, field)
        value = values[number] if number < len(values) else None
        return None if value is None else value.text

    subscriber, employer, policy = stated("subscriber_name"), stated("employer"), stated("policy_number")
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
        "relationship": record.relationship and _relationship(record.relationship),
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
