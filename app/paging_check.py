"""Warning at the start of a practice whose emergencies page nobody."""

from __future__ import annotations

import sys
from collections.abc import Callable

import structlog

from inbox.database import Database
from inbox.live_practices import LivePractices
from intake.practices import Practice, Practices
from intake.settings import Settings
from tasks.notification.escalation_policy import pages_nobody
from tasks.notification.targets import paged_addresses

log = structlog.get_logger(__name__)


def warn_if_nobody_is_paged(
    database: Database, file: Practices, settings: Settings, say: Callable[[str], None]
) -> None:
    """Log and print a warning for each practice whose emergencies page nobody, with managers' settings applied.

    Args:
        database: the database, which holds those settings; if it cannot be read, the file counts.
        file: the practices as their file describes them.
        settings: which carriers there are.
        say: prints a line.
    """
    live = LivePractices(database, file)
    live.refresh()
    for practice in live.current.all:
        warning = paging_warning(practice, settings)
        if warning:
            if not sys.stderr.isatty():  # there, the printed line is enough
                log.warning("nobody_is_paged", practice=practice.slug)
            say(f"Warning: {warning}")


def paging_warning(practice: Practice, settings: Settings | None) -> str:
    """Return a warning if a practice's emergencies page nobody; empty otherwise.

    Args:
        practice: the practice.
        settings: which carriers there are; None if that is not known.
    """
    if not pages_nobody(practice, settings):
        return ""
    if paged_addresses(practice):
        return (
            f"nobody is paged for emergencies at {practice.slug}: its on-call addresses are phone numbers or email"
            " addresses, and no carrier is set for them. Set TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN for texts;"
            " SMTP_URL and the practice's email for mail."
        )
    return (
        f"nobody is paged for emergencies at {practice.slug}: its on_call team has no address, and no escalation step"
        " reaches anyone. Add one to teams.on_call.notify in the practices file, or in the console's Settings."
    )
