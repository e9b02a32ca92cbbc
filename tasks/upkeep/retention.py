"""Deleting what is past its retention limit, one small batch after another, here and at the carrier."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING

import structlog
from sqlalchemy.orm import Session

from inbox.audit.retention import prune_overdue
from inbox.audit.trail import record_action
from inbox.models import CarrierErasure, ErasureKind, RetentionRun, now
from inbox.practices.lost import retained_practice
from inbox.retention.limits import EVERY, Overdue, Removed, choose_overdue, delete_overdue, is_due
from inbox.storage.carrier_erasures import forget_erasure
from intake.practices import Practice, Practices
from tasks.carriers.backoff import wait_after
from tasks.carriers.erasure import make_eraser
from tasks.carriers.protocol import CarrierUnreachableError
from tasks.queues.queue import AfterCommit

if TYPE_CHECKING:
    from tasks.context import Context

log = structlog.get_logger(__name__)


def retain(context: Context, run_id: int) -> AfterCommit:
    """Delete one batch of a practice's overdue data; the run stays due until nothing is left, then waits a day.

    The clock is looked at here, too: it may be another machine's than that of the reconciler.
    """
    with context.database.read() as session:
        run = session.get(RetentionRun, run_id)
        if run is None or not is_due(run.next_run_at, now()):
            return AfterCommit()
        practice = retained_practice(context.practices, run.practice)
        chosen = choose_overdue(session, practice, now())
    with context.database.write() as session:
        run = session.get(RetentionRun, run_id, with_for_update=True)
        moment = now()
        if run is None or not is_due(run.next_run_at, moment):
            return AfterCommit()
        delete_batch(session, practice, context.practices, moment, chosen)
        run.next_run_at = moment + EVERY if chosen.is_empty else moment
    return AfterCommit()


def delete_batch(
    session: Session, practice: Practice, practices: Practices, moment: datetime, chosen: Overdue
) -> Removed:
    """Delete a batch in an open transaction and record it; the audit trail goes last, when nothing else is left."""
    removed = delete_overdue(session, practice, moment, chosen)
    if removed.total:
        counts = asdict(removed)
        record_action(
            session,
            staff_id=None,
            practice=practice.slug,
            action="retention_run",
            subject=f"practice:{practice.slug}",
            **counts,
        )
        log.info("retention", practice=practice.slug, **counts)
    if chosen.is_empty:
        prune_overdue(session, practices, moment)
    return removed


def erase_at_carrier(context: Context, erasure_id: int) -> AfterCommit:
    """Ask the carrier or the file store to erase something, and try again later until it confirms."""
    with context.database.read() as session:
        erasure = session.get(CarrierErasure, erasure_id)
    if erasure is None:
        return AfterCommit()
    try:
        if erasure.kind == ErasureKind.FILE:
            context.files.delete(erasure.provider_id)
        else:
            make_eraser(context.settings).erase(erasure.kind, erasure.provider_id, erasure.parent_id)
    except (CarrierUnreachableError, OSError) as error:
        reason = str(error) if isinstance(error, CarrierUnreachableError) else type(error).__name__
        log.warning("not_erased", erasure_id=erasure_id, error=reason)
        with context.database.write() as session:
            waiting = session.get(CarrierErasure, erasure_id, with_for_update=True)
            if waiting is not None:
                waiting.attempts += 1
                waiting.next_attempt_at = now() + wait_after(waiting.attempts)
        return AfterCommit()
    with context.database.write() as session:
        forget_erasure(session, erasure_id)
    return AfterCommit()
