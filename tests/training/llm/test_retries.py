from __future__ import annotations

import pytest

from training.llm.chat import Answer, RefusedError, UnavailableError
from training.llm.retries import RetryPolicy, ask_with_retries

POLICY = RetryPolicy(attempts=5, first_wait=1, longest_wait=6)
ANSWER = Answer("{}", True, 1, 1, 0.1)


class Flaky:
    """Cannot answer so many times, then does."""

    def __init__(self, failures: int, error: Exception | None = None) -> None:
        self.failures = failures
        self.asked = 0
        self.error = error or UnavailableError("busy")

    def __call__(self) -> Answer:
        self.asked += 1
        if self.asked <= self.failures:
            raise self.error
        return ANSWER


def waits_before(failures: int, error: Exception | None = None) -> list[float]:
    """The waits until an API that failed so many times has answered."""
    waits = list[float]()
    assert ask_with_retries(Flaky(failures, error), POLICY, waits.append) is ANSWER
    return waits


def test_an_answer_is_not_waited_for() -> None:
    assert waits_before(0) == []


def test_waits_double_up_to_the_longest_and_are_scattered() -> None:
    drawn = [waits_before(4) for _ in range(50)]
    for waits in drawn:
        for least, wait in zip((1, 2, 4, 6), waits, strict=True):
            assert least <= wait <= min(6, least + 1)
    assert len({waits[0] for waits in drawn}) == 50


def test_a_question_is_asked_no_more_often_than_the_policy_says() -> None:
    flaky, waits = Flaky(5), list[float]()
    with pytest.raises(UnavailableError, match="busy"):
        ask_with_retries(flaky, POLICY, waits.append)
    assert (flaky.asked, len(waits)) == (5, 4)


def test_waits_at_least_as_long_as_the_api_asks_whatever_the_attempt() -> None:
    for waits in (waits_before(4, UnavailableError("busy", retry_after=5)) for _ in range(50)):
        assert all(5 <= wait <= 6 for wait in waits)


def test_an_api_that_asks_for_no_wait_is_retried_almost_at_once() -> None:
    assert all(0 <= wait <= 1 for wait in waits_before(4, UnavailableError("busy", retry_after=0)))


def test_gives_up_when_the_api_asks_for_more_than_the_longest_wait() -> None:
    flaky, waits = Flaky(1, UnavailableError("busy", retry_after=3600)), list[float]()
    with pytest.raises(UnavailableError, match="busy"):
        ask_with_retries(flaky, POLICY, waits.append)
    assert (flaky.asked, waits) == (1, [])


@pytest.mark.parametrize("error", [RefusedError("no money left"), KeyError("a bug")])
def test_whatever_waiting_does_not_help_is_raised_at_once(error: Exception) -> None:
    flaky, waits = Flaky(1, error), list[float]()
    with pytest.raises(type(error)):
        ask_with_retries(flaky, POLICY, waits.append)
    assert (flaky.asked, waits) == (1, [])
