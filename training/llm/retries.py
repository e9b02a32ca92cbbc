"""Retry an API that cannot answer at the moment."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

from tenacity import RetryCallState, Retrying, retry_if_exception, stop_after_attempt, wait_exponential_jitter

from training.llm.chat import Answer, UnavailableError


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How often and how patiently to retry.

    Attributes:
        attempts: The most times a question is asked.
        first_wait: Seconds before the second attempt; doubles before each further one.
        longest_wait: The longest wait in seconds. An API that asks for a longer one is not retried.
    """

    attempts: int
    first_wait: float
    longest_wait: float


def ask_with_retries(ask: Callable[[], Answer], policy: RetryPolicy, pause: Callable[[float], None]) -> Answer:
    """Ask until there is an answer.

    Args:
        ask: Asks once.
        policy: When to give up.
        pause: Waits for the given number of seconds.

    Raises:
        UnavailableError: The last attempt failed, or the API asked for a longer wait than the policy allows.
    """
    retrying = Retrying(
        retry=retry_if_exception(lambda error: _is_worth_waiting(error, policy)),
        stop=stop_after_attempt(policy.attempts),
        wait=lambda state: _seconds_to_wait(state, policy),
        sleep=pause,
        reraise=True,
    )
    return retrying(ask)


def _is_worth_waiting(error: BaseException, policy: RetryPolicy) -> bool:
    return isinstance(error, UnavailableError) and (error.retry_after or 0.0) <= policy.longest_wait


def _seconds_to_wait(state: RetryCallState, policy: RetryPolicy) -> float:
    """Return a wait with jitter, so that clients that failed together do not retry together."""
    error = state.outcome.exception() if state.outcome else None
    if isinstance(error, UnavailableError) and error.retry_after is not None:
        return error.retry_after + random.uniform(0, policy.first_wait)  # noqa: S311 - not a secret
    return wait_exponential_jitter(multiplier=policy.first_wait, max=policy.longest_wait, jitter=policy.first_wait)(
        state
    )
