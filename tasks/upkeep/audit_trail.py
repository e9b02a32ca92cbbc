"""Verifying the audit trail every week, so that a change to it is noticed though nobody runs the command."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

from inbox.audit.trail import due_check, record_check, verify
from inbox.models import now
from intake.error_reporting import report_error
from intake.errors import IntakeError
from tasks.queues.queue import AfterCommit

if TYPE_CHECKING:
    from tasks.context import Context

log = structlog.get_logger(__name__)


class BrokenTrailError(IntakeError):
    """The audit trail was changed by something other than this program."""


def verify_trail(context: Context, newest_id: int) -> AfterCommit:
    """Verify the whole audit trail if that is still due, record what was found, and report a trail that is broken.

    Args:
        context: the worker's context.
        newest_id: the newest entry when this was queued; it only names the job.
    """
    if context.database.find_missing_keys() != frozenset():
        return AfterCommit()  # an entry under a key that is not here would look broken: another worker has it
    with context.database.read() as session:
        if due_check(session, now()) is None:
            return AfterCommit()
        found = verify(session)
    with context.database.write() as session:
        record_check(session, found)
    if not found.is_whole:
        log.error("audit_trail_broken", entry_id=found.broken_at)
        report_error(BrokenTrailError(f"the audit trail is broken at entry {found.broken_at}"))
    return AfterCommit()
