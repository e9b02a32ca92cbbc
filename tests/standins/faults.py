"""What scripted faults have in common, whatever they are scripted for."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Event
from typing import Generic, TypeVar

from tests.standins.record import DEADLINE_SECONDS


@dataclass(eq=False, kw_only=True)
class ScriptedFault:
    """Something that goes wrong, and on which a test can wait.

    Attributes:
        arrived: set when the fault has been met.
    """

    arrived: Event = field(default_factory=Event)
    _released: Event = field(default_factory=Event)

    @property
    def unmet(self) -> str:
        """What to say when it was waited for in vain, such as `no create request met the fault`."""
        raise NotImplementedError

    def wait_arrived(self, timeout: float = DEADLINE_SECONDS) -> None:
        """Wait until something has met this fault.

        Raises:
            AssertionError: nothing did within `timeout` seconds.
        """
        if not self.arrived.wait(timeout):
            raise AssertionError(f"{self.unmet} within {timeout:g} s")

    def release(self) -> None:
        """Let go on what the fault holds."""
        self._released.set()


Fault = TypeVar("Fault", bound=ScriptedFault)


class ScriptedFaults(Generic[Fault]):
    """The scripted faults, first come first served among those that fit."""

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
        """Forget the faults not yet used up and release whatever is held by one."""
        with self._lock:
            self._waiting.clear()
            faults = list(self._all)
        for fault in faults:
            fault.release()

    def _take_first(self, fits: Callable[[Fault], bool], is_used_up: Callable[[Fault], bool]) -> Fault | None:
        """The first fault that fits, if any; it is not met again once it is used up."""
        with self._lock:
            for fault in self._waiting:
                if fits(fault):
                    if is_used_up(fault):
                        self._waiting.remove(fault)
                    return fault
        return None
