"""A worker that dies while it mails."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from intake.vocabulary import Medium
from tasks.carriers.protocol import MessageList, Outcome, OutgoingMessage, ProviderStatus
from tasks.context import Context


class WorkerDiedError(Exception):
    """The worker is no more."""


class DyingSender:
    """Ends its worker."""

    def send(self, text: OutgoingMessage) -> Outcome:
        """Dies."""
        raise WorkerDiedError

    def list_messages(self, text: OutgoingMessage, reach: timedelta) -> MessageList | None:
        """Lists nothing."""
        return None

    def look_up(self, provider_id: str) -> ProviderStatus | None:
        """Knows nothing."""
        return None


def with_dying_mail(context: Context) -> Context:
    """The context of a worker that dies at the first mail."""
    return replace(context, senders={**context.senders, Medium.EMAIL: DyingSender()})
