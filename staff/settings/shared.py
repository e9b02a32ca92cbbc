"""Numbers and email addresses that another practice of the same service has, so that no message goes astray."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from intake.practice_settings import Mistake, Value
from intake.practices import TEXT_PREFIX, Practice
from intake.shared_addresses import addresses_of

ANOTHERS_NUMBER = "another practice that Intake answers for has this number"
ANOTHERS_ADDRESS = "another practice that Intake answers for has this address"
STAFF_ELSEWHERE = "patients of another practice that Intake answers for text this number; use another"


def find_shared(
    practice: Practice, values: Mapping[str, Value], taken: Collection[str], told: Collection[str]
) -> list[Mistake]:
    """Return which new values cannot be used as another practice has them, each at its own field.

    Args:
        practice: the practice as it is.
        values: the changed settings.
        taken: the numbers and email addresses that messages to other practices come in on.
        told: the numbers that other practices text their staff at.
    """
    own, found = addresses_of(practice), []
    for item, row in enumerate(_rows(values.get("phone_numbers")), start=1):
        if row["number"] not in own and (row["number"] in taken or row["number"] in told):
            found.append(Mistake("phone_numbers", ANOTHERS_NUMBER, item, "number"))
    if str(values.get("email") or "").lower() in set(taken).difference(own):
        found.append(Mistake("email", ANOTHERS_ADDRESS))
    for item, address in enumerate(_rows(values.get("former_emails")), start=1):
        if address.lower() in taken and address.lower() not in own:
            found.append(Mistake("former_emails", ANOTHERS_ADDRESS, item))
    for key, value in values.items():
        if key.endswith(".notify"):
            wrong = [item for item, each in enumerate(_rows(value), 1) if each.removeprefix(TEXT_PREFIX) in taken]
            found += [Mistake(key, STAFF_ELSEWHERE, item) for item in wrong]
    for item, row in enumerate(_rows(values.get("escalation")), start=1):
        if row["number"] in taken:
            found.append(Mistake("escalation", STAFF_ELSEWHERE, item, "address"))
    return found


def _rows(value: Value) -> list[Any]:
    return value if isinstance(value, list) else []
