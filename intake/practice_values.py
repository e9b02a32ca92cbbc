"""The types of values in a practices file, and how each explains a value that it refuses."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import date
from itertools import pairwise
from typing import Annotated
from zoneinfo import ZoneInfo

from phonenumbers import SUPPORTED_REGIONS
from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo

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
    value = re.sub("-24:00$", "-23:59", value)  # which means the end of the day
    if not _OPENING.fullmatch(value):
        raise ValueError("expected opening hours such as 08:30-17:00")
    opens, closes = value.split("-")
    if opens >= closes:
        raise ValueError("expected the opening time before the closing time, such as 08:30-17:00")
    return value


def _list_of_hours(value: object) -> object:
    if isinstance(value, str):
        raise ValueError('expected a list, such as ["08:30-17:00"]')
    return value


def is_lenient(info: ValidationInfo) -> bool:
    """Return whether a running service reads a file that an earlier version may have taken."""
    return bool(info.context and info.context.get("is_lenient"))


def require_apart(spans: Sequence[str], info: ValidationInfo, day: str = "") -> None:
    """Check that the opening hours of one day do not overlap, unless a running service reads them.

    Args:
        spans: the hours.
        info: how they are read.
        day: the day, for the error, if its key does not say which.

    Raises:
        ValueError: two overlap; the message names them.
    """
    pairs = pairwise(sorted(spans))
    overlap = next((f"{first} and {second}" for first, second in pairs if second[:5] < first[6:]), "")
    if overlap and not is_lenient(info):
        raise ValueError(
            f"{day} {overlap} overlap: write one, or let the second begin when the first has ended".strip()
        )


def _apart(spans: list[str], info: ValidationInfo) -> list[str]:
    require_apart(spans, info)
    return spans


def _day_hours(value: str) -> str:
    day, _, span = value.partition(" ")
    try:
        return f"{date.fromisoformat(day).isoformat()} {_opening(span)}"
    except ValueError:
        raise ValueError("expected a date and its opening hours, such as 2026-12-24 08:00-12:00") from None


def _quiet_span(value: str) -> str:
    value = value.replace("24:00", "00:00")
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
        raise ValueError(
            "expected sms:+12025550123, mailto:desk@example.com, or a notification address such as slack://…"
        )
    return value


def _clock(value: str) -> str:
    if not re.fullmatch(_CLOCK, value):
        raise ValueError("expected a time such as 08:00")
    return value


def _link(value: str) -> str:
    if not re.fullmatch(r"https?://\S+", value):
        raise ValueError("expected a web address such as https://example.com/page")
    return value


def _part_of_sentence(value: str) -> str:
    if _one_line(value).endswith((".", "!", "?", ",", ";", ":")):
        raise ValueError("leave out the mark at the end, as in: our clinical team")
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


def _matching(pattern: str, expected: str) -> AfterValidator:
    """Return a validator of what is written in a certain way, which people read an example of."""
    compiled = re.compile(pattern)

    def check(value: str) -> str:
        if not compiled.fullmatch(value):
            raise ValueError(f"expected {expected}")
        return value

    return AfterValidator(check)


RouteKey = Annotated[str, AfterValidator(_member_of(ROUTES_WITH_TEAMS))]
ReplyKey = Annotated[str, AfterValidator(_member_of(REPLIES))]
IntentKey = Annotated[str, AfterValidator(_member_of(INTENTS))]
PhoneNumber = Annotated[str, AfterValidator(e164)]
MailAddress = Annotated[str, AfterValidator(_mail_address)]
Country = Annotated[str, AfterValidator(_country)]
TimeZone = Annotated[str, AfterValidator(_known_zone)]
Opening = Annotated[str, AfterValidator(_opening)]
DayOpenings = Annotated[list[Opening], BeforeValidator(_list_of_hours), AfterValidator(_apart)]
DayHours = Annotated[str, AfterValidator(_day_hours)]
QuietSpan = Annotated[str, AfterValidator(_quiet_span)]
Clock = Annotated[str, AfterValidator(_clock)]
Address = Annotated[str, AfterValidator(_address)]
Name = Annotated[str, Field(min_length=1, max_length=60), AfterValidator(_one_line)]
Reader = Annotated[str, Field(min_length=1, max_length=40), AfterValidator(_part_of_sentence)]
Speech = Annotated[str, Field(min_length=1, max_length=1000), AfterValidator(_speakable)]
Slug = Annotated[
    str,
    _matching("[a-z0-9][a-z0-9-]{0,62}", "small letters, digits, and hyphens, such as maple-street"),
]
Origin = Annotated[
    str,
    _matching(
        r"https?://[^/\s?#@]+",
        "the address of a site, such as https://maple.example, without a slash at the end",
    ),
]
StringKey = Annotated[str, _matching("[a-z][a-zA-Z]{1,39}", "the name of a text of the chat, such as greeting")]
EmailAddress = Annotated[
    str,
    Field(max_length=64),
    _matching(
        r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+", "an email address such as hello@maple-street.example"
    ),
]
Color = Annotated[str, _matching("#[0-9a-fA-F]{6}", "a color such as #0b6e6e")]
WidgetKey = Annotated[
    str,
    _matching("[A-Za-z0-9_-]{3,64}", "3 to 64 letters, digits, hyphens, or underscores, such as maple-street"),
]
ServiceSid = Annotated[str, _matching("MG[0-9a-fA-F]{32}", "MG and 32 digits and letters a to f, as Twilio shows it")]
Link = Annotated[str, AfterValidator(_link)]
