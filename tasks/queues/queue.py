"""The queue: Redis only says "look at row N now", and may lose it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import redis
import structlog
from redis.backoff import NoBackoff
from redis.retry import Retry
from rq import Queue, Worker
from rq.serializers import JSONSerializer

from intake.encryption import Keyring
from tasks.metrics import Measure, Series, Tally, add_measures, read
from tasks.pubsub import announce, publish
from tasks.queues.job_ids import make_job_id, read_job_id
from tasks.queues.names import CARRIERS, LOOKUPS, MESSAGES, NOTICES, QUEUES, URGENT
from tasks.queues.redis_outages import find_trouble, name_trouble

log = structlog.get_logger(__name__)

LATER = "intake:later"  # jobs that wait for their time, by it
AT_ONCE = 100  # how many of them are looked at in one go
_HURRY = "!"  # before those that go ahead of all other work
JOB_TIMEOUT_SECONDS = 60
FAILURE_KEPT_SECONDS = 7 * 24 * 3600
JOB_KEPT_SECONDS = 7 * 24 * 3600  # what the dashboard shows of a job whose worker died
Job = Literal[
    "handle_message",
    "deliver",
    "settle",
    "notify",
    "escalate",
    "look_for_recording",
    "retain",
    "erase_at_carrier",
    "fetch_attachment",
    "mail_link",
    "announce_emergency",
    "run_setup_test",
    "find_entities",
    "index_texts",
    "mail_notice",
    "verify_trail",
]
_QUEUE_OF: dict[Job, str] = {
    "handle_message": MESSAGES,
    "deliver": CARRIERS,
    "settle": CARRIERS,
    "notify": NOTICES,
    "escalate": URGENT,
    "look_for_recording": LOOKUPS,
    "retain": LOOKUPS,  # it waits for nobody, but no message should wait for it
    "erase_at_carrier": LOOKUPS,
    "fetch_attachment": LOOKUPS,
    "mail_link": CARRIERS,
    "announce_emergency": NOTICES,
    "run_setup_test": NOTICES,
    "find_entities": LOOKUPS,  # it waits for nobody, but everything else goes first
    "index_texts": LOOKUPS,
    "mail_notice": LOOKUPS,  # a colleague's call is on the console at once; the mail comes after all that patients need
    "verify_trail": LOOKUPS,
}


def served_queues(chosen: Sequence[str]) -> tuple[str, ...]:
    """Return the queues of a worker that was started with these.

    `carriers` used to hold everything that is now in `urgent`, `notices`, and `lookups`. A worker that was started for
    `carriers` and for none of these, as before, takes them too, so that urgent notices never lack a worker.
    """
    if CARRIERS not in chosen or {URGENT, NOTICES, LOOKUPS} & set(chosen):
        return tuple(chosen)
    place = list(chosen).index(CARRIERS)
    return (*chosen[:place], URGENT, NOTICES, CARRIERS, LOOKUPS, *chosen[place + 1 :])


def connect(redis_url: str) -> redis.Redis:
    """Return a client that fails fast, because a webhook cannot wait for Redis."""
    return redis.Redis.from_url(redis_url, socket_connect_timeout=1, socket_timeout=2, retry=Retry(NoBackoff(), 0))


@dataclass(frozen=True, slots=True)
class Ticket:
    """A job for a row.

    Attributes:
        job: the job's name.
        row_id: the row.
        is_urgent: whether it goes before all other work.
        not_before: when it goes into its queue, None for at once.
    """

    job: Job
    row_id: int
    is_urgent: bool = False
    not_before: datetime | None = None

    @property
    def queue(self) -> str:
        """The queue that it goes into."""
        return URGENT if self.is_urgent else _QUEUE_OF[self.job]


@dataclass(frozen=True, slots=True)
class AfterCommit:
    """What to do once a transaction is committed.

    Attributes:
        messages: ids of messages to handle.
        deliveries: ids of replies to send.
        notifications: the jobs that send notices.
        later: jobs that nobody waits for.
        topics: topics whose watchers should look again.
        measures: what to count.
    """

    messages: tuple[int, ...] = ()
    deliveries: tuple[int, ...] = ()
    notifications: tuple[Ticket, ...] = ()
    later: tuple[Ticket, ...] = ()
    topics: tuple[str, ...] = ()
    measures: tuple[Measure, ...] = ()

    def __or__(self, other: AfterCommit) -> AfterCommit:
        """Return the combined follow-ups of two changes."""
        return AfterCommit(
            self.messages + other.messages,
            self.deliveries + other.deliveries,
            self.notifications + other.notifications,
            self.later + other.later,
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

    def __init__(self, connection: redis.Redis, keyring: Keyring) -> None:
        """Create a queue from a Redis client and the keys that sign jobs."""
        self._connection = connection
        self._keyring = keyring
        self._queues = {name: Queue(name, connection=connection, serializer=JSONSerializer) for name in QUEUES}

    @property
    def connection(self) -> redis.Redis:
        """The Redis client that holds the queue."""
        return self._connection

    def put(self, job: Job, row_id: int, *, is_urgent: bool = False) -> bool:
        """Enqueue a job for a row.

        Returns:
            False if Redis could not be reached; the reconciler will find the row.
        """
        return self.put_tickets([Ticket(job, row_id, is_urgent)]) == 1

    def put_tickets(self, tickets: Sequence[Ticket], *, at_front: bool = False) -> int:
        """Enqueue jobs in one round trip, and return how many; none if Redis could not be reached."""
        if not tickets:
            return 0
        try:
            with self._connection.pipeline() as pipeline:
                self._stage(pipeline, tickets, at_front=at_front)
                pipeline.execute()
        except redis.RedisError as error:
            _warn_of_lost(tickets, error)
            return 0
        return len(tickets)

    def put_all(self, after_commit: AfterCommit) -> None:
        """Announce changed topics, queue jobs for rows (notices before replies), and record measures.

        All of it takes one round trip. If Redis cannot be reached, the reconciler finds the rows, watchers find out at
        their next check, and the measures are lost.
        """
        tickets = [
            *after_commit.notifications,
            *(Ticket("handle_message", message_id) for message_id in after_commit.messages),
            *(Ticket("deliver", delivery_id) for delivery_id in after_commit.deliveries),
            *after_commit.later,
        ]
        if not (tickets or after_commit.topics or after_commit.measures):
            return
        try:
            with self._connection.pipeline() as pipeline:
                self._stage(pipeline, tickets)  # first, as RQ begins the transaction
                publish(pipeline, after_commit.topics)
                add_measures(pipeline, after_commit.measures)
                pipeline.execute()
        except redis.RedisError as error:
            _warn_of_lost(tickets, error)

    def _stage(self, pipeline: redis.client.Pipeline, tickets: Sequence[Ticket], *, at_front: bool = False) -> None:
        for ticket in tickets:
            job_id = make_job_id(ticket.job, ticket.row_id, self._keyring)
            if ticket.not_before is not None:
                pipeline.zadd(LATER, {f"{_HURRY if ticket.is_urgent else ''}{job_id}": ticket.not_before.timestamp()})
                continue
            self._queues[ticket.queue].enqueue(
                f"tasks.jobs.{ticket.job}",
                ticket.row_id,
                job_id=job_id,
                job_timeout=JOB_TIMEOUT_SECONDS,
                ttl=JOB_KEPT_SECONDS,
                result_ttl=0,
                failure_ttl=FAILURE_KEPT_SECONDS,
                description=f"{ticket.job} {ticket.row_id}",
                at_front=at_front,
                pipeline=pipeline,
            )

    def release_due(self, moment: datetime) -> int:
        """Put the jobs whose time has come into their queues, and return how many; each by one process alone.

        Raises:
            redis.RedisError: Redis could not be reached; the reconciler finds the rows.
        """
        found: Any = self._connection.zrangebyscore(LATER, "-inf", moment.timestamp(), start=0, num=AT_ONCE)
        claimed = [member.decode("utf-8", "replace") for member in found if self._connection.zrem(LATER, member)]
        tickets = []
        for member in claimed:
            known = read_job_id(member.removeprefix(_HURRY), self._keyring)
            if known is not None and known[0] in _QUEUE_OF:
                tickets.append(Ticket(known[0], known[1], is_urgent=member.startswith(_HURRY)))
        return self.put_tickets(tickets)

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

    def waiting(self) -> frozenset[tuple[str, int]]:
        """Return the names and rows of the jobs that wait; those that no worker will run do not count.

        Raises:
            redis.RedisError: Redis could not be reached.
        """
        waiting = (self._connection.lrange(queue.key, 0, -1) for queue in self._queues.values())
        found = (
            read_job_id(job_id if isinstance(job_id, str) else job_id.decode("utf-8", "replace"), self._keyring)
            for ids in waiting
            for job_id in ids
        )
        return frozenset(ticket for ticket in found if ticket)

    def find_trouble(self) -> str:
        """Return why Redis takes no work, as `name_trouble` says; empty if it does."""
        return find_trouble(self._connection)


def _warn_of_lost(tickets: Sequence[Ticket], error: redis.RedisError) -> None:
    first = {"job": tickets[0].job, "row_id": tickets[0].row_id} if tickets else {}
    log.warning("not_enqueued", **first, jobs=len(tickets), error=type(error).__name__, reason=name_trouble(error))


def _backlog(queue: Queue) -> Backlog:
    first = queue.get_job_ids(0, 1)
    try:
        oldest = queue.fetch_job(first[0]) if first else None
    except ValueError:  # somebody else put it there
        oldest = None
    failed = queue.failed_job_registry.get_job_count(cleanup=False)
    return Backlog(queue.name, int(queue.count), oldest.enqueued_at if oldest else None, failed)
