"""Detect values that could belong to a real person; the corpus has slots for them instead."""

from __future__ import annotations

import re

from phonenumbers import Leniency, PhoneNumberMatcher

_EMAIL = re.compile(r"[\w.+-]+@[\w-]+\.\w|\b\w+ at \w+ dot (?:com|org|net|edu)\b", re.IGNORECASE)
_SOCIAL_SECURITY = re.compile(r"(?<!\d)\d{3}([- ]?)\d{2}\1\d{4}(?!\d)")
_LOCAL_PHONE = re.compile(r"(?<![\d-])\d{3}[-. ]\d{4}(?![\d-])")
_DIGIT = r"(?:\d|zero|oh|one|two|three|four|five|six|seven|eight|nine)"
# Seven digits spoken one at a time: the shortest phone number.
_SPELLED = re.compile(rf"\b{_DIGIT}(?:[\s,.-]+{_DIGIT}\b){{6,}}", re.IGNORECASE)


def has_personal_value(text: str) -> bool:
    """Return whether a text has a phone number, an email address or a social security number, written or spoken."""
    if any(pattern.search(text) for pattern in (_EMAIL, _SOCIAL_SECURITY, _LOCAL_PHONE, _SPELLED)):
        return True
    return any(PhoneNumberMatcher(text, "US", leniency=Leniency.VALID))
