"""An outage of Redis is told about, and not once a second by every thread of every process."""

from __future__ import annotations

import redis
from structlog.testing import capture_logs

from tasks.redis_outages import EVERY_SECONDS, RedisOutages


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
