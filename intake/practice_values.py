"""The types of values in a practices file, and how each explains a value that it refuses."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import date
from typing import Annotated
from zoneinfo import ZoneInfo

from phonenumbers import SUPPORTED_REGIONS
from pydantic import AfterValidator, Field

from intake import email_address, phone
from intake.errors import IntakeError
from intake.vocabulary import INTENTS, REPLIES, ROUTES_WITH_TEAMS

_CLOCK = "(?:[01][0-9]|2[0-3]):[0-5][0-9]"
_OPENING = re.compile(f"{_CLOCK}-{_CLOCK}")
TEXT_PREFIX = "sms:"
MAIL_PREFIX = "mailto:"


def is_plain_mail(address: str) -> bool:
    """Return whether an address of a notice is an email address that the service's own mail server writes to."""
    return address.startswith(MAIL_PREFIX) and not address.startswith(f"{MAIL_PREFIX}//")


def e164(value: str) -> str:
    """Return a phone number that is written in E.164; a validator, so anything else is a `ValueError`."""
    try:
        normal = phone.normalise(value)
    except IntakeError as error:
        raise ValueError(str(error)) from None
    if normal != value:
        raise ValueError(f"expected E.164, such as {normal}")
    return value


def _country(value: str) -> str:
    if value not in SUPPORTED_REGIONS:
        raise ValueError("expected the code of a country or territory, such as US, CA, or PR")
    return value


def _known_zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (KeyError, ValueError, OSError):
        raise ValueError("expected an IANA time zone such as America/New_York") from None
    return value


def _opening(value: str) -> str:
    if not _OPENING.fullmatch(value):
        raise ValueError("expected opening hours such as 08:30-17:00")
    opens, closes = value.split("-")
    if opens >= closes:
        raise ValueError("expected the opening time before the closing time, such as 08:30-17:00")
    return value


def _day_hours(value: str) -> str:
    day, _, span = value.partition(" ")
    try:
        return f"{date.fromisoformat(day).isoformat()} {_opening(span)}"
    except ValueError:
        raise ValueError("expected a date and its opening hours, such as 2026-12-24 08:00-12:00") from None


def _quiet_span(value: str) -> str:
    if not _OPENING.fullmatch(value) or value[:5] == value[6:]:
        raise ValueError("expected when it begins and ends, such as 20:00-07:00")
    return value


def _mail_address(value: str) -> str:
    try:
        return email_address.normalise(value)
    except IntakeError as error:
        raise ValueError(str(error)) from None


def _address(value: str) -> str:
    if value.startswith(TEXT_PREFIX):
        return TEXT_PREFIX + e164(value.removeprefix(TEXT_PREFIX))
    if is_plain_mail(value):
        return MAIL_PREFIX + _mail_address(value.removeprefix(MAIL_PREFIX))
    if not re.match(r"[a-z][a-z0-9+.-]*://", value, re.IGNORECASE):
        raise ValueError("expected sms:+12025550123, mailto:desk@example.com, or an apprise address such as slack://…")
    return value


def _clock(value: str) -> str:
    if not re.fullmatch(_CLOCK, value):
        raise ValueError("expected a time such as 08:00")
    return value


def _link(value: str) -> str:
    if not re.fullmatch(r"https?://\S+", value):
        raise ValueError("expected a web address such as https://example.com/page")
    return value


def _one_line(value: str) -> str:
    if value != value.strip() or not value.isprintable():
        raise ValueError("expected words on one line, without spaces around them")
    return value


def _speakable(value: str) -> str:
    if not all(word.isprintable() for word in value.split()):
        raise ValueError("expected words without control characters, which cannot be spoken")
    return value


def _member_of(members: Sequence[str]) -> Callable[[str], str]:
    """Return a validator that accepts the values of some vocabulary members."""

    def find(value: str) -> str:
        for member in members:
            if member == value:
                return member
        raise ValueError(f"expected one of {', '.join(members)}")

    return find


RouteKey = Annotated[str, AfterValidator(_member_of(ROUTES_WITH_TEAMS))]
ReplyKey = Annotated[str, AfterValidator(_member_of(REPLIES))]
IntentKey = Annotated[str, AfterValidator(_member_of(INTENTS))]
PhoneNumber = Annotated[str, AfterValidator(e164)]
MailAddress = Annotated[str, AfterValidator(_mail_address)]
Country = Annotated[str, AfterValidator(_country)]
TimeZone = Annotated[str, AfterValidator(_known_zone)]
Opening = Annotated[str, AfterValidator(_opening)]
DayHours = Annotated[str, AfterValidator(_day_hours)]
QuietSpan = Annotated[str, AfterValidator(_quiet_span)]
Clock = Annotated[str, AfterValidator(_clock)]
Address = Annotated[str, AfterValidator(_address)]
Name = Annotated[str, Field(min_length=1, max_length=60), AfterValidator(_one_line)]
Speech = Annotated[str, Field(min_length=1, max_length=1000), AfterValidator(_speakable)]
Slug = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")]
Origin = Annotated[str, Field(pattern=r"^https?://[^/\s?#@]+$")]
StringKey = Annotated[str, Field(pattern=r"^[a-z][a-zA-Z]{1,39}$")]
EmailAddress = Annotated[str, Field(max_length=64, pattern=r"^[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+$")]
Link = Annotated[str, AfterValidator(_link)]
