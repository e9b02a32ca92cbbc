"""Phone numbers in E.164, the one form in which they are stored, compared and sent."""

from __future__ import annotations

import phonenumbers

from intake.errors import IntakeError

DEFAULT_REGION = "US"
_KEYS = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "22233344455566677778889999")
_HIDDEN = frozenset(
    f"+{word.translate(_KEYS)}" for word in ("ANONYMOUS", "BLOCKED", "RESTRICTED", "UNAVAILABLE", "UNKNOWN")
)


def normalise(number: str, region: str = DEFAULT_REGION) -> str:
    """Return a phone number in E.164, such as `+12025550123`.

    Short codes, alphanumeric senders, and numbers without an area code have no E.164 form and are refused.

    Args:
        number: the number as written or as a provider sent it.
        region: ISO 3166 country assumed when the number names none.

    Raises:
        IntakeError: it cannot be a phone number. The message does not repeat it.
    """
    try:
        parsed = phonenumbers.parse(number, region)
    except phonenumbers.NumberParseException:
        raise IntakeError("not a phone number: expected E.164 such as +12025550123") from None
    # "possible" in the library's sense is a number without its area code, too
    if phonenumbers.is_possible_number_with_reason(parsed) != phonenumbers.ValidationResult.IS_POSSIBLE:
        raise IntakeError("not a possible phone number: expected E.164 such as +12025550123")
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


def country_of(number: str) -> str | None:
    """Return the country or territory of an E.164 number as an ISO 3166 code, such as `JM` for `+18765550123`.

    Eighteen countries beside the United States and Canada share the code 1. A number that no plan knows, such as one
    with a new area code, is taken to be of the country that its code stands for first.

    Returns:
        None for a number without a country, such as a satellite telephone's.
    """
    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return None
    found = phonenumbers.region_code_for_number(parsed) or phonenumbers.region_code_for_country_code(
        parsed.country_code or 0
    )
    return found if found in phonenumbers.SUPPORTED_REGIONS else None


def caller_number(value: str) -> str | None:
    """Return a caller's number in E.164, None when it is hidden or the call came from no telephone.

    Twilio writes a hidden number as a word, or as that word typed on a telephone's keys: `+266696687` is ANONYMOUS.
    """
    if not value.startswith("+") or value in _HIDDEN:
        return None
    try:
        return normalise(value)
    except IntakeError:
        return None


def spoken(number: str) -> str:
    """Return an E.164 number as patients of its country write it, such as `(202) 555-0123`."""
    parsed = phonenumbers.parse(number)
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.NATIONAL)
