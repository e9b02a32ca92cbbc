"""Deleting what is past its retention limit."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from app.commands.run import data_dir_option
from intake.errors import IntakeError
from intake.service_files import settings_of_running_service

if TYPE_CHECKING:
    from inbox.database import Database
    from inbox.retention import Removed
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
    from inbox.database import Database
    from inbox.live_practices import LivePractices
    from intake.encryption import Keyring
    from intake.practices import load_practices

    settings = settings_of_running_service(data_dir)
    database = Database(settings.database_url, Keyring(settings.encryption_keys))
    try:
        database.check_keys()
        live = LivePractices(database, load_practices(settings.practices_file))
        live.refresh()
        for practice in _chosen(live.current, slug):
            removed = _count(database, practice) if dry_run else _delete(database, practice, live.current)
            click.echo(f"{practice.slug}: {_describe(removed, practice, 'would be deleted' if dry_run else 'deleted')}")
        _report_waiting(database)
    finally:
        database.close()


def _chosen(practices: Practices, slug: str | None) -> list[Practice]:
    if slug is None:
        return practices.all
    found = practices.by_slug(slug)
    if found is None:
        known = ", ".join(practice.slug for practice in practices.all)
        raise IntakeError(f"there is no practice {slug}: the practices file has {known}")
    return [found]


def _count(database: Database, practice: Practice) -> Removed:
    from inbox.models import now
    from inbox.retention import count_overdue

    with database.read() as session:
        return count_overdue(session, practice, now())


def _delete(database: Database, practice: Practice, practices: Practices) -> Removed:
    from inbox.models import now
    from inbox.retention import Removed
    from tasks.retention import delete_batch

    removed = Removed()
    while True:
        with database.write() as session:
            batch = delete_batch(session, practice, practices, now())
        if not batch.total:
            return removed
        removed += batch


def _describe(removed: Removed, practice: Practice, verb: str) -> str:
    limits = practice.retention
    if limits.message_days is None and limits.recording_days is None:
        return "no limits, everything is kept"
    counts = (
        f"{removed.messages} messages, {removed.replies} replies, {removed.notes} notes, {removed.recordings}"
        f" recordings, {removed.calls} calls, and {removed.patients} patient records"
    )
    return f"{counts} {verb}"


def _report_waiting(database: Database) -> None:
    from inbox.carrier_erasures import count_erasures

    with database.read() as session:
        waiting = count_erasures(session)
    if waiting:
        click.echo(f"Twilio has yet to confirm {waiting} deletions; the workers ask it until it does.")
