"""The stand-ins of the tests, with what only a fault needs: time that is moved on, answers that hang or trickle."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from tests.standins.hook import HookReceiver
from tests.standins.loopback import Drop, Request, Response
from tests.standins.server import TrackedConnections
from tests.standins.twilio import Message, TwilioStandIn
from tests.standins.twilio.standin import LOOKUP_PATH

TRICKLE_BYTES = 40
_MESSAGES = "/Messages.json"


@dataclass(frozen=True, slots=True)
class Sent:
    """A text that Twilio took on, as it was handed over."""

    at: float
    sid: str
    to: str = field(repr=False)
    body: str = field(repr=False)


class FaultyTwilio(TwilioStandIn):
    """Twilio's stand-in on a clock that the harness can move on.

    Attributes:
        trickled: how many more answers come in drops, one every `drop_seconds`.
        drop_seconds: the pause between two drops.
        late_waiting: how many texts wait to be taken on late.
    """

    def __init__(self) -> None:
        super().__init__()
        self.trickled = 0
        self.drop_seconds = 0.3
        self._sent: list[Sent] = []
        self._moved = 0.0
        self._late: list[float] = []
        self.late_waiting = 0
        self._clock = threading.Condition()
        self._in_hand = 0
        self._stopping = False
        self._lookups_answer = threading.Event()
        self._lookups_answer.set()

    @property
    def sent(self) -> list[Sent]:
        """Everything that was taken on, oldest first, whatever the account keeps of it."""
        with self._clock:
            return list(self._sent)

    @property
    def is_busy(self) -> bool:
        """Whether a request is being answered; those that will be taken on late do not count."""
        with self._clock:
            return self._in_hand > 0

    def accept_late(self, seconds: float, times: int) -> None:
        """Take the next few texts on only after so long, when nobody waits for the answer any more."""
        self._late += [seconds] * times

    def hang_lookups(self) -> None:
        """Leave every look-up without an answer until `answer_lookups`."""
        self._lookups_answer.clear()

    def answer_lookups(self) -> None:
        """Answer look-ups again, those that wait too."""
        self._lookups_answer.set()

    def pass_time(self, seconds: float) -> None:
        """Let so much time go by at Twilio."""
        with self._clock:
            self._moved += seconds
            self._clock.notify_all()
        for message in self.messages:
            _move_back(message, timedelta(seconds=round(seconds)))

    def respond(self, request: Request) -> Response | Drop:
        """Answer one request, when its time has come."""
        if request.path.startswith(LOOKUP_PATH):
            self._lookups_answer.wait()
        if request.path.endswith(_MESSAGES) and request.method == "POST":
            self._wait_if_late()
        with self._counted():
            return super().respond(request)

    def stop(self) -> None:
        """Let go of everything that waits, then stop."""
        with self._clock:
            self._stopping = True
            self._clock.notify_all()
        self.answer_lookups()
        super().stop()

    def open_server(self) -> TrackedConnections:
        """Return the server, whose answers may come in drops."""
        server: Any = super().open_server()
        server.RequestHandlerClass = type("Handler", (_Handler, server.RequestHandlerClass), {"twilio": self})
        return server  # type: ignore[no-any-return]

    def take_trickle(self) -> bool:
        """Return whether this answer comes in drops."""
        with self._clock:
            self.trickled -= 1
            return self.trickled >= 0

    def _send(self, message: Message) -> None:
        super()._send(message)
        with self._clock:
            self._sent.append(Sent(time.monotonic(), message.sid, message.to, message.body))

    def _now(self) -> float:
        return time.monotonic() + self._moved

    def _wait_if_late(self) -> None:
        with self._clock:
            if self._late:
                due = self._now() + self._late.pop()
                self.late_waiting += 1
                while self._now() < due and not self._stopping:
                    self._clock.wait(0.2)
                self.late_waiting -= 1

    @contextmanager
    def _counted(self) -> Iterator[None]:
        with self._clock:
            self._in_hand += 1
        try:
            yield
        finally:
            with self._clock:
                self._in_hand -= 1


class Hook(HookReceiver):
    """A notification service that may hang, and that notes when it was told what."""

    def __init__(self) -> None:
        super().__init__()
        self._answers = threading.Event()
        self._answers.set()
        self.waiting = threading.Event()
        self.told: list[tuple[float, str]] = []

    @property
    def as_on_call(self) -> str:
        """The team that is on call and is notified here, as TOML."""
        return f"on_call = {{ notify = ['{self.apprise_url('/on-call')}'] }}"

    def hang(self) -> None:
        """Leave every notification without an answer until `answer_again`."""
        self._answers.clear()

    def answer_again(self) -> None:
        """Take notifications again."""
        self._answers.set()

    def respond(self, request: Request) -> Response:
        """Take in one notification, when its time has come; those whose sender has gone are not taken."""
        if not self._answers.is_set():
            self.waiting.set()
            self._answers.wait()
            return Response(503)
        response = super().respond(request)
        if response.status == 200:
            self.told.append((time.monotonic(), request.body.decode("utf-8", "replace")))
        return response

    def stop(self) -> None:
        """Let go of everything that waits, then stop."""
        self.answer_again()
        super().stop()


class _Handler:
    """Mixed into the stand-in's handler."""

    twilio: FaultyTwilio
    wfile: Any

    def setup(self) -> None:
        super().setup()  # type: ignore[misc]
        self.wfile = _Drops(self.wfile, self.twilio)


class _Drops:
    """What a connection is written to: at once, or a few bytes at a time."""

    def __init__(self, wrapped: Any, twilio: FaultyTwilio) -> None:
        self._wrapped, self._twilio, self._trickles = wrapped, twilio, False

    def write(self, data: bytes) -> None:
        if data.startswith(b"HTTP/"):
            self._trickles = self._twilio.take_trickle()
        size = TRICKLE_BYTES if self._trickles else max(len(data), 1)
        for start in range(0, len(data), size):
            self._wrapped.write(data[start : start + size])
            if self._trickles:
                time.sleep(self._twilio.drop_seconds)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._wrapped, name)


def _move_back(message: Message, span: timedelta) -> None:
    message.date_created -= span
    message.date_updated -= span
    if message.date_sent is not None:
        message.date_sent -= span
    if message.hidden_until is not None:
        message.hidden_until -= span
