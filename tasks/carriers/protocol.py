"""What the outbox says to whoever carries a reply, and what it can hear back."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from inbox.models import LineType
from inbox.voicemail import Report


@dataclass(frozen=True, slots=True)
class OutgoingMessage:
    """A reply to hand over.

    Attributes:
        delivery_id: the outbox row, named in the status callback's address; None for a text to staff, which has none.
        to: the patient's number (E.164) or email address.
        sender: a number (E.164), a messaging service's sid, or the practice's email address.
        body: at most 1,600 characters.
        sending_at: when this attempt began, aware.
        from_name: the practice's name, where an email shows it.
        subject: of the email that is answered; empty when there was none.
        in_reply_to: Message-ID of the email that is answered.
        automatic: a program wrote it, rather than a person.
    """

    delivery_id: int | None
    to: str = field(repr=False)
    sender: str
    body: str = field(repr=False)
    sending_at: datetime
    from_name: str = ""
    subject: str = field(default="", repr=False)
    in_reply_to: str | None = field(default=None, repr=False)
    automatic: bool = True


@dataclass(frozen=True, slots=True)
class Accepted:
    """The carrier has it."""

    provider_id: str


@dataclass(frozen=True, slots=True)
class Refused:
    """The carrier will never take it."""

    code: str


@dataclass(frozen=True, slots=True)
class Retryable:
    """The carrier did not take it now, for certain; another try is safe."""

    code: str


@dataclass(frozen=True, slots=True)
class Unanswered:
    """The carrier may or may not have taken it; another try is not safe before looking."""

    code: str


@dataclass(frozen=True, slots=True)
class NotSent:
    """It went to the console and to nobody else."""


Outcome = Accepted | Refused | Retryable | Unanswered | NotSent


@dataclass(frozen=True, slots=True)
class ProviderStatus:
    """A text that the carrier has, and how it stands there."""

    provider_id: str
    status: str
    error_code: str | None


class Sender(Protocol):
    """A way to send replies."""

    def send(self, text: OutgoingMessage) -> Outcome:
        """Hand a text over, once, within a bounded time."""
        ...

    def find(self, text: OutgoingMessage, known: frozenset[str]) -> ProviderStatus | None:
        """Look for a text whose hand-over was not answered.

        Args:
            text: what was handed over.
            known: provider ids that belong to other deliveries.

        Raises:
            CarrierUnreachableError: the carrier could not be asked.
        """
        ...

    def look_up(self, provider_id: str) -> ProviderStatus | None:
        """Ask how a text that was accepted stands.

        Raises:
            CarrierUnreachableError: the carrier could not be asked.
        """
        ...


class Lookup(Protocol):
    """A way to find out what no webhook said."""

    def line_type(self, number: str) -> LineType:
        """Ask what a number is; UNKNOWN when that cannot be found out now."""
        ...

    def recording(self, call_sid: str) -> Report:
        """Ask for the recording of a call; ABSENT when there is none.

        Raises:
            CarrierUnreachableError: the carrier could not be asked.
        """
        ...


class CarrierUnreachableError(Exception):
    """The carrier gave no usable answer to a question."""
