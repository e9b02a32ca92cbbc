"""Starting processes again when they end: after a pause that doubles with each death, for as long as it takes."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from intake.errors import IntakeError

FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 30.0
HEALTHY_AFTER_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Backoff:
    """How often a process has died in a row."""

    deaths: int = 0

    @property
    def pause(self) -> float:
        """How many seconds to wait before it is started again."""
        return min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2.0 ** min(self.deaths - 1, 10))

    def after_death(self, lived_seconds: float) -> Backoff:
        """Return the next state; a process that lived for a minute was healthy, so the count starts over."""
        return Backoff(1 if lived_seconds >= HEALTHY_AFTER_SECONDS else self.deaths + 1)


class Child(Protocol):
    """What can be kept running."""

    name: str

    def launch(self) -> None:
        """Start it, without waiting until it is ready.

        Raises:
            IntakeError: it cannot be started.
            OSError: likewise.
        """

    @property
    def is_running(self) -> bool:
        """Whether it runs."""

    def stop(self) -> None:
        """Stop it, if it runs."""


class Supervised:
    """A child that has been started once, and is started again whenever it ends."""

    def __init__(
        self,
        child: Child,
        say: Callable[[str], None],
        note_end: Callable[[Child], None] = lambda child: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Take a child that runs.

        Args:
            child: the child.
            say: prints a line for the person who started it.
            note_end: is called when it has ended by itself; the pause goes by meanwhile.
            clock: the time in seconds, which nobody can set.
        """
        self.child = child
        self._say = say
        self._note_end = note_end
        self._clock = clock
        self._backoff = Backoff()
        self._started_at = clock()
        self._due_at: float | None = None

    def keep_alive(self) -> None:
        """Start it again if it ended and its pause is over."""
        if self._due_at is None:
            if not self.child.is_running:
                self._schedule("ended")
                self._note_end(self.child)
        elif self._clock() >= self._due_at:
            self._due_at = None
            self._started_at = self._clock()
            try:
                self.child.launch()
            except (IntakeError, OSError) as error:
                self._schedule(f"could not be started ({error})")

    def _schedule(self, what: str) -> None:
        self._backoff = self._backoff.after_death(self._clock() - self._started_at)
        self._due_at = self._clock() + self._backoff.pause
        self._say(f"The {self.child.name} {what} and is started again in {self._backoff.pause:g} s.")
