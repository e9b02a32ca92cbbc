"""The Message resource, and the account's store of them."""

from __future__ import annotations

import itertools
import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

from tests.standins.record import Record
from tests.standins.twilio.segments import segment_count

API_VERSION = "2010-04-01"

# How far along a message is. Callbacks arrive in any order; the resource itself only moves forward.
_PROGRESS = {
    "accepted": 0,
    "queued": 1,
    "sending": 2,
    "sent": 3,
    "delivered": 4,
    "undelivered": 4,
    "failed": 4,
}

_arrivals = itertools.count()


def new_sid(prefix: str) -> str:
    """A fresh identifier: a two-letter prefix and 32 hexadecimal digits."""
    return prefix + secrets.token_hex(16)


def now() -> datetime:
    """The time in UTC, in whole seconds, which is all that Twilio's dates carry."""
    return datetime.now(UTC).replace(microsecond=0)


def _media_sid(url: str) -> str:
    """The identifier in the address of a picture that Twilio keeps; a fresh one if it is to fetch it."""
    found = url.rpartition("/Media/")[2]
    return found if found.startswith("ME") else new_sid("ME")


def _mask(number: str) -> str:
    return f"{number[:-4]}XXXX"


@dataclass(kw_only=True)
class Message:
    """One SMS or MMS, in or out.

    Attributes:
        from_: None until a messaging service has chosen a sender.
        date_sent: None until the message has left Twilio's queue.
        hidden_from_listings: how many more list answers leave this message out.
        hidden_until: when lists begin to show it, by Twilio's clock; None if they do at once.
    """

    account_sid: str
    to: str = field(repr=False)
    from_: str | None = field(repr=False)
    body: str = field(repr=False)
    direction: str
    status: str
    sid: str = ""
    messaging_service_sid: str | None = None
    status_callback: str | None = field(default=None, repr=False)
    media_urls: tuple[str, ...] = ()
    media_sids: tuple[str, ...] = ()
    date_created: datetime = field(default_factory=now)
    date_sent: datetime | None = None
    date_updated: datetime = field(default_factory=now)
    error_code: int | None = None
    hidden_from_listings: int = 0
    hidden_until: datetime | None = None
    arrival: int = field(default_factory=lambda: next(_arrivals))

    def __post_init__(self) -> None:
        self.sid = self.sid or new_sid("MM" if self.media_urls else "SM")
        self.media_sids = tuple(_media_sid(url) for url in self.media_urls)

    @property
    def path(self) -> str:
        return f"/{API_VERSION}/Accounts/{self.account_sid}/Messages/{self.sid}"

    @property
    def num_segments(self) -> str:
        """As Twilio counts: "0" while a messaging service has not chosen a sender."""
        return str(segment_count(self.body)) if self.from_ else "0"

    def shown_numbers(self, *, redacts: bool) -> tuple[str | None, str]:
        """From and To as anybody sees them: an account that redacts numbers masks the patient's after the queue."""
        if not redacts or self.date_sent is None:
            return self.from_, self.to
        if self.direction == "inbound":
            return self.from_ and _mask(self.from_), self.to
        return self.from_, _mask(self.to)

    def is_listed(self, moment: datetime) -> bool:
        """Whether lists show it at this moment."""
        return self.hidden_from_listings == 0 and (self.hidden_until is None or self.hidden_until <= moment)

    def advance(self, status: str, error_code: int | None = None, at: datetime | None = None) -> None:
        """Move to a later status, now or at a time by Twilio's clock; an earlier status is ignored."""
        if _PROGRESS[status] <= _PROGRESS[self.status]:
            return
        self.status, self.error_code, self.date_updated = status, error_code, at or now()
        if self.date_sent is None and status not in {"queued", "sending", "failed"}:
            self.date_sent = self.date_updated

    def resource(self, redacted_body: str | None = None, *, redacts_numbers: bool = False) -> dict[str, Any]:
        """The JSON of the API's answers, with something else in place of the body if the account redacts it."""
        from_, to = self.shown_numbers(redacts=redacts_numbers)
        return {
            "account_sid": self.account_sid,
            "api_version": API_VERSION,
            "body": self.body if redacted_body is None else redacted_body,
            "date_created": format_datetime(self.date_created),
            "date_sent": format_datetime(self.date_sent) if self.date_sent else None,
            "date_updated": format_datetime(self.date_updated),
            "direction": self.direction,
            "error_code": self.error_code,
            "error_message": None,
            "from": from_,
            "messaging_service_sid": self.messaging_service_sid,
            "num_media": str(len(self.media_urls)),
            "num_segments": self.num_segments,
            "price": None,
            "price_unit": "USD",
            "sid": self.sid,
            "status": self.status,
            "subresource_uris": {"media": f"{self.path}/Media.json"},
            "to": to,
            "uri": f"{self.path}.json",
        }


class MessageStore:
    """Every message of the account, safe between threads."""

    def __init__(self) -> None:
        self.outbound: Record[Message] = Record("messages accepted for sending")
        self.inbound: Record[Message] = Record("inbound messages")

    def newest_first(self) -> list[Message]:
        """All of them, in and out."""
        messages = self.outbound.entries() + self.inbound.entries()
        return sorted(messages, key=lambda message: message.arrival, reverse=True)

    def find(self, sid: str) -> Message | None:
        """The message with this identifier."""
        return next((message for message in self.newest_first() if message.sid == sid), None)
