"""An outage of Redis is told about, and not once a second by every thread of every process."""

from __future__ import annotations

import pytest
import redis
from structlog.testing import capture_logs

from tasks.queues.redis_outages import EVERY_SECONDS, UNREACHABLE, RedisOutages, name_trouble


def test_an_outage_is_logged_once_a_minute() -> None:
    moments = iter([0.0, 1.0, EVERY_SECONDS - 0.1, EVERY_SECONDS, EVERY_SECONDS + 1])
    outages = RedisOutages(lambda: next(moments))

    said = []
    for _ in range(5):
        with capture_logs() as logged:
            outages.note(redis.ConnectionError("redis://:hunter2@redis.internal"))
        said.append([(entry["event"], entry["error"]) for entry in logged])

    told = [("redis_unreachable", "ConnectionError")]
    assert said == [told, [], [], told, []]


def test_a_redis_that_refuses_is_not_called_unreachable() -> None:
    with capture_logs() as logged:
        RedisOutages().note(redis.ResponseError("MISCONF Valkey is configured to save RDB snapshots, but it can't"))

    [entry] = logged
    assert (entry["event"], entry["reason"]) == ("redis_refuses", "MISCONF")
    assert entry["meaning"].startswith("it can't save its data")


@pytest.mark.parametrize(
    ("error", "trouble"),
    [
        (redis.ConnectionError("Error 111 connecting to redis.internal:6379"), UNREACHABLE),
        (redis.TimeoutError("Timeout reading from socket"), UNREACHABLE),
        (redis.ResponseError("MISCONF Redis is configured to save"), "MISCONF"),
        (redis.ResponseError("Command # 1 (SET OOM hunter2) of pipeline caused error: MISCONF Redis is"), "MISCONF"),
        (redis.ResponseError("NOREPLICAS Not enough good replicas to write."), "NOREPLICAS"),
        (redis.ReadOnlyError("You can't write against a read only replica."), "READONLY"),
        (redis.OutOfMemoryError("command not allowed when used memory > 'maxmemory'."), "OOM"),
        (redis.AuthenticationError("invalid username-password pair or user is disabled."), "NOAUTH"),
        (redis.BusyLoadingError("Redis is loading the dataset in memory"), "LOADING"),
        (redis.ResponseError("HUNTER2 is what somebody wrote"), "ResponseError"),
    ],
)
def test_nothing_but_a_known_code_is_taken_from_its_words(error: redis.RedisError, trouble: str) -> None:
    assert name_trouble(error) == trouble
