"""Which billing facts a message states, and which are missing."""

from __future__ import annotations

from classifier.insurance import InsuranceRecord, Value
from classifier.insurance.missing import NEEDED, billing_fields
from classifier.insurance.question import QUESTIONS

CIGNA, ID = Value("Cigna", 0, 5), Value("W882", 6, 10)


def test_what_the_question_needs_and_the_message_lacks_is_missing() -> None:
    fields = billing_fields(InsuranceRecord(carrier=(CIGNA,), question="claim_denied"))

    assert fields.present == ("carrier",)
    assert fields.missing == ("claim_number", "dates_of_service")


def test_a_number_for_one_of_two_policies_is_still_missing() -> None:
    fields = billing_fields(InsuranceRecord(carrier=(CIGNA, CIGNA), member_id=(ID, None), question="coordination"))

    assert fields.present == ("carrier", "member_id")
    assert fields.missing == ("member_id",)


def test_a_message_that_asks_nothing_lacks_nothing() -> None:
    assert billing_fields(InsuranceRecord()) == billing_fields(InsuranceRecord(question="other"))
    assert billing_fields(InsuranceRecord()).missing == ()


def test_every_question_has_its_needs() -> None:
    assert set(NEEDED) == set(QUESTIONS)
    assert {name for needed in NEEDED.values() for name in needed} <= set(InsuranceRecord.__slots__)
