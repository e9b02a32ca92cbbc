from __future__ import annotations

from datetime import UTC, datetime

import pytest

from training.llm.chat import RefusedError, UnavailableError
from training.llm.failures import classify_failure, seconds_to_wait

NOW = datetime(2026, 11, 24, 12, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize("status", [408, 409, 429, 500, 502, 503, 529])
def test_what_may_pass_is_worth_another_attempt(status: int) -> None:
    failure = classify_failure("anthropic", "claude", status, {"retry-after": "3"}, "overloaded_error")
    assert isinstance(failure, UnavailableError)
    assert failure.retry_after == 3
    assert not failure.maybe_billed


@pytest.mark.parametrize(
    ("status", "reason", "sentence"),
    [
        (400, "invalid_request_error", "set OPENAI_LOG=debug to see why"),
        (401, "invalid_api_key", "refuses the key in OPENAI_API_KEY"),
        (403, "forbidden", "refuses the key in OPENAI_API_KEY"),
        (404, "model_not_found", "has no model 'gpt-9'"),
        (402, "billing_error", "no money left"),
        (429, "insufficient_quota", "no money left"),
    ],
)
def test_what_will_not_pass_says_what_to_do(status: int, reason: str, sentence: str) -> None:
    failure = classify_failure("openai", "gpt-9", status, {}, reason)
    assert isinstance(failure, RefusedError)
    assert sentence in str(failure)
    assert reason in str(failure)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None),
        ("0", 0),
        ("2.5", 2.5),
        ("-4", 0),
        ("Tue, 24 Nov 2026 12:01:30 GMT", 90),
        ("Tue, 24 Nov 2026 11:00:00 GMT", 0),
        ("in a while", None),
    ],
)
def test_reads_how_long_to_wait(header: str | None, seconds: float | None) -> None:
    assert seconds_to_wait(header, NOW) == seconds
