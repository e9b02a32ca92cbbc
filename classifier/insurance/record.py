"""The insurance record of one message."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Final


@dataclass(frozen=True, slots=True)
class Value:
    """A normalized value, and the place in the text that it came from.

    Attributes:
        text: The value, such as "W882" for "w eight eight two".
        start: Where it starts, in characters of the original text.
        end: Where it ends.
    """

    text: str
    start: int
    end: int


Values = tuple[Value | None, ...]
"""One value for each policy or claim, the primary one first; None where the message does not say."""

LISTS: Final = frozenset(("amounts", "cpt_codes", "dates_of_service"))
"""The fields that are always lists in `InsuranceRecord.values`."""
_WITHOUT_PLACE: Final = frozenset(("relationship", "question"))
"""The fields that no single place in the text says."""


@dataclass(frozen=True, slots=True)
class InsuranceRecord:
    """What a message says about an insurance, and what it asks.

    IDs are without spaces and hyphens and in capital letters; amounts have two decimals; dates are in ISO 8601,
    "--04-12" without a year; phone numbers are digits.

    Attributes:
        carrier: Insurers, and programs such as Medicare.
        plan: Plans.
        member_id: Numbers of insured persons.
        group_number: Numbers of groups.
        claim_number: Numbers of claims and appeals.
        policy_number: Numbers of policies.
        subscriber_name: Who holds the policy, if the message says so.
        subscriber_dob: The birth date of that person.
        relationship: What the patient is to the subscriber: self, spouse, child, domestic_partner or other; one for all
            policies, or one for each.
        employer: Through whom the coverage comes.
        amounts: Every amount of money, in the order of the text.
        cpt_codes: Every procedure code.
        dates_of_service: The days of visits and procedures that were, or that the message asks about whether they are
            covered or approved.
        rx_bin: The number of the pharmacy network.
        payer_phone: A phone number of an insurer.
        question: What the message asks, one of `classifier.insurance.question.QUESTIONS`; None if it has nothing
            about insurance or bills.
    """

    carrier: Values = ()
    plan: Values = ()
    member_id: Values = ()
    group_number: Values = ()
    claim_number: Values = ()
    policy_number: Values = ()
    subscriber_name: Values = ()
    subscriber_dob: Values = ()
    relationship: tuple[str | None, ...] = ()
    employer: Values = ()
    amounts: tuple[Value, ...] = ()
    cpt_codes: tuple[Value, ...] = ()
    dates_of_service: tuple[Value, ...] = ()
    rx_bin: Values = ()
    payer_phone: Values = ()
    question: str | None = None

    def values(self) -> dict[str, object]:
        """Return the stated fields for JSON: one value, or a list where there is more than one policy or claim."""
        stated: dict[str, object] = {}
        for item in fields(self):
            found = getattr(self, item.name)
            if not found:
                continue
            if isinstance(found, str):
                stated[item.name] = found
                continue
            texts = [value.text if isinstance(value, Value) else value for value in found]
            stated[item.name] = texts if item.name in LISTS or len(texts) > 1 else texts[0]
        return stated

    def spans(self) -> dict[str, list[tuple[int, int] | None]]:
        """Return where each value of `values` came from, by its field; `relationship` and `question` have no place."""
        return {
            item.name: [None if value is None else (value.start, value.end) for value in found]
            for item in fields(self)
            if item.name not in _WITHOUT_PLACE and (found := getattr(self, item.name))
        }

    def relationship_of(self, number: int) -> str | None:
        """Return what the patient is to the holder of a policy, counted from 0; None if the message does not say."""
        if len(self.relationship) == 1:
            return self.relationship[0]
        return self.relationship[number] if number < len(self.relationship) else None
