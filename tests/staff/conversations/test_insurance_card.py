"""What the insurance card says of several policies."""

from __future__ import annotations

import pytest

from classifier.insurance import InsuranceRecord, Value
from staff.conversations.insurance_card import InsuranceSource, build_card

POLICIES = (Value("Aetna", 0, 5), Value("Cigna", 6, 11))


@pytest.mark.parametrize(
    ("relationship", "shown"),
    [
        (("self", "spouse"), ["Aetna: the patient is the subscriber", "Cigna: spouse of the subscriber"]),
        ((None, "domestic_partner"), ["Cigna: domestic partner of the subscriber"]),
        (("child", "child"), ["child of the subscriber"]),
        (("spouse",), ["spouse of the subscriber"]),
    ],
    ids=["different", "one open", "the same", "one for all"],
)
def test_the_card_names_the_insurer_where_the_relationships_differ(
    relationship: tuple[str | None, ...], shown: list[str]
) -> None:
    card = build_card([InsuranceSource(1, "9:00 AM", InsuranceRecord(carrier=POLICIES, relationship=relationship))])

    assert card is not None
    assert [[value.text for value in line.values] for line in card.lines][1] == shown
