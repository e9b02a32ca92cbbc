"""The worker: one process that keeps a model loaded, runs jobs without forking, and reconciles in a thread."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Sequence

import redis
import structlog
from rq import Queue, SimpleWorker
from rq.exceptions import StopRequested
from rq.job import Job
from rq.serializers import JSONSerializer

from tasks.context import Context, current, use
from tasks.model_reload import ModelSwitch
from tasks.queue import QUEUES, connect
from tasks.reconcile_loop import ReconcileLoop

log = structlog.get_logger(__name__)

RECONNECT_SECONDS = 1.0
# RQ waits for a job for 15 seconds less than this, and runs its maintenance in between
WORKER_TTL_SECONDS = 20


class WarmWorker(SimpleWorker):
    """An RQ worker that never forks, so that its loaded model stays usable."""

    max_connection_wait_time = 4.0

    def __init__(self, context: Context, queues: Sequence[str] = QUEUES) -> None:
        super().__init__(
            queues,
            connection=connect(context.settings.redis_url),
            serializer=JSONSerializer,
            maintenance_interval=context.settings.reconcile_every_seconds,
            worker_ttl=WORKER_TTL_SECONDS,
            log_job_description=False,
        )
        self._switch = ModelSwitch(context)

    @property
    def dequeue_timeout(self) -> int:
        """The number of seconds to wait for a job before the next maintenance run."""
        return max(1, self.maintenance_interval)

    @property
    def stop_was_requested(self) -> bool:
        """Whether this worker received a signal to stop."""
        return self._shutdown_requested_date is not None

    def execute_job(self, job: Job, queue: Queue) -> None:
        """Run a job, using the currently active model from start to finish."""
        use(self._switch.follow(current()))
        super().execute_job(job, queue)

    def run_maintenance_tasks(self) -> None:
        """Clean RQ's registries, and switch to a newly activated model."""
        super().run_maintenance_tasks()  # type: ignore[no-untyped-call]
        use(self._switch.follow(current()))


def run_worker(context: Context, queues: Sequence[str] = QUEUES) -> None:
    """Run jobs until a signal says to stop, finishing the current job first. Outages of Redis are survived.

    Args:
        context: the context for jobs.
        queues: the queues to take jobs from, highest priority first.
    """
    use(context)
    # between two workers, a signal reaches the first one's handler
    with ReconcileLoop(context), contextlib.suppress(StopRequested):
        _work_until_stopped(context, queues)


def _work_until_stopped(context: Context, queues: Sequence[str]) -> None:
    worker: WarmWorker | None = None
    pause = 0.0
    while worker is None or not worker.stop_was_requested:
        try:
            time.sleep(pause)
            pause = RECONNECT_SECONDS
            worker = WarmWorker(context, queues)
            worker.work(logging_level="WARNING")
            log.info("worker_ended", stop_was_requested=worker.stop_was_requested)
        except redis.RedisError as error:
            log.warning("redis_unreachable", error=type(error).__name__)
