"""The carrier of a service without credentials: nothing leaves, and everything says so."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import structlog

from inbox.incoming.voicemail import VoicemailReport
from inbox.models import LineType
from tasks.carriers.protocol import MessageList, NotSent, Outcome, OutgoingMessage, ProviderStatus

log = structlog.get_logger(__name__)


class ConsoleSender:
    """Sends nothing: marks the delivery as not sent and leaves its text in the database."""

    def __init__(self, reason: str) -> None:
        """Create a sender that logs why nothing is sent."""
        self._reason = reason

    def send(self, text: OutgoingMessage) -> Outcome:
        """Log that the text was not sent."""
        log.warning("reply_not_sent", delivery_id=text.delivery_id, reason=self._reason)
        return NotSent()

    def list_messages(self, text: OutgoingMessage, reach: timedelta) -> MessageList | None:
        """Return None: without credentials there is no list."""
        return None

    def look_up(self, provider_id: str) -> ProviderStatus | None:
        """Return None, because nothing was sent."""
        return None


class NoLookup:
    """Looks up nothing."""

    def line_type(self, number: str) -> LineType:
        """Return UNKNOWN."""
        return LineType.UNKNOWN

    def recordings(self, call_sid: str) -> Sequence[VoicemailReport]:
        """Return none."""
        return ()
