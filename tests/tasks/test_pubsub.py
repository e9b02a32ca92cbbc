"""Whoever can write to Redis can wake pages, and nothing else."""

from __future__ import annotations

from functools import partial

import redis

from intake.settings import Settings
from tasks.pubsub import Watchers, announce
from tasks.queues.queue import connect


def test_garbage_among_the_announcements_stops_no_live_page(settings: Settings, empty_redis: redis.Redis) -> None:
    watchers = Watchers(partial(connect, settings.redis_url))
    with watchers.watch("practice:demo") as demo:
        demo.clear()
        for channel in (b"live:\xff\xfe", b"live:", b"live:" + b"x" * 100_000):
            empty_redis.publish(channel, b"\xff" * 100)
        announce(empty_redis, "practice:demo")

        assert demo.wait(30)
    watchers.close()
