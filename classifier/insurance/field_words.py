"""What people call the fields of an insurance record, as words within a sentence."""

from __future__ import annotations

from typing import Final

FIELD_WORDS: Final[dict[str, str]] = {
    "carrier": "insurance company",
    "plan": "plan",
    "member_id": "member ID",
    "policy_number": "policy number",
    "group_number": "group number",
    "rx_bin": "RxBIN",
    "claim_number": "claim number",
    "subscriber_name": "policyholder name",
    "subscriber_dob": "policyholder date of birth",
    "relationship": "relationship to the policyholder",
    "employer": "employer",
    "payer_phone": "insurance phone number",
    "amounts": "amount",
    "cpt_codes": "procedure code",
    "dates_of_service": "date of service",
    "question": "question",
}
"""Each field, in the order in which a card is written."""


def field_label(name: str) -> str:
    """Return the words of a field as a label begins."""
    words = FIELD_WORDS[name]
    return words[:1].upper() + words[1:]
