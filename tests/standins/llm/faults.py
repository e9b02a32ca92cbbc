"""Failures that a test scripts in advance, request by request."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tests.standins.faults import ScriptedFault, ScriptedFaults
from tests.standins.llm.conversation import Asked, Said
from tests.standins.loopback import Drop


@dataclass(eq=False, kw_only=True)
class Fault(ScriptedFault):
    """What goes wrong with the next well-made request it fits; made by one of the functions below.

    Attributes:
        times: how many requests it spoils; None for every one until `faults.clear()`.
        when: further condition on what is asked.
        status: an error to answer with.
        out_of_money: whether that error says that the account has nothing left.
        retry_after: the header that goes with it, as it is written.
        change: what becomes of what the model says.
        garbled: whether the JSON of the answer ends in the middle.
        drop: a connection closed without an answer.
        waits: whether the client first waits until `release()`, and then finds the connection closed.
        arrived: set when a request has met the fault.
    """

    times: int | None = 1
    when: Callable[[Asked], bool] = lambda asked: True
    status: int | None = None
    out_of_money: bool = False
    retry_after: str | None = None
    change: Callable[[Said], Said] | None = None
    garbled: bool = False
    drop: Drop | None = None
    waits: bool = False

    @property
    def unmet(self) -> str:
        """What to say when it was waited for in vain."""
        return "no request met the fault"

    def strike(self) -> None:
        """Note the request that met this fault, and hold it as long as it is to be held."""
        self.arrived.set()
        if self.waits:
            self._released.wait()


def error(status: int, retry_after: str | None = None, times: int | None = 1) -> Fault:
    """Answer with an error: 429, 500, 503, 529."""
    return Fault(status=status, retry_after=retry_after, times=times)


def out_of_money() -> Fault:
    """Answer, as OpenAI does, that the account has no money left: a 429 as well."""
    return Fault(status=429, out_of_money=True)


def dropped(*, reset: bool = True) -> Fault:
    """Give no answer: reset the connection, or close it in the ordinary way."""
    return Fault(drop=Drop(reset))


def hanging(when: Callable[[Asked], bool] = lambda asked: True) -> Fault:
    """Keep the request waiting until `release()`, then close the connection."""
    return Fault(waits=True, drop=Drop(reset=False), when=when)


def garbled() -> Fault:
    """Answer with a body that is the beginning of the right JSON."""
    return Fault(garbled=True)


def saying(change: Callable[[str], str], times: int | None = 1) -> Fault:
    """Have the model say something else than it would."""
    return Fault(change=lambda said: Said(change(said.text), said.is_cut), times=times)


def truncated(times: int | None = 1) -> Fault:
    """Have the model stop in the middle of its JSON, though nothing cut it."""
    return saying(lambda text: text[: len(text) // 2], times)


def cut(times: int | None = 1) -> Fault:
    """Have the limit of tokens cut the answer."""
    return Fault(change=lambda said: Said(said.text[: len(said.text) // 2], is_cut=True), times=times)


class Faults(ScriptedFaults[Fault]):
    """The scripted faults, first come first served among those that fit a request."""

    def take(self, asked: Asked) -> Fault | None:
        """The fault that this request meets, if any, counted as used once more."""
        return self._take_first(lambda fault: fault.when(asked), _use)


def _use(fault: Fault) -> bool:
    """Counts a fault as used once more, and says whether it is used up."""
    if fault.times is None:
        return False
    fault.times -= 1
    return fault.times == 0
