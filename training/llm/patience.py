"""How often an API that cannot answer is asked again, and how long is waited before."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from training.llm.chat import Answer, UnavailableError


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to go on.

    Attributes:
        attempts: The most times that a question is asked.
        first_wait: Seconds before the second time, doubled every time after that.
        longest_wait: The most seconds to wait; an API that asks for more is given up.
    """

    attempts: int
    first_wait: float
    longest_wait: float


def wait_before(attempt: int, failure: UnavailableError, patience: Patience, rng: Random) -> float | None:
    """Return the seconds to wait before a question is asked again, None if it should not be.

    Args:
        attempt: The number of the attempt to come; the second is 2.
        failure: What became of the one before.
        patience: How long to go on.
        rng: Scatters the waits, so that clients that failed together do not come back together.
    """
    if attempt > patience.attempts:
        return None
    scatter = patience.first_wait * rng.random()
    if failure.retry_after is not None:
        return failure.retry_after + scatter if failure.retry_after <= patience.longest_wait else None
    return min(patience.longest_wait, patience.first_wait * 2.0 ** (attempt - 2) + scatter)


def ask_patiently(
    ask: Callable[[], Answer], patience: Patience, rng: Random, pause: Callable[[float], object]
) -> Answer:
    """Ask until there is an answer.

    Args:
        ask: Asks once.
        patience: How long to go on.
        rng: Scatters the waits.
        pause: Waits for so many seconds.

    Raises:
        UnavailableError: There is none, and no patience left.
    """
    attempt = 1
    while True:
        try:
            return ask()
        except UnavailableError as failure:
            attempt += 1
            seconds = wait_before(attempt, failure, patience, rng)
            if seconds is None:
                raise
        pause(seconds)
