"""Circuit breakers: a carrier that does not answer is left alone for a while, so that it holds no worker."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import TypeVar

import structlog
from pybreaker import (
    STATE_CLOSED,
    CircuitBreaker,
    CircuitBreakerError,
    CircuitBreakerListener,
    CircuitBreakerState,
    CircuitMemoryStorage,
)

from inbox.incoming.voicemail import VoicemailReport
from inbox.models import LineType
from tasks.carriers.protocol import (
    Accepted,
    CarrierUnreachableError,
    Lookup,
    MessageList,
    NotSent,
    Outcome,
    OutgoingMessage,
    Postponed,
    ProviderStatus,
    Sender,
)

log = structlog.get_logger(__name__)

FAILURES = 3
OPEN_SECONDS = 30.0
Answer = TypeVar("Answer")


class Circuit:
    """The circuit to one carrier: closed, or open after three failures in a row.

    While it is open, nothing is sent. After 30 seconds, one request tries whether the carrier answers again.
    """

    def __init__(self, name: str, open_seconds: float = OPEN_SECONDS) -> None:
        """Create a closed circuit.

        Args:
            name: what logs call it; no address or token.
            open_seconds: how long it stays open.
        """
        self._storage = _MonotonicStorage(STATE_CLOSED)
        self._open_seconds = open_seconds
        self._breaker = CircuitBreaker(
            fail_max=FAILURES,
            reset_timeout=open_seconds,
            state_storage=self._storage,
            exclude=[_answered],
            listeners=[_Logger()],
            name=name,
            throw_new_error_on_trip=False,
        )

    def send(self, send: Callable[[], Outcome]) -> Outcome:
        """Send, or return `Postponed` if the circuit is open."""

        def attempt() -> Outcome:
            outcome = send()
            if not isinstance(outcome, Accepted | NotSent | Postponed) and outcome.no_answer:
                raise _NoAnswerError(outcome)
            return outcome

        try:
            return self._breaker.call(attempt)
        except _NoAnswerError as error:
            return error.outcome
        except CircuitBreakerError:
            return Postponed(timedelta(seconds=max(0.0, self._open_seconds - self._storage.open_seconds)))

    def ask(self, ask: Callable[[], Answer]) -> Answer:
        """Ask the carrier something.

        Raises:
            CarrierUnreachableError: the carrier gave no usable answer, or the circuit is open.
        """
        try:
            return self._breaker.call(ask)
        except CircuitBreakerError:
            raise CarrierUnreachableError("left alone after several failures") from None


class CircuitSender:
    """A sender behind circuits: one for sending, and one for looking up what became of messages."""

    def __init__(self, sender: Sender, name: str, open_seconds: float = OPEN_SECONDS) -> None:
        """Put a sender behind circuits of this name."""
        self._sender = sender
        self._sending = Circuit(name, open_seconds)
        self._asking = Circuit(f"{name} status", open_seconds)

    def send(self, text: OutgoingMessage) -> Outcome:
        """Try to send a message once, unless the circuit is open."""
        return self._sending.send(lambda: self._sender.send(text))

    def list_messages(self, text: OutgoingMessage, reach: timedelta) -> MessageList | None:
        """Return the carrier's list of messages to this recipient."""
        return self._asking.ask(lambda: self._sender.list_messages(text, reach))

    def look_up(self, provider_id: str) -> ProviderStatus | None:
        """Return the status of an accepted message."""
        return self._asking.ask(lambda: self._sender.look_up(provider_id))


class CircuitLookup:
    """A lookup behind circuits: one for line types, and one for recordings."""

    def __init__(self, lookup: Lookup, name: str, open_seconds: float = OPEN_SECONDS) -> None:
        """Put a lookup behind circuits of this name."""
        self._lookup = lookup
        self._numbers = Circuit(f"{name} line types", open_seconds)
        self._recordings = Circuit(f"{name} recordings", open_seconds)

    def line_type(self, number: str) -> LineType:
        """Return a number's line type."""
        return self._numbers.ask(lambda: self._lookup.line_type(number))

    def recordings(self, call_sid: str) -> Sequence[VoicemailReport]:
        """Return a report on each recording of a call."""
        return self._recordings.ask(lambda: self._lookup.recordings(call_sid))


class _NoAnswerError(Exception):
    """The carrier did not answer."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__()
        self.outcome = outcome


def _answered(error: Exception) -> bool:
    return isinstance(error, CarrierUnreachableError) and error.answered


class _MonotonicStorage(CircuitMemoryStorage):
    """The circuit's state in memory. A clock that is set back does not keep it open."""

    _opened: float | None = None

    @property
    def open_seconds(self) -> float:
        """How long ago it was opened."""
        return 0.0 if self._opened is None else time.monotonic() - self._opened

    @property
    def opened_at(self) -> datetime | None:
        """When it was opened, by the clock as it is now."""
        return None if self._opened is None else datetime.now(UTC) - timedelta(seconds=self.open_seconds)

    @opened_at.setter
    def opened_at(self, moment: datetime) -> None:
        """Note that it is opened now."""
        self._opened = time.monotonic()


class _Logger(CircuitBreakerListener):
    def state_change(
        self, cb: CircuitBreaker, old_state: CircuitBreakerState | None, new_state: CircuitBreakerState
    ) -> None:
        """Log that a carrier is left alone, tried, or used again."""
        log.warning("carrier_circuit", carrier=cb.name, state=new_state.name)
