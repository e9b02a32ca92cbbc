"""Warning at the start of a practice whose emergencies page nobody, or that isn't in the practices file."""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection

import structlog
from sqlalchemy.exc import SQLAlchemyError

from inbox.practices.live import LivePractices
from inbox.practices.lost import describe_lost, find_lost
from inbox.storage.database import Database
from intake.practices import Practice, Practices
from intake.settings import Settings
from tasks.notification.escalation_policy import Unpaged, why_unpaged
from tasks.notification.stopped_phones import find_stopped
from tasks.notification.targets import Carriers

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
        warning = paging_warning(practice, settings, _read_stopped(database, practice))
        if warning:
            if not sys.stderr.isatty():  # there, the printed line is enough
                log.warning("nobody_is_paged", practice=practice.slug)
            say(f"Warning: {warning}")


def warn_of_lost_practices(database: Database, file: Practices, say: Callable[[str], None]) -> None:
    """Log and print a warning of practices that have data and aren't in the file, those with open alarms first."""
    try:
        with database.read() as session:
            lost = find_lost(session, file)
    except SQLAlchemyError:
        return  # whoever needs the database says so
    if not lost:
        return
    if not sys.stderr.isatty():
        for practice in lost:
            log.warning("practice_not_in_file", practice=practice.slug, open_alarms=practice.open_alarms)
    say(f"Warning: {describe_lost(lost)}")


def paging_warning(practice: Practice, settings: Carriers | None, stopped: Collection[str]) -> str:
    """Return a warning if a practice's emergencies page nobody; empty otherwise.

    Args:
        practice: the practice.
        settings: which carriers there are; None if that is not known.
        stopped: the addresses that texted STOP.
    """
    why = why_unpaged(practice, settings, stopped)
    if why is None:
        return ""
    if why is Unpaged.STOPPED:
        return (
            f"nobody is paged for emergencies at {practice.slug}: every on-call phone texted STOP. Text START from each"
            " to the practice, or add another address."
        )
    if why is Unpaged.NO_CARRIER:
        return (
            f"nobody is paged for emergencies at {practice.slug}: its on-call addresses are phone numbers or email"
            " addresses, and no carrier is set for them. Set TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN for texts;"
            " SMTP_URL and the practice's email for mail."
        )
    return (
        f"nobody is paged for emergencies at {practice.slug}: its on_call team has no address, and no escalation step"
        " reaches anyone. Add one to teams.on_call.notify in the practices file, or in the console's Settings."
    )


def _read_stopped(database: Database, practice: Practice) -> Collection[str]:
    """Return the addresses that texted STOP; none if the database cannot be read."""
    try:
        with database.read() as session:
            return find_stopped(session, practice)
    except SQLAlchemyError:
        return ()
