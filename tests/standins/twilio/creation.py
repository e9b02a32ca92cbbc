"""What Twilio checks before it takes on a message, in the order it checks.

Source: https://www.twilio.com/docs/messaging/api/message-resource#create-a-message, and Twilio's error list.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urlsplit

from tests.standins.twilio.errors import bad_request
from tests.standins.twilio.messages import Message
from tests.standins.twilio.segments import utf16_units

Parameters = Mapping[str, list[str]]

REPEATABLE = frozenset({"MediaUrl", "PersistentAction"})
KNOWN = REPEATABLE | {
    "AddressRetention", "ApplicationSid", "Attempt", "Body", "ContentRetention", "ContentSid",
    "ContentVariables", "FallbackFrom", "ForceDelivery", "From", "MaxPrice", "MessageIntent",
    "MessagingServiceSid", "ProvideFeedback", "RiskCheck", "ScheduleType", "SendAsMms", "SendAt",
    "ShortenUrls", "SmartEncoded", "StatusCallback", "To", "TrafficType", "ValidityPeriod",
}  # fmt: skip

LONGEST_BODY = 1600
MOST_MEDIA = 10

_E164 = re.compile(r"\+[1-9][0-9]{6,14}")
# No underscore: Twilio refuses such host names outright.
_HOST = re.compile(r"[A-Za-z0-9.:-]+")


@dataclass
class Account:
    """What Twilio knows of the account; tests may change it while the stand-in runs.

    Attributes:
        numbers: phone numbers owned, E.164.
        messaging_services: sid of each messaging service → its sender pool, the first number preferred.
        opted_out: numbers that have sent STOP; sending to one is refused with 21610.
        unverified: numbers a trial account has not verified; sending to one is refused with 21608.
    """

    sid: str
    auth_token: str = field(repr=False)
    numbers: set[str]
    messaging_services: dict[str, list[str]]
    opted_out: set[str] = field(default_factory=set)
    unverified: set[str] = field(default_factory=set)


def create(form: Parameters, account: Account, moment: datetime) -> Message:
    """The message that a create request asks for at this moment by Twilio's clock.

    Raises:
        ApiError: Twilio refuses it.
    """
    values = {name: texts[-1] for name, texts in form.items()}
    to = _recipient(values)
    sender, service = _sender(values, account)
    body, media = _content(values.get("Body", ""), form.get("MediaUrl", []))
    callback = _status_callback(values.get("StatusCallback"))
    _refuse_unreachable(to, sender, account)
    return Message(
        account_sid=account.sid,
        to=to,
        from_=sender,
        body=body,
        direction="outbound-api",
        status="accepted" if service else "queued",
        messaging_service_sid=service,
        status_callback=callback,
        media_urls=media,
        date_created=moment,
        date_updated=moment,
    )


def violations(form: Parameters) -> list[str]:
    """What Twilio would let pass in silence although its API does not know it; names only, no values."""
    unknown = [f"unknown parameter {name}" for name in sorted(form.keys() - KNOWN)]
    repeated = [
        f"repeated parameter {name}"
        for name, texts in sorted(form.items())
        if len(texts) > 1 and name not in REPEATABLE
    ]
    return unknown + repeated


def _recipient(values: Mapping[str, str]) -> str:
    to = values.get("To", "")
    if not to:
        raise bad_request(21604, "A 'To' phone number is required.")
    if not _E164.fullmatch(to):
        raise bad_request(21211, f"The 'To' number {to} is not a valid phone number.")
    return to


def _sender(values: Mapping[str, str], account: Account) -> tuple[str | None, str | None]:
    """Number and messaging service; both may be given if the number is in the service's pool."""
    number, service = values.get("From") or None, values.get("MessagingServiceSid") or None
    if not number and not service:
        raise bad_request(21603, "A 'From' phone number is required.")
    if number and not _E164.fullmatch(number):
        raise bad_request(
            21212,
            f"The 'From' number {number} is not a valid phone number, shortcode, or alphanumeric sender ID.",
        )
    if number and number not in account.numbers:
        raise bad_request(
            21606,
            f"The From phone number {number} is not a valid, SMS-capable inbound phone number or short code"
            " for your account.",
        )
    if service and service not in account.messaging_services:
        raise bad_request(21701, f"The Messaging Service {service} does not exist.")
    if service and not account.messaging_services[service]:
        raise bad_request(21704, f"The Messaging Service {service} contains no phone numbers.")
    if number and service and number not in account.messaging_services[service]:
        raise bad_request(21711, f"The 'From' number {number} does not belong to the Messaging Service {service}.")
    return number, service


def _content(body: str, media: list[str]) -> tuple[str, tuple[str, ...]]:
    if not body and not media:
        raise bad_request(21602, "Message body is required.")
    # Twilio does not say how it counts characters; UTF-16 units are the stricter reading.
    if utf16_units(body) > LONGEST_BODY:
        raise bad_request(21617, f"The concatenated message body exceeds the {LONGEST_BODY} character limit.")
    if len(media) > MOST_MEDIA:
        raise bad_request(21623, "Number of media files exceeds allowed limit.")
    if not all(_is_absolute_url(url) for url in media):
        raise bad_request(21620, "Invalid media URL(s).")
    return body, tuple(media)


def _status_callback(url: str | None) -> str | None:
    if url is not None and not _is_absolute_url(url):
        raise bad_request(21609, f"The StatusCallback URL {url} is not a valid URL.")
    return url


def _refuse_unreachable(to: str, sender: str | None, account: Account) -> None:
    if to == sender:
        raise bad_request(21266, f"'To' and 'From' number cannot be the same: {to}")
    if to in account.unverified:
        raise bad_request(
            21608,
            f"The number {to} is unverified. Trial accounts cannot send messages to unverified numbers;"
            f" verify {to} at twilio.com/user/account/phone-numbers/verified, or purchase a Twilio number to"
            " send messages to unverified numbers",
        )
    if to in account.opted_out:
        raise bad_request(21610, "Attempt to send to unsubscribed recipient")


def _is_absolute_url(url: str) -> bool:
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return False
    printable = url.isascii() and url.isprintable() and " " not in url
    return printable and parts.scheme in {"http", "https"} and bool(host and _HOST.fullmatch(host))
