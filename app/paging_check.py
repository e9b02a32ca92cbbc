"""Warning at the start of a practice whose emergencies page nobody."""

from __future__ import annotations

import sys
from collections.abc import Callable

import structlog

from inbox.database import Database
from inbox.live_practices import LivePractices
from intake.practices import Practice, Practices
from tasks.notification.escalation_policy import pages_nobody

log = structlog.get_logger(__name__)


def warn_if_nobody_is_paged(database: Database, file: Practices, say: Callable[[str], None]) -> None:
    """Log and print a warning for each practice whose emergencies page nobody, with managers' settings applied.

    Args:
        database: the database, which holds those settings; if it cannot be read, the file counts.
        file: the practices as their file describes them.
        say: prints a line.
    """
    live = LivePractices(database, file)
    live.refresh()
    for practice in live.current.all:
        warning = paging_warning(practice)
        if warning:
            if not sys.stderr.isatty():  # there, the printed line is enough
                log.warning("nobody_is_paged", practice=practice.slug)
            say(f"Warning: {warning}")


def paging_warning(practice: Practice) -> str:
    """Return a warning if a practice's emergencies page nobody; empty otherwise."""
    if not pages_nobody(practice):
        return ""
    return (
        f"nobody is paged for emergencies at {practice.slug}: its on_call team has no address, and no escalation step"
        " reaches anyone. Add one to teams.on_call.notify in the practices file, or in the console's Settings."
    )
