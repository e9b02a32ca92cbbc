"""Which facts a billing team needs to answer a message, and which of them it states."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from classifier.insurance.record import InsuranceRecord

_CARD: Final = ("carrier", "member_id")
NEEDED: Final[dict[str, tuple[str, ...]]] = {
    "eligibility": (*_CARD, "subscriber_dob"),
    "claim_denied": ("carrier", "claim_number", "dates_of_service"),
    "balance_dispute": ("amounts", "dates_of_service"),
    "coordination": _CARD,
    "prior_auth": (*_CARD, "cpt_codes"),
    "superbill": ("dates_of_service",),
    "payment_plan": ("amounts",),
    "refund": ("amounts", "dates_of_service"),
    "update_card": (*_CARD, "group_number"),
    "other": (),
}
"""The fields that a question can't be answered without."""


ABOUT_INSURANCE: Final = frozenset(("eligibility", "claim_denied", "coordination", "prior_auth", "update_card"))
"""The questions that nobody answers without an insurance card."""


@dataclass(frozen=True, slots=True)
class BillingFields:
    """The fields of a record, without their values.

    Attributes:
        present: Those that the message states, `question` aside.
        missing: Those that its question needs and that it does not state for every policy.
    """

    present: tuple[str, ...]
    missing: tuple[str, ...]


def billing_fields(record: InsuranceRecord) -> BillingFields:
    """Return which fields a message states, and which its question needs besides."""
    stated = {name: value for name, value in record.values().items() if name != "question"}
    complete = {name for name, value in stated.items() if not isinstance(value, list) or None not in value}
    needed = NEEDED.get(record.question or "other", ())
    return BillingFields(tuple(stated), tuple(name for name in needed if name not in complete))


def is_about_insurance(record: InsuranceRecord) -> bool:
    """Return whether a message is about an insurance, and not only about a bill."""
    return record.question in ABOUT_INSURANCE or bool(record.carrier or record.plan or record.member_id)
