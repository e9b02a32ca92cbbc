"""The carrier of a service without credentials: nothing leaves, and everything says so."""

from __future__ import annotations

import structlog

from inbox.models import LineType
from inbox.voicemail import RecordingState, Report
from tasks.carriers.protocol import NotSent, Outcome, OutgoingMessage, ProviderStatus

log = structlog.get_logger(__name__)


class ConsoleSender:
    """Sends nothing: the delivery is marked as not sent, and its text stays in the database."""

    def __init__(self, reason: str) -> None:
        """Take the reason that is logged."""
        self._reason = reason

    def send(self, text: OutgoingMessage) -> Outcome:
        """Note that the text was not sent."""
        log.warning("reply_not_sent", delivery_id=text.delivery_id, reason=self._reason)
        return NotSent()

    def find(self, text: OutgoingMessage, known: frozenset[str]) -> ProviderStatus | None:
        """Find nothing, as nothing was ever sent."""
        return None

    def look_up(self, provider_id: str) -> ProviderStatus | None:
        """Know of nothing."""
        return None


class NoLookup:
    """Finds out nothing."""

    def line_type(self, number: str) -> LineType:
        """Know of nothing."""
        return LineType.UNKNOWN

    def recording(self, call_sid: str) -> Report:
        """Know of none."""
        return Report(recording=RecordingState.ABSENT)
