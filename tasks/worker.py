"""The warm worker: one process, one model at a time, jobs in the process itself, and the reconciler between them."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Sequence
from datetime import timedelta

import redis
import structlog
from rq import Queue, SimpleWorker
from rq.exceptions import StopRequested
from rq.job import Job
from rq.serializers import JSONSerializer
from sqlalchemy.exc import SQLAlchemyError

from tasks.context import Context, current, use
from tasks.model_reload import ModelSwitch
from tasks.queue import QUEUES, connect
from tasks.reconcile import reconcile

log = structlog.get_logger(__name__)

GRACE = timedelta(seconds=10)
RECONNECT_SECONDS = 1.0
# RQ waits for a job for 15 seconds less than this, and runs its maintenance in between
WORKER_TTL_SECONDS = 20


class WarmWorker(SimpleWorker):
    """An RQ worker that never forks, so that the model loaded before stays usable, and that repairs as it goes.

    RQ's own maintenance is the schedule of the reconciler: it needs no second process, and Redis may forget
    everything without stopping it.
    """

    max_connection_wait_time = 4.0

    def __init__(self, context: Context, *, is_first: bool, queues: Sequence[str] = QUEUES) -> None:
        super().__init__(
            queues,
            connection=connect(context.settings.redis_url),
            serializer=JSONSerializer,
            maintenance_interval=context.settings.reconcile_every_seconds,
            worker_ttl=WORKER_TTL_SECONDS,
            log_job_description=False,
        )
        self._context = context
        self._grace = timedelta(0) if is_first else GRACE
        self._switch = ModelSwitch(context)

    @property
    def dequeue_timeout(self) -> int:
        """Seconds to wait for a job before the next round of maintenance."""
        return max(1, self.maintenance_interval)

    @property
    def stop_was_requested(self) -> bool:
        """Whether a signal asked this worker to stop."""
        return self._shutdown_requested_date is not None

    def execute_job(self, job: Job, queue: Queue) -> None:
        """Do a job, from its beginning to its end with one model: the one that is chosen now."""
        use(self._switch.follow(current()))
        super().execute_job(job, queue)

    def run_maintenance_tasks(self) -> None:
        """Clean RQ's registries, then look for another model, before a message waits, and for unfinished rows."""
        super().run_maintenance_tasks()  # type: ignore[no-untyped-call]
        use(self._switch.follow(current()))
        try:
            reconcile(self._context, grace=self._grace)
            self._grace = GRACE
        except SQLAlchemyError as error:
            log.error("reconcile_failed", error=type(error).__name__)


def run_worker(context: Context, queues: Sequence[str] = QUEUES) -> None:
    """Work until a signal asks to stop; a job in hand is finished first.

    Redis may go away and come back meanwhile.

    Args:
        context: what jobs work with.
        queues: where jobs are taken from, the first one first.
    """
    use(context)
    with contextlib.suppress(StopRequested):  # a signal between two workers meets the first one's handler
        _work_until_stopped(context, queues)


def _work_until_stopped(context: Context, queues: Sequence[str]) -> None:
    worker: WarmWorker | None = None
    pause = 0.0
    while worker is None or not worker.stop_was_requested:
        try:
            time.sleep(pause)
            pause = RECONNECT_SECONDS
            worker = WarmWorker(context, is_first=worker is None, queues=queues)
            worker.work(logging_level="WARNING")
            log.info("worker_ended", stop_was_requested=worker.stop_was_requested)
        except redis.RedisError as error:
            log.warning("redis_unreachable", error=type(error).__name__)
