"""Taking several waiting jobs from a queue at once, by their ids alone."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import takewhile
from typing import Any

import redis
from rq import Queue
from rq.job import Job
from rq.utils import as_text

from tasks.queues.names import CARRIERS, MESSAGES
from tasks.understanding.entities import MOST_AT_ONCE

# The other queues hold work that may wait for somebody, and that another worker can do meanwhile.
BATCH_SIZES = {MESSAGES: 16, CARRIERS: 16}
# Jobs in those that wait for nobody: one is taken together with those of its kind right behind it.
WAITS_FOR_NOBODY = "find_entities"


class Batch(Job):
    """Jobs that a worker has taken from a queue.

    Nothing but the ids comes from Redis: what else is stored there under an id is for people who look at the dashboard.

    Attributes:
        ids: the ids of the jobs, first to last, as somebody put them into the queue.
    """

    ids: tuple[str, ...] = ()


class BatchQueue(Queue):
    """A queue from which a worker takes as many jobs at once as it may."""

    @classmethod
    def dequeue_any(  # type: ignore[override]
        cls, queues: Iterable[Queue], timeout: int | None, connection: redis.Redis, **_options: Any
    ) -> tuple[Batch, Queue] | None:
        """Wait for a job in the first queue that has one, and return it with those behind it.

        Raises:
            DequeueTimeout: there was none in time.
        """
        by_key = {queue.key: queue for queue in queues}
        popped = cls.lpop(list(by_key), timeout, connection=connection)
        if popped is None:
            return None
        queue = by_key[as_text(popped[0])]
        batch = Batch("batch", connection=connection, serializer=queue.serializer)
        first = _decode(popped[1])
        batch.ids = (first, *_next_ids(connection, queue, first))
        return batch, queue


def _next_ids(connection: redis.Redis, queue: Queue, first: str) -> list[str]:
    """Take the jobs that run together with the first one from the queue, and return their ids."""
    more = BATCH_SIZES.get(queue.name, 1) - 1
    if more:
        with connection.pipeline() as pipeline:
            pipeline.lrange(queue.key, 0, more - 1)
            pipeline.ltrim(queue.key, more, -1)
            return [_decode(job_id) for job_id in pipeline.execute()[0]]
    if not _waits_for_nobody(first):
        return []
    waiting = [_decode(job_id) for job_id in connection.lrange(queue.key, 0, MOST_AT_ONCE - 2)]
    alike = list(takewhile(_waits_for_nobody, waiting))
    with connection.pipeline() as pipeline:
        for job_id in alike:
            pipeline.lrem(queue.key, 1, job_id)
        # another worker may have taken some meanwhile
        return [job_id for job_id, removed in zip(alike, pipeline.execute(), strict=True) if removed]


def _waits_for_nobody(job_id: str) -> bool:
    return job_id.startswith(f"{WAITS_FOR_NOBODY}-")


def _decode(job_id: bytes | str) -> str:
    return job_id if isinstance(job_id, str) else job_id.decode("utf-8", "replace")
