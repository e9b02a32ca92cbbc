"""FHIR R4 resources, validated with fhir.resources."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from fhir.resources.R4B.communication import Communication
from fhir.resources.R4B.coverage import Coverage

from classifier.insurance import InsuranceRecord, Value
from inbox.exports.fhir import communication, coverages
from intake.vocabulary import Channel

SENT = datetime(2026, 4, 12, 9, 30, tzinfo=UTC)


def value(text: str) -> Value:
    return Value(text, 0, len(text))


def test_a_patients_message_is_a_communication() -> None:
    made = communication("17", "my claim?", SENT, channel=Channel.SMS, subject="Patient/12", is_from_patient=True)

    valid: Any = Communication.model_validate(made)
    assert valid.payload[0].contentString == "my claim?"
    assert (valid.sender.reference, valid.sent) == ("Patient/12", SENT)


def test_a_reply_has_the_patient_as_its_recipient() -> None:
    made = communication("18", "Thanks", SENT, channel=Channel.SMS, subject="Patient/12", is_from_patient=False)

    valid: Any = Communication.model_validate(made)
    assert valid.sender is None
    assert valid.recipient[0].reference == "Patient/12"


def test_a_voicemail_without_a_transcript_has_no_payload_and_control_characters_are_left_out() -> None:
    empty = communication("1", " ", SENT, channel=Channel.VOICEMAIL, subject="Patient/1", is_from_patient=True)
    odd = communication("2", "a\x00b\n🙂", SENT, channel=Channel.CHAT, subject="Patient/1", is_from_patient=True)

    valid: Any = Communication.model_validate(empty)
    assert valid.payload is None
    assert odd["payload"] == [{"contentString": "a b\n🙂"}]


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        communication("1", "a", datetime(2026, 4, 12), channel=Channel.SMS, subject="Patient/1", is_from_patient=True)


def test_a_policy_is_a_coverage() -> None:
    record = InsuranceRecord(
        carrier=(value("Cigna"),),
        plan=(value("Gold PPO"),),
        member_id=(value("W882"),),
        group_number=(value("0012"),),
        policy_number=(value("P77"),),
        subscriber_name=(value("Leo Ruiz"),),
        relationship=("spouse",),
        employer=(value("Acme"),),
        rx_bin=(value("610014"),),
        question="update_card",
    )

    [made] = coverages(record, "Patient/12", "message-3", "urn:3")

    valid: Any = Coverage.model_validate(made)
    assert (valid.subscriberId, valid.payor[0].display, valid.subscriber.display) == ("W882", "Cigna", "Leo Ruiz")
    assert [(part.type.coding[0].code, part.value) for part in valid.class_fhir] == [
        ("group", "0012"),
        ("plan", "Gold PPO"),
        ("rxbin", "610014"),
    ]
    assert valid.relationship.coding[0].code == "spouse"
    assert (valid.id, valid.meta.source) == ("message-3-1", "urn:3")


def test_two_policies_are_two_coverages_in_order() -> None:
    record = InsuranceRecord(carrier=(value("Medicare"), value("Cigna")), member_id=(None, value("C1")))

    made: list[Any] = [
        Coverage.model_validate(coverage) for coverage in coverages(record, "Patient/12", "message-3", "urn:3")
    ]

    assert [(coverage.order, coverage.payor[0].display, coverage.subscriberId) for coverage in made] == [
        (1, "Medicare", None),
        (2, "Cigna", "C1"),
    ]


def test_each_coverage_has_its_own_relationship_and_a_single_one_is_of_all() -> None:
    carriers = (value("Cigna"), value("Aetna"), value("Medicare"))

    def relationships(*stated: str | None) -> list[str | None]:
        made = coverages(InsuranceRecord(carrier=carriers, relationship=stated), "Patient/12", "a", "urn:3")
        return [coverage.get("relationship", {}).get("text") for coverage in made]

    assert relationships("self", "spouse", None) == ["self", "spouse", None]
    assert relationships("domestic_partner") == ["domestic partner"] * 3


def test_a_record_without_a_policy_gives_none() -> None:
    assert coverages(InsuranceRecord(amounts=(value("20.00"),), question="refund"), "Patient/12", "a", "urn:3") == []
