"""What a stand-in received: a list that many threads append to and that tests wait on."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Condition
from typing import Generic, TypeVar

Entry = TypeVar("Entry")

DEADLINE_SECONDS = 15.0
OUTSIDE_CONDITION_POLL_SECONDS = 0.02


class Record(Generic[Entry]):
    """An append-only list, safe between threads, that can be waited on without sleeping.

    Failures name counts only, never the entries, which may hold a patient's words.
    """

    def __init__(self, what: str) -> None:
        """Name the entries in the plural, as failures should call them ("messages")."""
        self._what = what
        self._entries: list[Entry] = []
        self._changed = Condition()

    def append(self, entry: Entry) -> None:
        """Add an entry and wake whoever waits."""
        with self._changed:
            self._entries.append(entry)
            self._changed.notify_all()

    def entries(self) -> list[Entry]:
        """A copy, oldest first."""
        with self._changed:
            return list(self._entries)

    def wait_for(self, count: int, timeout: float = DEADLINE_SECONDS) -> list[Entry]:
        """Wait until at least `count` entries are there and return them all.

        Raises:
            AssertionError: fewer came within `timeout` seconds.
        """
        with self._changed:
            if not self._changed.wait_for(lambda: len(self._entries) >= count, timeout):
                raise AssertionError(f"expected {count} {self._what} within {timeout:g} s, got {len(self._entries)}")
            return list(self._entries)

    def quiet(self, at_most: int, until: Callable[[], bool] | None = None, timeout: float = DEADLINE_SECONDS) -> None:
        """Hold that no more than `at_most` entries are there, now and up to the moment `until()` is true.

        Raises:
            AssertionError: one entry too many came, or `until()` was not true within `timeout` seconds.
        """
        deadline = time.monotonic() + timeout
        with self._changed:
            while True:
                finished = until is None or until()
                if len(self._entries) > at_most:
                    raise AssertionError(f"expected no more than {at_most} {self._what}, got {len(self._entries)}")
                if finished:
                    return
                if time.monotonic() >= deadline:
                    raise AssertionError(f"the condition to wait for did not come true within {timeout:g} s")
                self._changed.wait(OUTSIDE_CONDITION_POLL_SECONDS)
