"""The worker: one process that keeps a model loaded, runs jobs without forking, and reconciles in a thread."""

from __future__ import annotations

import contextlib
import time
import traceback
from collections.abc import Mapping, Sequence

import redis
import structlog
from rq import Queue, SimpleWorker
from rq.exceptions import StopRequested
from rq.job import Job, JobStatus
from rq.serializers import JSONSerializer
from rq.timeouts import JobTimeoutException
from rq.utils import current_timestamp, now
from rq.worker import WorkerStatus

from intake.error_reporting import named_work
from tasks.context import Context, current, use
from tasks.jobs import JOBS, JobFailedError
from tasks.metrics import JOBS_REFUSED, Measure, add_measures
from tasks.model_reload import ModelSwitch
from tasks.queues.batch_queue import Batch, BatchQueue
from tasks.queues.names import QUEUES
from tasks.queues.picked_jobs import PickedJobs, pick_jobs
from tasks.queues.queue import FAILURE_KEPT_SECONDS, JOB_TIMEOUT_SECONDS, connect
from tasks.queues.redis_outages import OUTAGES
from tasks.upkeep.reconcile_loop import ReconcileLoop

log = structlog.get_logger(__name__)

RECONNECT_SECONDS = 1.0
# RQ waits for a job for 15 seconds less than this, and runs its maintenance in between
WORKER_TTL_SECONDS = 20
HEARTBEAT_SECONDS = 0.5


class WarmWorker(SimpleWorker):
    """An RQ worker that never forks, so that its loaded model stays usable, and that runs jobs in batches.

    It runs only the jobs in `tasks.jobs.JOBS`, and only those whose ids this service has signed.
    """

    max_connection_wait_time = 4.0
    queue_class = BatchQueue

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
        self._beat_at = float("-inf")

    @property
    def dequeue_timeout(self) -> int:
        """The number of seconds to wait for a job before the next maintenance run."""
        return max(1, self.maintenance_interval)

    @property
    def stop_was_requested(self) -> bool:
        """Whether this worker received a signal to stop."""
        return self._shutdown_requested_date is not None

    def execute_job(self, job: Job, queue: Queue) -> None:
        """Run a batch of jobs, using the currently active model from start to finish."""
        assert isinstance(job, Batch)  # noqa: S101 (from its own queue class)
        self.set_state(WorkerStatus.BUSY)
        use(self._switch.follow(current()))
        picked = pick_jobs(job.ids, current().database.keyring)
        failed = self._run(picked)
        with self.connection.pipeline() as pipeline:
            if picked.left:
                pipeline.lpush(queue.key, *reversed(picked.left))
            for job_id in (*picked.ids.values(), *picked.repeated, *picked.refused):
                pipeline.delete(Job.key_for(job_id))
            pipeline.hincrby(self.key, "successful_job_count", len(picked.ids) - len(failed))
            if picked.refused:
                add_measures(pipeline, (Measure(JOBS_REFUSED, (queue.name,)),) * len(picked.refused))
                log.error(
                    "jobs_refused", queue=queue.name, jobs=len(picked.refused), reason="not signed by this service"
                )
            if not failed:
                self.set_state(WorkerStatus.IDLE, pipeline)
            pipeline.execute()
        for row_id, error in failed.items():
            self._keep_failure(queue, f"{picked.name} {row_id}", picked.ids[row_id], error)
        # Only now: a signal to stop raises an error in an idle worker, and RQ would catch it while it keeps a failure.
        self.set_state(WorkerStatus.IDLE)

    def _run(self, picked: PickedJobs) -> Mapping[int, Exception]:
        """Run the jobs, and return the harmless error of each row that failed."""
        if not picked.ids:
            return {}
        try:
            with (
                named_work(f"tasks.jobs.{picked.name}"),
                self.death_penalty_class(JOB_TIMEOUT_SECONDS, JobTimeoutException, job_id=picked.name),
            ):
                JOBS[picked.name](*picked.ids)
        except JobFailedError as error:
            return error.rows
        except JobTimeoutException as error:  # just as the work ended
            return dict.fromkeys(picked.ids, error)
        return {}

    def _keep_failure(self, queue: Queue, description: str, job_id: str, error: Exception) -> None:
        """Log an error, and keep it for the dashboard."""
        name, _, row_id = description.partition(" ")
        job = queue.create_job(
            f"tasks.jobs.{name}",
            args=(int(row_id),),
            job_id=job_id,
            description=description,
            failure_ttl=FAILURE_KEPT_SECONDS,
            status=JobStatus.FAILED,
        )
        told = (type(error), error, error.__traceback__)
        self.handle_exception(job, *told)
        self.handle_job_failure(job, queue, exc_string="".join(traceback.format_exception(*told)))

    def heartbeat(self, timeout: int | None = None, pipeline: redis.client.Pipeline | None = None) -> None:
        """Say that this worker lives, unless it just did."""
        if time.monotonic() - self._beat_at < HEARTBEAT_SECONDS and timeout is None:
            return
        self._beat_at = time.monotonic()
        super().heartbeat(timeout, pipeline)

    def set_state(self, state: str, pipeline: redis.client.Pipeline | None = None) -> None:
        """Say what this worker does, unless it is known."""
        if state != self.get_state():
            super().set_state(state, pipeline)

    def procline(self, message: str) -> None:
        """Keep the command line, which says what this process is; RQ would say which queues it listens on."""

    def check_for_suspension(self, burst: bool) -> None:
        """Ignore requests to suspend work: whoever can write to Redis could make one."""

    def subscribe(self) -> None:
        """Do not listen for commands: whoever can write to Redis could give one."""

    def run_maintenance_tasks(self) -> None:
        """Forget old failures, and switch to a newly activated model.

        Raises:
            StopRequested: this worker was asked to stop. The error that the signal raised was lost: Python ignores
                errors in finalizers.
        """
        if self.stop_was_requested:
            raise StopRequested
        with self.connection.pipeline() as pipeline:
            for queue in self.queues:
                pipeline.zremrangebyscore(queue.failed_job_registry.key, 0, current_timestamp())
            pipeline.execute()
        self.last_cleaned_at = now()  # type: ignore[assignment]
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
            OUTAGES.note(error)
