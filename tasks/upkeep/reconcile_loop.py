"""Reconciling every few seconds, in a thread of each worker, in one worker at a time."""

from __future__ import annotations

import threading
import time
import uuid
from datetime import timedelta
from types import TracebackType
from typing import Self

import redis
import structlog
from sqlalchemy.exc import SQLAlchemyError

from inbox.models import now
from inbox.storage.leases import RECONCILER, return_lease, take_lease
from intake.error_reporting import report_error
from tasks.context import Context
from tasks.queues.redis_outages import OUTAGES
from tasks.upkeep.reconcile import reconcile

log = structlog.get_logger(__name__)

GRACE = timedelta(seconds=10)
LEASE_SECONDS = 30.0
LOOK_EVERY_SECONDS = 1.0  # for jobs whose time has come, such as a reply that can no longer be undone


class ReconcileLoop:
    """The reconciler of one worker process, as a context manager.

    Its pauses follow the monotonic clock, so setting the clock back does not stop it, and it runs in a thread, so a job
    that hangs does not either. Every worker has one; a lease in the database lets one of them work at a time.
    """

    def __init__(self, context: Context) -> None:
        """Create a loop that is not running yet."""
        self._context = context
        self._every = context.settings.reconcile_every_seconds
        self._holder = uuid.uuid4().hex
        self._grace = timedelta(0)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="reconciler", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join(LEASE_SECONDS)

    def run_round(self) -> bool:
        """Reconcile, unless another worker does or just did; return whether it was this one.

        The first round also takes the youngest rows, because their jobs may have been lost while no worker ran.
        """
        with self._context.database.write() as session:
            if not take_lease(session, RECONCILER, self._holder, LEASE_SECONDS):
                return False
        try:
            reconcile(self._context, grace=self._grace)
            self._grace = GRACE
        finally:
            with self._context.database.write() as session:
                return_lease(session, RECONCILER, self._holder, self._every)
        return True

    def _run(self) -> None:
        pause, next_round = 0.0, time.monotonic()
        while not self._stop.wait(pause):
            pause = min(LOOK_EVERY_SECONDS, self._every)
            self._release_due()
            if time.monotonic() < next_round:
                continue
            next_round = time.monotonic() + self._every
            try:
                self.run_round()
            except SQLAlchemyError as error:
                log.error("reconcile_failed", error=type(error).__name__)
            except Exception as error:  # the thread must outlive an error that nobody foresaw
                report_error(error)
                log.error("reconcile_failed", error=type(error).__name__)

    def _release_due(self) -> None:
        try:
            self._context.queue.release_due(now())
        except redis.RedisError as error:
            OUTAGES.note(error)
