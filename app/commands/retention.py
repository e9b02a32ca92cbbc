"""Deleting what is past its retention limit."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from app.commands.run import data_dir_option
from intake.errors import IntakeError
from intake.service_files import settings_of_running_service

if TYPE_CHECKING:
    from inbox.retention.limits import Removed
    from inbox.storage.database import Database
    from intake.practices import Practice, Practices


@click.group()
def retention() -> None:
    """Delete what is past its retention limit."""


@retention.command("run")
@click.option("--practice", "slug", help="Only this practice. Default: all.")
@click.option("--dry-run", is_flag=True, help="Only count what would be deleted.")
@data_dir_option
def run_retention(slug: str | None, dry_run: bool, data_dir: Path) -> None:
    """Delete what is past the limits of each practice; workers also do this once a day.

    What Twilio keeps is deleted by the workers, as soon as Twilio answers.
    """
    from inbox.practices.live import LivePractices
    from inbox.practices.lost import stored_slugs
    from inbox.storage.database import Database
    from intake.encryption import Keyring
    from intake.practices import load_practices

    settings = settings_of_running_service(data_dir)
    database = Database(settings.database_url, Keyring(settings.encryption_keys))
    try:
        database.check_keys()
        live = LivePractices(database, load_practices(settings.practices_file))
        live.refresh()
        with database.read() as session:
            lost = sorted(stored_slugs(session) - {practice.slug for practice in live.current.all})
        for practice in _chosen(live.current, lost, slug):
            removed = _count(database, practice) if dry_run else _delete(database, practice, live.current)
            click.echo(f"{practice.slug}: {_describe(removed, practice, 'would be deleted' if dry_run else 'deleted')}")
        _report_waiting(database)
    finally:
        database.close()


def _chosen(practices: Practices, lost: list[str], slug: str | None) -> list[Practice]:
    """Return the practices to look at, with those that the database knows and the file lacks."""
    from inbox.practices.lost import retained_practice

    known = [*(practice.slug for practice in practices.all), *lost]
    if slug is not None and slug not in known:
        raise IntakeError(f"there is no practice {slug}: the practices file and the database have {', '.join(known)}")
    return [retained_practice(practices, name) for name in known if slug in (None, name)]


def _count(database: Database, practice: Practice) -> Removed:
    from inbox.models import now
    from inbox.retention.limits import count_overdue

    with database.read() as session:
        return count_overdue(session, practice, now())


def _delete(database: Database, practice: Practice, practices: Practices) -> Removed:
    from inbox.models import now
    from inbox.retention.limits import Removed, choose_overdue
    from tasks.upkeep.retention import delete_batch

    removed = Removed()
    while True:
        with database.read() as session:
            chosen = choose_overdue(session, practice, now())
        with database.write() as session:
            removed += delete_batch(session, practice, practices, now(), chosen)
        if chosen.is_empty:
            return removed


def _describe(removed: Removed, practice: Practice, verb: str) -> str:
    limits = practice.retention
    if limits.message_days is None and limits.recording_days is None:
        return "no limits, everything is kept"
    counts = (
        f"{removed.messages} messages, {removed.replies} replies, {removed.notes} notes, {removed.recordings}"
        f" recordings, {removed.calls} calls, the names and numbers of {removed.conversations} conversations, and"
        f" {removed.patients} patient records"
    )
    return f"{counts} {verb}"


def _report_waiting(database: Database) -> None:
    from inbox.storage.carrier_erasures import count_erasures

    with database.read() as session:
        waiting = count_erasures(session)
    if waiting:
        click.echo(f"Twilio has yet to confirm {waiting} deletions; the workers ask it until it does.")
