"""The queue: Redis only says "look at row N now", and may lose it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import redis
import structlog
from redis.backoff import NoBackoff
from redis.retry import Retry
from rq import Queue
from rq.serializers import JSONSerializer

from tasks.live import announce

log = structlog.get_logger(__name__)

# What is understood and answered here, and what waits for somebody else's server: while that one hangs, the messages
# of other patients go on. A worker takes jobs from the queues that it is given, in their order.
MESSAGES, CARRIERS = "messages", "carriers"
QUEUES = (MESSAGES, CARRIERS)
JOB_TIMEOUT_SECONDS = 60
FAILURE_KEPT_SECONDS = 7 * 24 * 3600
Job = Literal["handle_message", "deliver", "settle", "notify", "look_for_recording"]
_QUEUE_OF: dict[Job, str] = {
    "handle_message": MESSAGES,
    "deliver": CARRIERS,
    "settle": CARRIERS,
    "notify": CARRIERS,
    "look_for_recording": CARRIERS,
}


def connect(redis_url: str) -> redis.Redis:
    """Returns a client that fails fast: a webhook cannot wait for a Redis that is down."""
    return redis.Redis.from_url(redis_url, socket_connect_timeout=1, socket_timeout=2, retry=Retry(NoBackoff(), 0))


@dataclass(frozen=True, slots=True)
class FollowUps:
    """What follows from a change: outbox rows that wait for a worker, and chats that look different now."""

    deliveries: tuple[int, ...] = ()
    notifications: tuple[int, ...] = ()
    chats: tuple[int, ...] = ()

    def __or__(self, other: FollowUps) -> FollowUps:
        """Returns what follows from both."""
        return FollowUps(
            self.deliveries + other.deliveries, self.notifications + other.notifications, self.chats + other.chats
        )


class WorkQueue:
    """Puts row ids on the queue."""

    def __init__(self, connection: redis.Redis) -> None:
        self._connection = connection
        self._queues = {name: Queue(name, connection=connection, serializer=JSONSerializer) for name in QUEUES}

    def put(self, job: Job, row_id: int) -> bool:
        """Enqueues a job for a row.

        Returns:
            False when Redis could not be reached; the reconciler will find the row.
        """
        try:
            self._queues[_QUEUE_OF[job]].enqueue(
                f"tasks.jobs.{job}",
                row_id,
                job_timeout=JOB_TIMEOUT_SECONDS,
                result_ttl=0,
                failure_ttl=FAILURE_KEPT_SECONDS,
                description=f"{job} {row_id}",
            )
        except redis.RedisError as error:
            log.warning("not_enqueued", job=job, row_id=row_id, error=type(error).__name__)
            return False
        return True

    def put_all(self, follow_ups: FollowUps) -> None:
        """Wakes the browsers that watch, and enqueues the jobs that outbox rows wait for, staff first."""
        for chat_id in follow_ups.chats:
            self.announce(chat_id)
        for notification_id in follow_ups.notifications:
            self.put("notify", notification_id)
        for delivery_id in follow_ups.deliveries:
            self.put("deliver", delivery_id)

    def announce(self, chat_id: int) -> None:
        """Wakes the browsers that watch a chat."""
        announce(self._connection, chat_id)

    def waiting(self) -> int:
        """Returns how many jobs wait.

        Raises:
            redis.RedisError: Redis could not be reached.
        """
        return sum(int(queue.count) for queue in self._queues.values())

    def is_ready(self) -> bool:
        """Whether Redis answers."""
        try:
            return bool(self._connection.ping())
        except redis.RedisError:
            return False
