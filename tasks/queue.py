"""The queue: Redis only says "look at row N now", and may lose it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import redis
import structlog
from redis.backoff import NoBackoff
from redis.retry import Retry
from rq import Queue, Worker
from rq.serializers import JSONSerializer

from tasks.metrics import Measure, Series, Tally, read, record
from tasks.pubsub import announce

log = structlog.get_logger(__name__)

# Jobs that call other servers have their own queue, so that a server that hangs does not hold up other patients'
# messages. A worker takes jobs from the queues it is given, in that order.
MESSAGES, CARRIERS = "messages", "carriers"
QUEUES = (MESSAGES, CARRIERS)
JOB_TIMEOUT_SECONDS = 60
FAILURE_KEPT_SECONDS = 7 * 24 * 3600
Job = Literal[
    "handle_message", "deliver", "settle", "notify", "escalate", "look_for_recording", "retain", "erase_at_carrier"
]
_QUEUE_OF: dict[Job, str] = {
    "handle_message": MESSAGES,
    "deliver": CARRIERS,
    "settle": CARRIERS,
    "notify": CARRIERS,
    "escalate": MESSAGES,
    "look_for_recording": CARRIERS,
    "retain": CARRIERS,  # it waits for nobody, but no message should wait for it
    "erase_at_carrier": CARRIERS,
}


def connect(redis_url: str) -> redis.Redis:
    """Return a client that fails fast, because a webhook cannot wait for Redis."""
    return redis.Redis.from_url(redis_url, socket_connect_timeout=1, socket_timeout=2, retry=Retry(NoBackoff(), 0))


@dataclass(frozen=True, slots=True)
class AfterCommit:
    """What to do once a transaction is committed.

    Attributes:
        messages: ids of messages to handle.
        deliveries: ids of replies to send.
        notifications: ids of notices to send.
        topics: topics whose watchers should look again.
        measures: what to count.
    """

    messages: tuple[int, ...] = ()
    deliveries: tuple[int, ...] = ()
    notifications: tuple[int, ...] = ()
    topics: tuple[str, ...] = ()
    measures: tuple[Measure, ...] = ()

    def __or__(self, other: AfterCommit) -> AfterCommit:
        """Return the combined follow-ups of two changes."""
        return AfterCommit(
            self.messages + other.messages,
            self.deliveries + other.deliveries,
            self.notifications + other.notifications,
            tuple(dict.fromkeys(self.topics + other.topics)),
            self.measures + other.measures,
        )


@dataclass(frozen=True, slots=True)
class Backlog:
    """The state of a queue.

    Attributes:
        queue: its name.
        jobs: the number of waiting jobs.
        oldest_since: when the oldest waiting job was queued, aware; None if the queue is empty.
        failed: the number of failed jobs that are still kept for inspection.
    """

    queue: str
    jobs: int
    oldest_since: datetime | None
    failed: int


class WorkQueue:
    """Puts row ids on the queue."""

    def __init__(self, connection: redis.Redis) -> None:
        self._connection = connection
        self._queues = {name: Queue(name, connection=connection, serializer=JSONSerializer) for name in QUEUES}

    @property
    def connection(self) -> redis.Redis:
        """The Redis client that holds the queue."""
        return self._connection

    def put(self, job: Job, row_id: int) -> bool:
        """Enqueue a job for a row.

        Returns:
            False if Redis could not be reached; the reconciler will find the row.
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

    def put_all(self, after_commit: AfterCommit) -> None:
        """Announce changed topics, queue jobs for rows (notices before replies), and record measures."""
        self.announce(*after_commit.topics)
        for message_id in after_commit.messages:
            self.put("handle_message", message_id)
        for notification_id in after_commit.notifications:
            self.put("notify", notification_id)
        for delivery_id in after_commit.deliveries:
            self.put("deliver", delivery_id)
        record(self._connection, after_commit.measures)

    def announce(self, *topics: str) -> None:
        """Wake the browsers that watch any of these topics."""
        if topics:
            announce(self._connection, *topics)

    def counted(self) -> dict[Series, dict[tuple[str, ...], Tally]]:
        """Return the totals of all metrics.

        Raises:
            redis.RedisError: Redis could not be reached.
        """
        return read(self._connection)

    def backlogs(self) -> list[Backlog]:
        """Return the backlog of each queue.

        Raises:
            redis.RedisError: Redis could not be reached.
        """
        return [_backlog(queue) for queue in self._queues.values()]

    def workers(self) -> int:
        """Return the number of workers with a recent heartbeat.

        Raises:
            redis.RedisError: Redis could not be reached.
        """
        return len(Worker.all(connection=self._connection))

    def waiting(self) -> int:
        """Return the number of waiting jobs.

        Raises:
            redis.RedisError: Redis could not be reached.
        """
        return sum(int(queue.count) for queue in self._queues.values())

    def is_ready(self) -> bool:
        """Return whether Redis answers."""
        try:
            return bool(self._connection.ping())
        except redis.RedisError:
            return False


def _backlog(queue: Queue) -> Backlog:
    first = queue.get_job_ids(0, 1)
    oldest = queue.fetch_job(first[0]) if first else None
    failed = queue.failed_job_registry.get_job_count(cleanup=False)
    return Backlog(queue.name, int(queue.count), oldest.enqueued_at if oldest else None, failed)
