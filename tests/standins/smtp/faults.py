"""Failures that a test scripts in advance, one for a stage of a session."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

from tests.standins.faults import ScriptedFault, ScriptedFaults


class Stage(Enum):
    """Where a session can go wrong."""

    GREETING = auto()
    EHLO = auto()
    MAIL = auto()
    RCPT = auto()
    DATA = auto()
    CONTENT = auto()  # the mail is there completely, and waits for its answer


@dataclass(eq=False, kw_only=True)
class Fault(ScriptedFault):
    """What goes wrong at the next stage it fits; made by `answer`, `drop` or `hang`.

    Attributes:
        stage: where.
        accept: at `CONTENT`, whether the mail is taken on all the same.
        reply: what is answered; None closes the connection.
        waits: whether the client first waits until `release()`.
    """

    stage: Stage
    accept: bool = False
    reply: str | None = None
    waits: bool = False

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

    @property
    def unmet(self) -> str:
        """What to say when it was waited for in vain."""
        return f"no session met the fault at {self.stage.name}"

    def strike(self) -> str | None:
        """The answer to a session that met this fault, None to close its connection."""
        self.arrived.set()
        if self.waits:
            self._released.wait()
        return self.reply


class Faults(ScriptedFaults[Fault]):
    """The scripted faults, each used once, first come first served at its stage."""

    def take(self, stage: Stage) -> Fault | None:
        """The fault that a session meets here, if any."""
        return self._take_first(lambda fault: fault.stage is stage, lambda fault: True)
