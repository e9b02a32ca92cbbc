"""Taking several waiting jobs from a queue at once, by their ids alone."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import redis
from rq import Queue
from rq.job import Job
from rq.utils import as_text

from tasks.queue import CARRIERS, MESSAGES

# The other queues hold work that may wait for somebody, and that another worker can do meanwhile.
BATCH_SIZES = {MESSAGES: 16, CARRIERS: 16}


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
        batch.ids = tuple(job_id.decode("utf-8", "replace") for job_id in (popped[1], *_next_ids(connection, queue)))
        return batch, queue


def _next_ids(connection: redis.Redis, queue: Queue) -> list[bytes]:
    more = BATCH_SIZES.get(queue.name, 1) - 1
    if not more:
        return []
    with connection.pipeline() as pipeline:
        pipeline.lrange(queue.key, 0, more - 1)
        pipeline.ltrim(queue.key, more, -1)
        found: list[bytes] = pipeline.execute()[0]
    return found
