"""Failures that a test scripts in advance, one for a stage of a session."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from enum import Enum, auto
from threading import Event

from tests.standins.record import DEADLINE_SECONDS


class Stage(Enum):
    """Where a session can go wrong."""

    GREETING = auto()
    EHLO = auto()
    MAIL = auto()
    RCPT = auto()
    DATA = auto()
    CONTENT = auto()  # the mail is there completely, and waits for its answer


@dataclass(eq=False, kw_only=True)
class Fault:
    """What goes wrong at the next stage it fits; made by `answer`, `drop` or `hang`.

    Attributes:
        stage: where.
        accept: at `CONTENT`, whether the mail is taken on all the same.
        reply: what is answered; None closes the connection.
        waits: whether the client first waits until `release()`.
        arrived: set when a session has met the fault.
    """

    stage: Stage
    accept: bool = False
    reply: str | None = None
    waits: bool = False
    arrived: Event = field(default_factory=Event)
    _released: Event = field(default_factory=Event)

    @classmethod
    def answer(cls, stage: Stage, code: int, text: str = "Refused by the test") -> Fault:
        """Answer with an error, or with anything else."""
        return cls(stage=stage, reply=f"{code} {text}")

    @classmethod
    def drop(cls, stage: Stage, *, accept: bool = False) -> Fault:
        """Close the connection without an answer."""
        return cls(stage=stage, accept=accept)

    @classmethod
    def hang(cls, stage: Stage, *, accept: bool = False) -> Fault:
        """Keep the client waiting until `release()`, then close the connection."""
        return cls(stage=stage, accept=accept, waits=True)

    def wait_arrived(self, timeout: float = DEADLINE_SECONDS) -> None:
        """Wait until a session has met this fault.

        Raises:
            AssertionError: none did within `timeout` seconds.
        """
        if not self.arrived.wait(timeout):
            raise AssertionError(f"no session met the fault at {self.stage.name} within {timeout:g} s")

    def release(self) -> None:
        """Let the session held by `hang` go on."""
        self._released.set()

    def strike(self) -> str | None:
        """The answer to a session that met this fault, None to close its connection."""
        self.arrived.set()
        if self.waits:
            self._released.wait()
        return self.reply


class Faults:
    """The scripted faults, each used once, first come first served at its stage."""

    def __init__(self) -> None:
        self._waiting: list[Fault] = []
        self._all: list[Fault] = []
        self._lock = threading.Lock()

    def push(self, fault: Fault) -> Fault:
        """Script a fault and return it, so that the test can wait on it."""
        with self._lock:
            self._waiting.append(fault)
            self._all.append(fault)
        return fault

    def clear(self) -> None:
        """Forget the faults not yet used up and release every session held by one."""
        with self._lock:
            self._waiting.clear()
            faults = list(self._all)
        for fault in faults:
            fault.release()

    def take(self, stage: Stage) -> Fault | None:
        """The fault that a session meets here, if any."""
        with self._lock:
            for fault in self._waiting:
                if fault.stage is stage:
                    self._waiting.remove(fault)
                    return fault
        return None
