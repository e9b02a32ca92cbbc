"""The interface between the outbox and message providers: requests and outcomes."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Protocol

from inbox.incoming.voicemail import VoicemailReport
from inbox.models import LineType
from intake.errors import IntakeError

TIMEOUT_SECONDS = 10.0
"""How long Twilio may take to connect, and to answer."""
ALWAYS = datetime.min.replace(tzinfo=UTC)
_WHOLE_NUMBER = re.compile(r"\+[0-9]{8,15}")
_VISIBLE = re.compile(r"\+?(?P<digits>[0-9]*)")


@dataclass(frozen=True, slots=True)
class OutgoingFile:
    """A picture or file to send.

    Attributes:
        name: what the recipient sees it called.
        content_type: what it is.
        url: where a carrier that fetches files finds it, for some hours.
        read: returns its contents; it raises `LostFileError` if there are none, and `StoreAwayError` if they
            can't be had now.
    """

    name: str = field(repr=False)
    content_type: str
    url: str = field(repr=False)
    read: Callable[[], bytes] = field(repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class OutgoingMessage:
    """A message to send.

    Attributes:
        delivery_id: the outbox row, which the status callback's URL names; None for a text to staff, which has none.
        to: the recipient's number (E.164) or email address.
        sender: a number (E.164), a messaging service's sid, or the practice's email address.
        body: the text, at most 1,600 characters.
        sending_at: when this attempt started, aware.
        from_name: the name that emails show as the sender's.
        subject: the subject of the email being answered, empty if there is none.
        in_reply_to: the Message-ID of the email being answered.
        is_answer: whether it answers a message, so that its subject says so.
        automatic: whether a program wrote it, not a person.
        files: pictures and files to send along.
        staff_mail: what an email to staff is about, as no other is, in lower-case letters, digits, and hyphens; empty
            for a reply to a patient.
    """

    delivery_id: int | None
    to: str = field(repr=False)
    sender: str
    body: str = field(repr=False)
    sending_at: datetime
    from_name: str = ""
    subject: str = field(default="", repr=False)
    in_reply_to: str | None = field(default=None, repr=False)
    is_answer: bool = True
    automatic: bool = True
    staff_mail: str = field(default="", repr=False)
    files: tuple[OutgoingFile, ...] = ()


@dataclass(frozen=True, slots=True)
class Accepted:
    """The carrier accepted the message."""

    provider_id: str


@dataclass(frozen=True, slots=True)
class Refused:
    """The carrier will never accept the message.

    Attributes:
        code: why.
        no_answer: whether the carrier did not answer, so that others should not wait for it.
    """

    code: str
    no_answer: bool = field(default=False, compare=False)


@dataclass(frozen=True, slots=True)
class Retryable:
    """The carrier definitely did not accept the message, so it is safe to retry.

    Attributes:
        code: why.
        no_answer: whether the carrier did not answer, so that others should not wait for it.
    """

    code: str
    no_answer: bool = field(default=False, compare=False)


@dataclass(frozen=True, slots=True)
class Unanswered:
    """The carrier may have accepted the message, so it must be looked up before a retry.

    Attributes:
        code: why.
        no_answer: whether the carrier did not answer, so that others should not wait for it.
    """

    code: str
    no_answer: bool = field(default=False, compare=False)


@dataclass(frozen=True, slots=True)
class NotSent:
    """The message was only shown on the console."""


@dataclass(frozen=True, slots=True)
class Postponed:
    """The carrier was not tried, because it did not answer before; this is no attempt.

    Attributes:
        wait: how long to leave the carrier alone.
    """

    wait: timedelta


Outcome = Accepted | Refused | Retryable | Unanswered | NotSent | Postponed


@dataclass(frozen=True, slots=True)
class ProviderStatus:
    """The carrier's status of a message."""

    provider_id: str
    status: str
    error_code: str | None


@dataclass(frozen=True, slots=True)
class ListedMessage:
    """A message in the carrier's list.

    Attributes:
        status: its ID and status.
        to: the recipient.
        senders: the number and the messaging service that it was sent from.
        body: the text as the carrier shows it, which may have redacted it.
        created_at: when the carrier accepted it, by the carrier's clock; None if it does not say.
        has_files: whether pictures or files go with it.
    """

    status: ProviderStatus
    to: str | None = field(repr=False)
    senders: frozenset[str]
    body: str | None = field(repr=False)
    created_at: datetime | None
    has_files: bool = False

    @property
    def hides_number(self) -> bool:
        """Whether the recipient can't be told: the carrier masks numbers ("+1202555XXXX"), or shows none."""
        return not _WHOLE_NUMBER.fullmatch(self.to or "")

    def may_be_to(self, number: str) -> bool:
        """Return whether the recipient is hidden, and what is shown of it is how this number begins."""
        visible = _VISIBLE.match(self.to or "")
        return self.to != number and visible is not None and number.removeprefix("+").startswith(visible["digits"])


@dataclass(frozen=True, slots=True)
class MessageList:
    """The carrier's list of messages to one recipient, and of others among which a message to it may be hidden.

    Attributes:
        at: when the carrier answered, by its own clock.
        messages: the messages.
        complete_since: from when on it has all messages, by the carrier's clock.
    """

    at: datetime
    messages: tuple[ListedMessage, ...]
    complete_since: datetime


class Sender(Protocol):
    """Sends messages through one provider."""

    def send(self, text: OutgoingMessage) -> Outcome:
        """Try to send a message once, within a bounded time."""
        ...

    def list_messages(self, text: OutgoingMessage, reach: timedelta) -> MessageList | None:
        """Return the carrier's list of messages to this recipient, None if the carrier keeps no list.

        Args:
            text: the message that is searched for.
            reach: how far back from the carrier's answer the list is to go.

        Raises:
            CarrierUnreachableError: the carrier could not be reached.
        """
        ...

    def look_up(self, provider_id: str) -> ProviderStatus | None:
        """Return the status of an accepted message, None if the carrier does not know it.

        Raises:
            CarrierUnreachableError: the carrier could not be reached.
        """
        ...


class Lookup(Protocol):
    """Looks up what webhooks do not report."""

    def line_type(self, number: str) -> LineType:
        """Return a number's line type, UNKNOWN if it is neither a mobile nor a landline.

        Raises:
            CarrierUnreachableError: the carrier could not be reached.
        """
        ...

    def recordings(self, call_sid: str) -> Sequence[VoicemailReport]:
        """Return a report on each recording of a call.

        Raises:
            CarrierUnreachableError: the carrier could not be reached.
        """
        ...


class LostFileError(IntakeError):
    """A file that is to be sent is no longer there."""


class CarrierUnreachableError(Exception):
    """The carrier gave no usable answer to a lookup."""

    def __init__(self, reason: str, *, answered: bool = False) -> None:
        """Create an error.

        Args:
            reason: why, without numbers or addresses.
            answered: whether the carrier answered with an error, and so keeps no one waiting.
        """
        super().__init__(reason)
        self.answered = answered
