from __future__ import annotations

from random import Random

import pytest

from training.llm.chat import Answer, UnavailableError
from training.llm.patience import Patience, ask_patiently, wait_before

PATIENCE = Patience(attempts=5, first_wait=1, longest_wait=6)
ANSWER = Answer("{}", True, 1, 1, 0.1)


class Flaky:
    """Cannot answer so many times, then does."""

    def __init__(self, failures: int) -> None:
        self.failures = failures
        self.asked = 0

    def __call__(self) -> Answer:
        self.asked += 1
        if self.asked <= self.failures:
            raise UnavailableError("busy")
        return ANSWER


def test_waits_double_up_to_the_longest_and_are_scattered() -> None:
    failure = UnavailableError("busy")
    waits = [[wait_before(attempt, failure, PATIENCE, Random(seed)) for seed in range(50)] for attempt in (2, 3, 4, 5)]
    for least, drawn in zip((1, 2, 4, 6), waits, strict=True):
        assert all(wait is not None and least <= wait <= min(6, least + 1) for wait in drawn)
    assert len(set(waits[0])) == 50


def test_there_is_an_end_to_patience() -> None:
    assert wait_before(6, UnavailableError("busy"), PATIENCE, Random(0)) is None


@pytest.mark.parametrize("attempt", [2, 5])
def test_waits_at_least_as_long_as_the_api_asks(attempt: int) -> None:
    wait = wait_before(attempt, UnavailableError("busy", retry_after=5), PATIENCE, Random(0))
    assert wait is not None
    assert 5 <= wait <= 6


def test_gives_up_when_the_api_asks_for_more_than_the_longest_wait() -> None:
    assert wait_before(2, UnavailableError("busy", retry_after=3600), PATIENCE, Random(0)) is None


def test_asks_again_until_there_is_an_answer() -> None:
    flaky, waits = Flaky(4), list[float]()
    assert ask_patiently(flaky, PATIENCE, Random(0), waits.append) is ANSWER
    assert (flaky.asked, len(waits)) == (5, 4)


def test_raises_what_went_wrong_last() -> None:
    flaky, waits = Flaky(5), list[float]()
    with pytest.raises(UnavailableError, match="busy"):
        ask_patiently(flaky, PATIENCE, Random(0), waits.append)
    assert (flaky.asked, len(waits)) == (5, 4)
